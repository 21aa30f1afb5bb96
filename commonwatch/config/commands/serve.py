"""`commonwatch serve`: the web server."""

import socket
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from commonwatch.config.commands import ending, inside, say
from commonwatch.errors import Refusal, _

MOST_OPEN = 600
"""Connections that a worker holds at once; a browser keeps its own open between two questions of the watch.

Whoever comes beyond waits until another leaves. With the files of 32 threads they stay below the 1,024 that a process
is commonly allowed.
"""


class OneWorker(Refusal):
    """SQLite takes one writing process."""

    code, status = "config.one-worker", 422
    says = _(
        "This node keeps its record in SQLite, which is served by one process; {workers} were asked for."
    )
    hint = _("Give it more threads with --threads, or move to PostgreSQL with DATABASE_URL.")


class PortTaken(Refusal):
    """Somebody else listens there."""

    code, status = "config.port-taken", 409
    says = _("Nothing can listen on {host}, port {port}: {reason}.")
    hint = _("Choose another with --host and --port.")


@click.command(epilog=ending.epilog("commonwatch serve --home /srv/watch --port 8000"))
@inside.at_home
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen on."
)
@click.option(
    "--threads", type=click.IntRange(1, 512), default=32, show_default=True, help="Threads of each worker."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes (PostgreSQL only)."
)
@click.option("--without-reminders", is_flag=True, help="Start no worker that tells people what waits.")
@click.option("--without-peers", is_flag=True, help="Start no worker that exchanges journals with the peers.")
def serve(  # noqa: PLR0913 - one for each option of the command
    home: Path,
    host: str,
    port: int,
    threads: int,
    workers: int,
    *,
    without_reminders: bool,
    without_peers: bool,
) -> None:
    """Serve the pages and the interface for programs until SIGTERM or Ctrl-C.

    Requests that are being answered are answered before it stops. Give it a web server with TLS in front when
    others than this machine shall reach it; docs/operating/settings.md names the settings.
    """
    inside.node(home)
    ready = inside.work("readiness")
    if workers > 1 and ready.vendor() == "sqlite":
        raise OneWorker(workers=workers)
    for warning in [*ready.warnings(host=host), *inside.work("turning").before_serving()]:
        say.error(f"warning: {warning}")
    _check_free(host, port)
    ready.leave()
    worker = inside.work("beside").made(reminders=not without_reminders, peers=not without_peers)
    ready.load()
    if worker:
        worker.start()
    shown = f"[{host}]" if ":" in host else host
    say.line(f"Commonwatch answers at http://{shown}:{port}/ (Ctrl-C stops it)")
    try:
        _granian(host, port, threads=threads, workers=workers)
    finally:
        if worker:
            worker.terminate()
            worker.join(timeout=5)


def _granian(host: str, port: int, *, threads: int, workers: int) -> None:
    Granian(
        "commonwatch.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=max(4 * threads, MOST_OPEN),  # it counts connections, not requests
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host=host, port=port, reason=error.strerror) from None
