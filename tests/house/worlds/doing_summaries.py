"""What people do at the desk of summaries, as things that can be put into a list of deeds."""

from types import SimpleNamespace

from commonwatch.desks.summaries import acts as summaries
from commonwatch.desks.summaries import intake, rules
from commonwatch.desks.summaries.models import Matter
from tests.house.worlds.doing import CENTER, seat


def begun(world, form, text, *, audience, about="", mode="real"):
    """Begin the Center's draft with a paragraph, and with what an earlier deed filed."""
    by = seat(CENTER, mode=mode)
    row = intake.begin(form, by=by, title="how it stands")
    content = rules.with_audience(intake.content_of(row), audience)
    content = rules.with_block(content, rules.Chosen(id="", sort="text", text=text))
    if about:
        matter = Matter.objects.visible_to(by).get(key=world.made[about].key)
        content = rules.with_block(content, intake.as_chosen(matter))
    return intake.save(row, content, by=by, version=row.version)


def summary(audience, text, *, form="sitrep", about="", mode="real"):
    """Release a summary to an audience."""

    def does(world):
        row = begun(world, form, text, audience=audience, about=about, mode=mode)
        done = summaries.release_summary(by=seat(CENTER, mode=mode), draft=row.id, version=row.version)
        return SimpleNamespace(key=done.summary)

    return does


def draft(audience, text, *, form="day"):
    """Begin a summary that is not released."""
    return lambda world: SimpleNamespace(key=begun(world, form, text, audience=audience).id)


def take_note(party, deed):
    """Acknowledge a summary."""
    return lambda world: summaries.acknowledge_summary(by=seat(party), summary=world.made[deed].key)


def end_summary(deed):
    """Withdraw a summary."""
    return lambda world: summaries.withdraw_summary(
        by=seat(CENTER), summary=world.made[deed].key, ground="no longer so"
    )
