"""`commonwatch export`: journals as folders of files that any web server, cache or object store gives out."""

import time
from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say


@click.command(
    epilog=ending.epilog(
        "commonwatch export /srv/journals",
        "commonwatch export /srv/journals --audience public --audience members --nginx /etc/nginx/journals.conf",
        "commonwatch export /media/stick/journals --for BY",
    )
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@inside.at_home
@click.option(
    "--audience",
    "audiences",
    multiple=True,
    metavar="CODE",
    help="Which journals: public, an audience of the pack, or a journal's whole name. May be repeated.",
)
@click.option("--for", "parties", multiple=True, metavar="PARTY", help="All journals that PARTY may read.")
@click.option(
    "--nginx",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the lines for nginx into this file, and the tokens into one beside it.",
)
@click.option("--prune", is_flag=True, help="Take away partial tiles whose full tile is there.")
@inside.as_json
def export(  # noqa: PLR0913 - one for each option of the command
    folder: Path,
    home: Path,
    *,
    audiences: tuple[str, ...],
    parties: tuple[str, ...],
    nginx: Path | None,
    prune: bool,
    json: bool,
) -> None:
    """Write journals into DIR as files, at the paths at which the node serves them.

    Without --audience and --for those that everybody may read. They come into the folder "public"; what others read
    comes into a folder for each set of readers, which a web server gives out to its own token alone. A second run
    writes what has grown. A checkpoint is written after the files that it speaks of.
    """
    inside.node(home)
    started = time.monotonic()
    done = inside.work("exporting").export(folder, audiences=audiences, parties=parties, prune=prune)
    if nginx is not None:
        done["nginx"] = inside.work("fronting").write(nginx, folder.resolve(), done["trees"])
    done["seconds"] = round(time.monotonic() - started, 3)
    if json:
        say.data(done)
    else:
        _tell(done)


def _tell(done: dict[str, Any]) -> None:
    for tree in done["trees"]:
        say.line(f"{tree['tree']}/journals  {tree['level']}, read by {tree['readers']}")
        for each in tree["journals"]:
            say.line(f"  {each['origin']}  {each['size']:,} (was {each['before']:,})")
    count = sum(len(tree["journals"]) for tree in done["trees"])
    written, gone = say.count(done["files"], "file"), say.count(done["pruned"], "file")
    say.line(f"{say.count(count, 'journal')} in {done['folder']}: {written} written, {gone} taken away.")
    for path in done.get("nginx", ()):
        say.line(f"For nginx: {path}")
