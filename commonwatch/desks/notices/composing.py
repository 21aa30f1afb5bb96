"""What a message says: how many things wait, of which kind, and where to look; nothing of what they are.

Every word of it is public, so a message may pass through any server. The words stand in the receiver's language.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, ngettext, override

from commonwatch.desks.notices import rules
from commonwatch.desks.notices.sending import Message
from commonwatch.errors import _
from commonwatch.register import node

# What waits, in general words.
KINDS: Final[Mapping[str, str]] = {
    "duty": _("Reports that are owed"),
    "question": _("Questions that wait for an answer"),
    "relay": _("Urgent notices to acknowledge"),
    "confirmation": _("Reports to confirm or refute"),
    "card": _("Contact cards to renew"),
    "handover": _("Shifts to hand over"),
    "drill": _("Drills of the posts"),
}
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


def address_of(path: str) -> str:
    """Return the whole public address of a page of this node."""
    if settings.PUBLIC_URL:
        return settings.PUBLIC_URL.rstrip("/") + path
    known = [each for each in settings.ALLOWED_HOSTS if each not in LOCAL and not each.startswith((".", "*"))]
    return f"{'https' if settings.SECURE else 'http'}://{known[0] if known else 'localhost'}{path}"


def reminder(  # noqa: PLR0913 - each makes the message another
    *, to: str, reader: str, mode: str, language: str, told: Iterable[tuple[str, str, str]], secret: str = ""
) -> Message:
    """Compose the message about some things; `told` has (kind, thing, step) of each, `reader` names the receiver."""
    rows = list(told)
    counted = Counter(kind for kind, _thing, _step in rows)
    counts = tuple((kind, counted[kind]) for kind in rules.KINDS if counted[kind])
    page = address_of(reverse("notices:notices"))
    with override(language):
        return Message(
            name=rules.message_name(
                to=reader, mode=mode, told=((thing, step) for _kind, thing, step in rows)
            ),
            to=to,
            subject=_subject(sum(counted.values()), mode),
            text=_text(counts, mode=mode, page=page),
            language=language,
            mode=mode,
            counts=counts,
            page=page,
            at=node.current().clock(),
            secret=secret,
        )


def _subject(count: int, mode: str) -> str:
    said = ngettext("{count} thing waits for you", "{count} things wait for you", count).format(count=count)
    return said if mode == "real" else gettext("EXERCISE: {said}").format(said=said)


def _text(counts: Iterable[tuple[str, int]], *, mode: str, page: str) -> str:
    lines = [gettext("EXERCISE EXERCISE EXERCISE"), ""] if mode != "real" else []
    lines += [gettext("Waiting for you:"), ""]
    lines += [f"- {gettext(KINDS[kind])}: {count}" for kind, count in counts]
    lines += ["", gettext("After signing in you see what it is:"), page, ""]
    if mode != "real":
        lines += [gettext("Choose the exercise in the menu of the page first."), ""]
    ways = address_of(reverse("notices:ways"))
    lines += [gettext("You gave this address at the duty desk. Change when and how you are told:"), ways, ""]
    return "\n".join(lines)


def code(*, to: str, reader: str, language: str, secret: str) -> Message:
    """Compose the message that carries the code by which an address is verified."""
    with override(language):
        shown = f"{secret[:4]} {secret[4:]}"
        lines = [
            gettext("Enter this code on the page where you gave this address:"),
            "",
            shown,
            "",
            gettext("It is good for {minutes} minutes.").format(minutes=rules.CODE_LASTS),
            gettext(
                "If you gave no address at a duty desk, somebody mistyped theirs. Nothing more will come."
            ),
            "",
        ]
        name = rules.message_name(to=reader, mode="code", told=[(node.current().random(16).hex(), "code")])
        return Message(
            name=name,
            to=to,
            subject=gettext("Code for your address"),
            text="\n".join(lines),
            language=language,
            mode="real",
            counts=(),
            page=address_of(reverse("notices:ways")),
            at=node.current().clock(),
        )


def trial(*, to: str, reader: str, secret: str) -> Message:
    """Compose the message by which somebody tries a webhook: it says that nothing waits."""
    name = rules.message_name(to=reader, mode="trial", told=[(node.current().random(16).hex(), "trial")])
    page, at = address_of(reverse("notices:notices")), node.current().clock()
    return Message(name, to, "", "", "en", "trial", (), page, at, secret)
