"""How reports are found: words as they are compared, and which words a run of a journal may hold.

A word is found by its beginning. Case, `ё` and the endings of Russian words do not count: who types «границе» finds
«границы». A run of a journal keeps a *mark*: a text of `CHARACTERS` characters of six bits each, in which every
beginning of a word that stands in the run has set one bit. A bit that is not set proves that no report of the run has
such a word; a bit that is set proves nothing. No bit says how often, and a run is of one journal alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

CHARACTERS = 10_920
BITS = 6 * CHARACTERS
LOWEST = 0x40  # "@": a character of the mark with no bit set
EMPTY = chr(LOWEST) * CHARACTERS
BEGINNINGS = (3, 5, 8)
MOST_WORDS = 8
SHORT = 4096
_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(
    "(?<=.{4})(?:иями|ями|ами|иях|ого|его|ому|ему|ыми|ими|иям|ием|ией|ях|ах|ов|ев|ей|ой|ый|ий|ая|яя|ое|ее|ые|ие"
    "|ых|их|ую|юю|ам|ям|ом|ем|ия|ии|ию|а|я|о|е|и|ы|у|ю|ь|й)$"
)
_CYRILLIC = re.compile("[а-я]+")

Bit = tuple[int, int]
"""A place in a mark: which character, and which bit of it."""
Places = tuple[Bit, ...]


def words_of(*texts: str) -> tuple[str, ...]:
    """Return the different words of texts as they are compared, in their order."""
    joined = " ".join(texts)
    return _remembered(joined) if len(joined) < SHORT else _words(joined)


def _words(text: str) -> tuple[str, ...]:
    joined = text.casefold().replace("ё", "е")
    found: dict[str, None] = {}
    for each in dict.fromkeys(joined.split()):
        if each.isalnum():
            found[each] = None
        else:
            found.update(dict.fromkeys(_WORD.findall(each)))
    return tuple(found)


_remembered = lru_cache(maxsize=1024)(_words)  # a report is read for its row and for its run


def spoken(values: Mapping[str, Any]) -> Iterator[str]:
    """Give what the values of a report say, as texts; yes and no are left out."""
    for value in values.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from map(str, value)
        elif not isinstance(value, bool):
            yield str(value)


def stem(word: str) -> str:
    """Return the beginning by which a word that somebody typed is looked for: Russian words lose their ending."""
    return _ENDING.sub("", word) if _CYRILLIC.fullmatch(word) else word


def asked(text: str) -> list[str]:
    """Return the beginnings that somebody looks for, at most `MOST_WORDS`; each must be found."""
    return list(dict.fromkeys(map(stem, words_of(text))))[:MOST_WORDS]


@lru_cache(maxsize=30_000)
def places(word: str) -> Places:
    """Return the bits that a word sets: one for each of its beginnings that may be asked for."""
    return tuple(_place(word[:length]) for length in BEGINNINGS if len(word) >= length)


@lru_cache(maxsize=30_000)
def place(token: str) -> Places:
    """Return the bit of something exact, such as a code; `token` begins with what it is: `type=D1`."""
    return (_place(f"={token}"),)


def _place(token: str) -> Bit:
    character, bit = divmod(crc32(token.encode()) % BITS, 6)
    return character, 1 << bit


def marked(mark: str, words: Iterable[str], tokens: Iterable[str]) -> str:
    """Set the bits of words and exact tokens in a mark."""
    found: set[Bit] = set()
    found.update(*map(places, words), *map(place, tokens))
    bits = bytearray(mark, "ascii")
    for character, bit in found:
        bits[character] |= bit
    return bits.decode("ascii")


def may_hold(mark: str, wanted: Sequence[Sequence[Places]]) -> bool:
    """Say whether a run may hold what is wanted: of each group one alternative, with all its bits."""
    return all(
        any(all(ord(mark[character]) & bit for character, bit in each) for each in group) for group in wanted
    )
