"""How tests set a summary up: reports are filed, chosen into the Center's draft, words written, all of it released."""

from msgspec.structs import replace

from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.summaries import acts, intake, rules
from commonwatch.desks.summaries.models import Matter
from commonwatch.register import history

VALUES = {
    "D1": {"change": "no_change", "events": 3, "text": "SAMPLE: A bridge was closed."},
    "T4": {"section": "KG-TJ", "incident": "none", "incidents": 7},
}


def file(house, party="BY", *, type="D1", period="2026-09-14", mode="real", events=None, **changes):
    """File a report of a party."""
    values = VALUES[type] | ({} if events is None else {"events": events})
    sent = Sent(type=type, period=period, values=values, **changes)
    by = house.sit(party, "na-officer", mode=mode)
    return exchange.submit_report(by=by, report=sent, channel="form")


def draft(house, form="day"):
    """Begin the Center's draft."""
    return intake.begin(form, by=house.duty(), title="SAMPLE: The day")


def choose(house, row, *reports, annex=()):
    """Choose reports into a draft, at its end."""
    content = intake.content_of(row)
    for each in reports:
        chosen = intake.as_chosen(Matter.objects.visible_to(house.duty()).get(key=each.subject))
        content = rules.with_block(content, replace(chosen, annex=each in annex))
    return intake.save(row, content, by=house.duty(), version=row.version)


def write(house, row, text):
    """Write a paragraph at the end of a draft."""
    content = rules.with_block(intake.content_of(row), rules.Chosen(id="", sort="text", text=text))
    return intake.save(row, content, by=house.duty(), version=row.version)


def meant(house, row, audience):
    """Mean another audience."""
    content = rules.with_audience(intake.content_of(row), audience)
    return intake.save(row, content, by=house.duty(), version=row.version)


def add(house, row, name, text):
    """Put other words into a block: a paragraph's own, or the comment on what was chosen."""
    content = intake.content_of(row)
    blocks = tuple(replace(each, text=text) if each.id == name else each for each in content.blocks)
    return intake.save(row, replace(content, blocks=blocks), by=house.duty(), version=row.version)


def released(house, row):
    """Let the shift lead release a draft."""
    return acts.release_summary(by=house.lead(), draft=row.id, version=row.version)


def said(house, summary, version=None):
    """What a summary says, in one of its versions."""
    past = [each for each in history.of_subject(summary, reader=house.lead()) if hasattr(each.fact, "blocks")]
    return past[(version or len(past)) - 1].fact
