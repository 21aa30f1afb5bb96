"""Passwords after NIST SP 800-63B-4, 3.1.1: long, of any characters, held against lists of bad ones, never expiring.

There are no rules of composition: they make passwords alike, not strong.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha1
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from commonwatch.charter.model import Pack
from commonwatch.errors import Refusal, _
from commonwatch.register import node

LEAST, MOST = 15, 1000
OF_ITS_OWN = 8
DIGEST = 40


class WeakPassword(Refusal):
    """A password that would be found too easily; each reason is a sentence in the active language."""

    code, status = "access.weak-password", 422
    says = _("This password is not taken.")
    hint = _(
        "{reasons} Four or five words that have nothing to do with one another are easy to keep in mind."
    )


def one_form(password: str) -> str:
    """Return a password as it is hashed: in the form NFKC, so that every keyboard writes the same."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, *, handle: str = "", party: str = "") -> None:
    """Refuse a password that would be found too easily.

    :raises WeakPassword: with every reason.
    """
    try:
        validate_password(one_form(password), user=Whose(handle, party))  # type: ignore[arg-type]
    except ValidationError as weak:
        raise WeakPassword(reasons=" ".join(weak.messages)) from None


class Whose:
    """For whom a password is examined, before there is an account."""

    def __init__(self, handle: str, party: str) -> None:
        self.handle, self.party = handle, party


class Length:
    """At least 15 characters, at most 1,000."""

    def validate(self, password: str, _user: Any = None) -> None:
        """Refuse what is too short to be safe or too long to be meant."""
        if len(password) < LEAST:
            said = gettext("It has {count} characters; at least {least} are needed.")
            raise ValidationError(said.format(count=len(password), least=LEAST))
        if len(password) > MOST:
            raise ValidationError(gettext("It has more than {most} characters.").format(most=MOST))

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return gettext("At least {least} characters, of any kind, spaces too.").format(least=LEAST)


class Guessable:
    """Nothing common, nothing that repeats itself, and not the words of the place."""

    def __init__(self) -> None:
        self.common = CommonPasswordValidator()

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse what somebody who knows the place would try."""
        if is_pattern(password):
            raise ValidationError(gettext("It repeats itself, or counts on."))
        try:
            self.common.validate(password)
        except ValidationError:
            raise ValidationError(gettext("It is among the passwords that are used most.")) from None
        pack = node.current().pack
        words = place_words(pack, handle=getattr(user, "handle", ""), party=getattr(user, "party", ""))
        if used := built_of(password, words):
            said = gettext("It is made of words that anybody here would try: {words}.")
            raise ValidationError(said.format(words=", ".join(used)))

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return gettext("Nothing that repeats itself, and more than the name of the party or the handle.")


class Breached:
    """Not in the file of passwords that have been stolen elsewhere, when the operator keeps one."""

    def validate(self, password: str, _user: Any = None) -> None:
        """Refuse a password whose SHA-1 stands in the file."""
        path = settings.BREACHED
        if path and stands_in(Path(path), sha1(password.encode(), usedforsecurity=False).hexdigest()):
            raise ValidationError(gettext("It is known from a theft of passwords elsewhere."))

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return gettext("None that is known from a theft elsewhere.")


def is_pattern(password: str) -> bool:
    """Say whether a password is one short piece over and over, or counts up or down."""
    steps = [ord(after) - ord(before) for before, after in pairwise(password)]
    if steps and sum(each in {-1, 0, 1} for each in steps) > len(steps) * 3 // 4:
        return True
    return re.fullmatch(r"(.{1,8}?)\1+.{0,7}", password, flags=re.DOTALL) is not None


def place_words(pack: Pack, *, handle: str, party: str) -> list[str]:
    """List the words of the place, longest first: product, organisation, party, handle."""
    texts = ["commonwatch", pack.organisation, *pack.name.values(), handle]
    if pack.has_party(party):
        of = pack.party(party)
        texts += [of.code, *of.name.values(), *of.short.values(), *of.capital.values()]
    found = {word for text in texts for word in _words(text)} | {"password", "пароль"}
    found |= {handle.casefold()} - {""}
    return sorted(found, key=lambda word: (-len(word), word))


def built_of(password: str, words: Iterable[str]) -> list[str]:
    """Name the words of the place that a password is made of; none when enough of its own is left beside them."""
    rest, used = one_form(password).casefold(), []
    for word in words:
        if word in rest:
            rest = rest.replace(word, " ")
            used.append(word)
    own = re.sub(r"[\W\d_]+", "", rest)
    return used if used and len(own) < OF_ITS_OWN else []


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) > 2)


def stands_in(path: Path, digest: str) -> bool:
    """Say whether a digest (hex) stands in a sorted file of lines `HASH[:COUNT]`; the file is never loaded.

    :raises OSError: when it cannot be read.
    """
    wanted = digest.upper().encode()
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            start, line = _line_from(file, middle)
            if line and line[:DIGEST].upper() < wanted:
                low = start + len(line)
            else:
                high = middle
        return _line_from(file, low)[1][:DIGEST].upper() == wanted


def _line_from(file: BinaryIO, position: int) -> tuple[int, bytes]:
    """Return the first line that starts at or after a position, and where it starts."""
    file.seek(max(0, position - 1))
    if position:
        file.readline()
    return file.tell(), file.readline()
