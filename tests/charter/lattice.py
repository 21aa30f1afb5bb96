"""A lattice of labels small enough to try every case, and the reading rule written a second time, word by word."""

from itertools import combinations, product

from commonwatch.charter.label import Label, Viewer
from commonwatch.charter.model import Category, LabelScheme, Level

LEVELS = ("low", "middle", "high")
MARKS = ("CERT", "MED")
PARTIES = ("BY", "KZ", "RU")
STRANGE_LEVEL, STRANGE_MARK = "cosmic", "NOFORN"
STRANGER, PUBLIC = "TJ", ""


def level(code, rank):
    return Level(code=code, rank=rank, name={"en": code}, banner={"en": code}, tone="open")


SCHEME = LabelScheme(
    levels=tuple(level(code, 5 * place) for place, code in enumerate(LEVELS)),
    categories=tuple(Category(code=code, name={"en": code}) for code in MARKS),
)


def subsets(items):
    """Every choice of some, all or none."""
    return [chosen for count in range(len(items) + 1) for chosen in combinations(items, count)]


AUDIENCES = [*subsets(PARTIES), ("*",)]
KNOWN = [
    Label(level=code, categories=marks, parties=parties)
    for code, marks, parties in product(LEVELS, subsets(MARKS), AUDIENCES)
]
LABELS = [
    Label(level=code, categories=marks, parties=parties)
    for code, marks, parties in product((*LEVELS, STRANGE_LEVEL), subsets((*MARKS, STRANGE_MARK)), AUDIENCES)
]
VIEWERS = [
    Viewer(party=party, clearance=clearance, categories=frozenset(marks))
    for party, clearance, marks in product(
        (*PARTIES, STRANGER, PUBLIC), (*LEVELS, STRANGE_LEVEL), subsets((*MARKS, STRANGE_MARK))
    )
]


def may_read(label, originator, viewer):
    """Say it as the design says it: level, every category, the audience with its originator, nothing unknown."""
    if label.level not in LEVELS or viewer.clearance not in LEVELS:
        return False
    if LEVELS.index(label.level) > LEVELS.index(viewer.clearance):
        return False
    for mark in label.categories:
        if mark not in MARKS or mark not in viewer.categories:
            return False
    audience = [originator, *label.parties]
    return "*" in audience or viewer.party in audience


def may_follow(first, second):
    """Say of two known labels whether the second is as narrow as the first in level, categories and audience."""
    if LEVELS.index(first.level) > LEVELS.index(second.level):
        return False
    if any(mark not in second.categories for mark in first.categories):
        return False
    if "*" in first.parties:
        return True
    return "*" not in second.parties and all(party in first.parties for party in second.parties)
