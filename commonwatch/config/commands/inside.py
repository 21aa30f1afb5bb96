"""From the street into the house: the settings that a command names, Django, and the node, in this order."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from commonwatch.config.commands import say
from commonwatch.errors import Refusal, _

F = TypeVar("F", bound=Callable[..., Any])

HOME = click.Path(file_okay=False, path_type=Path)
READ = click.Path(exists=True, path_type=Path)


class NoNodeHere(Refusal):
    """The folder holds no node."""

    code, status = "config.no-node-here", 404
    says = _("There is no node in {home}.")
    hint = _("Make one with: commonwatch init --home {home}")


class NotMigrated(Refusal):
    """The database is not that of this version."""

    code, status = "config.not-migrated", 409
    says = _("The database lacks {count} changes of this version.")
    hint = _("Back the node up, then run: commonwatch init --home {home}")


def at_home(command: F) -> F:
    """Give a command the option --home."""
    return click.option(
        "--home",
        type=HOME,
        envvar="COMMONWATCH_HOME",
        default=Path("data"),
        show_default=True,
        show_envvar=True,
        help="The node's folder.",
    )(command)


def password(person: str, *, stdin: bool) -> str:
    """Ask for somebody's password, or read it as a line from standard input."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    said: str = click.prompt(f"Password of {person}", hide_input=True)
    return said


def as_json(command: F) -> F:
    """Give a command the option --json."""
    return click.option("--json", "json", is_flag=True, help="Answer with JSON, for scripts.")(command)


def where(ctx: click.Context) -> None:
    """Let --as go before an address that stands in the environment; refuse when both were typed.

    :raises UsageError: when neither or both are there, or an address without a key.
    """
    given = ctx.params
    typed = ctx.get_parameter_source("url") is not ParameterSource.ENVIRONMENT
    if given["as_"] and given["url"] and not typed:
        given["url"] = None
    if bool(given["url"]) == bool(given["as_"]):
        raise click.UsageError("Say which node: --url with --token, or --as PARTY/OFFICE (one of the two).")
    if given["url"] and not given["token"]:
        raise click.UsageError("Another node takes a key: --token.")


def enter(home: Path, *, pack: str = "") -> None:
    """Load Django with the settings of that home. `pack` goes before what the home remembers."""
    home = home.resolve()
    os.environ["COMMONWATCH_HOME"] = str(home)
    remembered = home / "pack"
    if pack:
        os.environ["COMMONWATCH_PACK"] = pack
    elif "COMMONWATCH_PACK" not in os.environ and remembered.is_file():
        os.environ["COMMONWATCH_PACK"] = remembered.read_text().strip()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    import_module("django").setup(set_prefix=False)
    speech = import_module("django.utils.translation")
    speech.activate("ru" if _spoken().startswith("ru") else "en")
    say.translate_with(speech.gettext)


def _spoken() -> str:
    """Return the language of whoever works at this terminal, as the system names it."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")


def node(home: Path) -> Any:
    """Enter, and open the node of that home.

    :raises NoNodeHere, NotMigrated: when it was never made, or is older than this version.
    """
    if not (home / "secret").is_file():
        raise NoNodeHere(home=home)
    enter(home)
    lacking = work("making").lacking()
    if lacking:
        raise NotMigrated(count=lacking, home=home)
    return import_module("commonwatch.config.opening").open_node()


def work(name: str) -> Any:
    """Load the part of a command that needs Django; call it after `enter` or `node`."""
    return import_module(f"commonwatch.config.commands.{name}")
