"""The command `commonwatch`: which commands there are, and what their exit codes mean to a script."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import click

from commonwatch import __version__
from commonwatch.config.commands import ending, say
from commonwatch.errors import Broken, Refusal

# Where each command stands and what it is for; the module is loaded when the command is called.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("init", "Make a node: its folder, keys and database."),
    "serve": ("serve", "Serve the pages and the interface for programs."),
    "user": ("people", "Give people a way in."),
    "token": ("people", "Give programs a key."),
    "submit": ("submit", "Send reports: one, a sheet of them, or a whole series."),
    "due": ("due", "Show what a party owes next."),
    "remind": ("remind", "Tell people that something waits for them."),
    "peer": ("peer", "Exchange journals with the nodes of other parties."),
    "key": ("key", "Let another key sign the journals of a party, or hand it over to its own node."),
    "bundle": ("bundle", "Carry journals to and from another node without a line."),
    "verify": ("verify", "Prove that nothing was altered: a receipt, a journal, or the node."),
    "rebuild": ("rebuild", "Fold every table anew from the entries."),
    "nightly": ("nightly", "Do what is done once a day: digests of the logs, old lines and sessions."),
    "export": ("export", "Write journals as files that any web server or cache gives out."),
    "backup": ("backup", "Copy the node's database and keys."),
    "restore": ("restore", "Put a backup back."),
    "recover": ("recover", "Get this node's own past back from its peers."),
    "repair": ("repair", "Find what is damaged in the record and mend it from the peers."),
    "pack": ("pack", "Check an organisation pack, and put a version of it in force."),
    "epochs": ("epochs", "Close the journals whose readers have changed, and go on in the next."),
    "audit": ("audit", "Hold the packages it stands on against what was looked at."),
    "doctor": ("doctor", "Look the installation over and say what to do."),
    "demo": ("demo", "Run a node with invented reports, to look around."),
}


# What the database and its settings may raise, by name: loading Django to know them would slow every command.
DATABASE: Final[Mapping[str, tuple[str, int]]] = {
    "OperationalError": ("The database does not do this now:", ending.REFUSED),
    "InterfaceError": ("The database does not do this now:", ending.REFUSED),
    "ImproperlyConfigured": ("The settings cannot be used:", ending.REFUSED),
    "DatabaseError": ("The database is damaged:", ending.BROKEN),
}


class Street(click.Group):
    """The group of all commands. It loads a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order in which somebody meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = f"commonwatch.config.commands.{COMMANDS[cmd_name][0]}"
        try:
            found = getattr(import_module(name), cmd_name)
        except ModuleNotFoundError as missing:
            if missing.name != name:
                raise
            raise click.ClickException(f"The command {cmd_name} is not installed here.") from None
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_module, about) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it refuses becomes a sentence and an exit code."""
        return told(lambda: super(Street, self).invoke(ctx), ctx=ctx)


def told(call: Callable[[], Any], *, ctx: click.Context) -> Any:
    """Run `call`; leave with the code for what it raises, having said it in a sentence."""
    try:
        return call()
    except Refusal as refusal:
        say.refusal(refusal)
        ctx.exit(ending.REFUSED)
    except Broken as broken:
        say.error(f"Something is wrong with the record: {broken}")
        say.error("Change nothing, keep a copy of the whole folder, and run: commonwatch doctor")
        ctx.exit(ending.BROKEN)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone, and wants to hear no more
        ctx.exit(ending.REFUSED)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say.error(f"The system does not let this be done: {error.strerror or error}{place}.")
        ctx.exit(ending.REFUSED)
    except Exception as error:
        if type(error).__name__ not in DATABASE:
            raise
        says, code = DATABASE[type(error).__name__]
        say.error(f"{says} {' '.join(str(error).split())}")
        ctx.exit(code)


@click.command(
    cls=Street,
    epilog=ending.epilog(codes=tuple(ending.MEANINGS)),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="commonwatch", message="%(prog)s %(version)s")
def main() -> None:
    """Keep watch together: reports, who owes them, and the proof of what was said.

    Begin with "commonwatch init", then "commonwatch user add" and "commonwatch serve". Each command explains
    itself with --help.
    """
