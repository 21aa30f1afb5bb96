"""`commonwatch submit`: reports in, from a shell or a script."""

from pathlib import Path
from typing import Any

import click

from commonwatch.config.commands import ending, inside, say

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_DASH = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command(
    epilog=ending.epilog(
        "commonwatch submit --as BY/na-officer --type D1 --period 2026-09-14 --nil",
        "commonwatch submit --url https://watch.example.org --type D1 --period 2026-09-14 \\",
        "    --value change=no_change --ref d1-0914 --receipt d1-0914.receipt",
        "commonwatch submit --as BY/na-officer --type T3 --sheet migration.xlsx",
        "commonwatch submit --as CRC/shift-lead --type T1 --sheet confirmed.csv --sheet deaths.csv \\",
        "    --mapping docs/using/jhu.yaml --import",
    )
)
@click.option("--url", envvar="COMMONWATCH_URL", show_envvar=True, help="Send to the node at this address.")
@click.option(
    "--token", envvar="COMMONWATCH_TOKEN", show_envvar=True, help="The program's key for that node."
)
@click.option("--as", "as_", metavar="PARTY/OFFICE", help="Write into the node of --home, as this office.")
@inside.at_home
@click.option("--type", "type_", metavar="CODE", help="The information type, for instance D1.")
@click.option("--period", default="", help="The period reported on: 2026-09-14, 2026-W38, 2026-09, 2026-Q3.")
@click.option(
    "--event-at", default="", help="The moment of the event (RFC 3339), for types without a period."
)
@click.option(
    "--owes", default="", metavar="PARTY", help="The party whose duty it fills, when that is another."
)
@click.option(
    "--value", "values", multiple=True, metavar="CODE=VALUE", help="One answer; repeat it for each."
)
@click.option("--nil", is_flag=True, help="Nothing to report.")
@click.option("--note", default="", help="A remark that goes with the report.")
@click.option(
    "--json", "document", type=FILE_OR_DASH, help="Read reports from a JSON file, or - for standard input."
)
@click.option("--sheet", "sheets", type=FILE, multiple=True, help="Read reports from an .xlsx or .csv file.")
@click.option("--mapping", type=FILE, help="How to read wide series (YAML); see docs/using/series.md.")
@click.option(
    "--import", "imported", is_flag=True, help="Take in a past series, party by party; needs --mapping."
)
@click.option(
    "--ref", default="", help="Your own reference: the same one with the same content is filed once."
)
@click.option("--yes", is_flag=True, help="Confirm warnings about unusual values.")
@click.option(
    "--receipt", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Keep the receipt here."
)
@click.option(
    "--language", type=click.Choice(["en", "ru"]), default="en", help="The language of a sheet's headings."
)
@click.option("--print-json", is_flag=True, help="Answer with JSON, for scripts.")
@click.pass_context
def submit(ctx: click.Context, /, **_given: Any) -> None:
    """Send reports: one (--value, --nil), many (--json, --sheet), or a past series (--sheet --mapping --import).

    Reports go to another node by its address and a key (--url, --token), or into the node of this machine
    (--as). Several reports are filed together: all of them or none.
    """
    inside.where(ctx)
    given = ctx.params
    _check(given)
    if given["url"]:
        inside.enter(given["home"])
    else:
        inside.node(given["home"])
    if given["imported"]:
        _series(given)
        return
    answers = inside.work("submitting").run(given)
    if given["print_json"]:
        say.data({"reports": answers})
        return
    for answer in answers:
        _tell(answer)


def _check(given: dict[str, Any]) -> None:
    """Hold the options against each other."""
    one = bool(given["values"]) or given["nil"]
    ways = [one, given["document"] is not None, bool(given["sheets"])]
    wrong = {
        "Say what to send by one of: --value or --nil, --json, --sheet.": sum(ways) != 1,
        "Name the information type with --type.": given["document"] is None and not given["type_"],
        "A series takes --sheet, --mapping, --import and --as together.": bool(
            given["imported"] or given["mapping"]
        )
        and not (given["imported"] and given["mapping"] and given["sheets"] and given["as_"]),
        "Give one sheet at a time.": len(given["sheets"]) > 1 and not given["imported"],
        "--receipt keeps the receipt of one report.": given["receipt"] is not None and not one,
    }
    for says, so in wrong.items():
        if so:
            raise click.UsageError(says)


def _tell(answer: dict[str, Any]) -> None:
    again = " (sent before; nothing new was written)" if answer["again"] else ""
    say.line(f"{answer['report']} filed at {answer['at']}{again}")
    for warning in answer["warnings"]:
        say.error(f"  note: {warning['field']}: {warning['says']}")


def _series(given: dict[str, Any]) -> None:
    """Take in a series and say what came of it."""
    importing = inside.work("importing")
    plan = importing.read(given["sheets"], mapping=given["mapping"], type_=given["type_"])
    for note in plan.notes:
        say.error(note)
    with say.progress("Filing", total=len(plan.reports)) as step:
        done = importing.take(plan, by=inside.work("submitting").actor(given["as_"]), progress=step)
    if given["print_json"]:
        say.data(
            {"parties": [row._asdict() for row in done], "falls": [fall._asdict() for fall in plan.falls]}
        )
        return
    for fall in plan.falls:
        say.error(
            f"warning: {fall.party} {fall.day}: {fall.field} went down from {fall.before} to {fall.after}"
        )
    headings = ("party", "reports", "new", "first day", "last day", *plan.totals, "warnings")
    rows = [
        (
            row.party,
            row.reports,
            row.new,
            row.first,
            row.last,
            *(row.totals.get(t, "-") for t in plan.totals),
            row.warnings,
        )
        for row in done
    ]
    say.table(headings, rows, right=frozenset({1, 2, *range(5, 6 + len(plan.totals))}))
