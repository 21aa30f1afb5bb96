"""`commonwatch demo`: a node with invented reports, to look around."""

import ctypes
import gc
import os
import socket
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commonwatch.config.commands import ending, inside, say
from commonwatch.config.commands.serve import PortTaken, serve
from commonwatch.config.sample import marker, posts

PACK = "csto"
DAYS = 60
SEED = 2002
NOT_FOR_A_SAMPLE = ("DATABASE_URL", "COMMONWATCH_PACK", "COMMONWATCH_HTTPS")


@click.command(epilog=ending.epilog("commonwatch demo", "PORT=8080 DATA=/srv/sample commonwatch demo"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT", show_default=True, show_envvar=True,
    help="The port to listen on.",
)  # fmt: skip
@click.option(
    "--data", type=inside.HOME, default=Path("data/demo"), envvar="DATA", show_default=True, show_envvar=True,
    help="The folder of the sample; it is made when it is not there.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(3, 400), default=DAYS, show_default=True, help="How far it reaches back."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="What the invented figures hang on.")
@click.option("--still", is_flag=True, help="Let nobody report by themselves while it runs.")
@click.option("--only-prepare", is_flag=True, help="Make the sample and stop; serve nothing.")
@click.pass_context
def demo(  # noqa: PLR0913 - one for each option of the command
    ctx: click.Context,
    /,
    *,
    host: str,
    port: int,
    data: Path,
    days: int,
    seed: int,
    still: bool,
    only_prepare: bool,
) -> None:
    """Run a node with invented reports, to look around.

    The first start makes sixty days of reports of every party; later starts add what was due meanwhile. Everything in
    it is marked SAMPLE, and one click signs in to any office.
    """
    home = data.resolve()
    if not only_prepare:
        _check_free(host, port)
    mark = marker.read(home) or marker.begin(home, seed=seed, days=days)
    for name in NOT_FOR_A_SAMPLE:
        os.environ.pop(name, None)
    os.environ["COMMONWATCH_DEMO"] = "1"
    os.environ |= _letters(home, host=host, port=port)
    inside.enter(home, pack=PACK)
    made = _prepared(home, mark)
    if only_prepare:
        return
    shown = f"[{host}]" if ":" in host else host
    living = _posts(made.plan, url=f"http://{shown}:{port}", home=home, still=still)
    _give_back()
    living.start()
    try:
        ctx.invoke(serve, home=home, host=host, port=port, threads=32, workers=1, without_reminders=False)
    finally:
        living.terminate()
        living.join(timeout=5)


def _letters(home: Path, *, host: str, port: int) -> dict[str, str]:
    """Let messages of a sample go into a folder of its home, and to nobody else, and name the sample's own address."""
    shown = f"[{host}]" if ":" in host else host
    return {
        "COMMONWATCH_MAIL": (home / "mail").as_uri(),
        "COMMONWATCH_MAIL_FROM": "sample@localhost",
        "COMMONWATCH_URL": f"http://{shown}:{port}",
        "COMMONWATCH_WEBHOOKS_ALLOW": "",
    }


def _give_back() -> None:
    """Give the machine back what making the sample took, and share with the processes to come what stays."""
    gc.collect()
    gc.freeze()
    with suppress(AttributeError, OSError):  # only GNU's C library can be asked
        ctypes.CDLL(None).malloc_trim(0)


def _check_free(host: str, port: int) -> None:
    """Refuse at once when somebody else listens there, before anything is made."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host=host, port=port, reason=error.strerror) from None


def _prepared(home: Path, mark: marker.Marker) -> Any:
    """Prepare the sample, showing how far it has come, and say what was done."""
    preparing = import_module("commonwatch.config.sample.preparing")
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
    )
    what = (
        f"Making {mark.days} days of sample reports" if not mark.complete else "Adding what was due meanwhile"
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        made = preparing.prepare(
            home, mark, show=lambda done, of: bars.update(task, completed=done, total=of or 1)
        )
    if made.fresh:
        say.line(
            f"{mark.days} days of sample reports were made: {say.count(made.deeds, 'act')} of every party."
        )
    elif made.deeds:
        say.line(
            f"{say.count(made.deeds, 'sample act')} added for the time since {made.since:%Y-%m-%d %H:%M} UTC."
        )
    if made.cut:
        say.line("The demo was off for more than three days; what was due before them is shown as missing.")
    return made


def _posts(plan: Any, *, url: str, home: Path, still: bool) -> Any:
    """Return the process in which the posts of the sample work; it greets once the node answers."""
    greeting = (
        "",
        f"Open {url}/ and sign in by one click as",
        "  Duty officer of the Center        sees every duty, calls who is missing, writes down what is told",
        f"  Officer of a national authority   Belarus ({posts.LEFT_TO_PEOPLE}): its reports wait for you",
        "  Auditor or analyst                proves the journals, compares periods",
        f"Reminders are put as mail into {home / 'mail'}.",
        f"The sample lies in {home}. "
        + ("Nobody reports by themselves." if still else "Other posts report meanwhile."),
        "Memory of the server, in kB: ps -o rss=,args= -p $(pgrep -P {server})",
        "Ctrl-C stops it; the next start goes on from here.",
    )
    given = {"url": url, "home": home, "greeting": greeting, "still": still}
    # Afresh and not as a copy: it needs little of what this process has loaded, and a copy would come to own the rest.
    return get_context("spawn").Process(target=posts.run, args=(plan,), kwargs=given, daemon=True)
