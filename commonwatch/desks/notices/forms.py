"""What was typed on the page of one's ways: choices read as they are kept, and shown again as they were typed."""

from typing import Any, Final, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from commonwatch.desks.notices import rules
from commonwatch.desks.notices.models import Way
from commonwatch.register import node

DAYS: Final = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


class Choices(NamedTuple):
    """In which language, when and of which kinds somebody wants to be told, as typed."""

    language: str
    since: str
    until: str
    zone: str
    days: tuple[str, ...]
    kinds: tuple[str, ...]
    pause: str

    def hours(self) -> rules.Quiet | None:
        """Read the quiet hours.

        :raises BadHours: when they cannot be kept.
        """
        return rules.read_hours(self.since, self.until, zone=self.zone, days=self.days)

    def paused(self) -> str:
        """Read the day on which messages begin again.

        :raises BadPause: when it is none.
        """
        return rules.read_pause(self.pause, today=node.today(node.current()))


def typed(sent: QueryDict) -> Choices:
    """Take what was typed."""
    one = {name: sent.get(name, "").strip()[:60] for name in ("language", "since", "until", "zone", "pause")}
    return Choices(**one, days=tuple(sent.getlist("days")[:7]), kinds=tuple(sent.getlist("kinds")[:20]))


def kept(way: Way, *, zone: str) -> Choices:
    """Return what is kept, as it would be typed; `zone` is the party's own, for who has chosen none."""
    quiet = way.quiet
    return Choices(
        language=way.language,
        since=_time(quiet.since) if quiet else "",
        until=_time(quiet.until) if quiet else "",
        zone=quiet.zone if quiet else zone,
        days=tuple(way.quiet_days) if quiet else tuple("0123456"),
        kinds=tuple(each for each in rules.KINDS if each not in way.muted),
        pause=way.paused_until,
    )


def shown(choices: Choices) -> dict[str, Any]:
    """Return the choices as the page shows them, with everything that could be chosen."""
    zones = {"UTC", choices.zone, *(each.zone for each in node.current().pack.parties)}
    return {
        "choices": choices,
        "days": [(str(place), name, str(place) in choices.days) for place, name in enumerate(DAYS)],
        "zones": sorted(each for each in zones if each),
    }


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
