"""The page on security holds every requirement of ASVS 5.0.0, levels 1 and 2, and names only what exists."""

import re

from tests.house.tree import ROOT, list_of

PAGE = ROOT / "docs" / "operating" / "security.md"
STATES = ("met", "operator", "partly", "open", "none")
# How many requirements of levels 1 and 2 each section has; within a section they come first and without a gap.
SECTIONS = {
    1: (2, 9, 11, 3, 2), 2: (3, 3, 4, 1), 3: (0, 2, 4, 6, 5, 0, 2), 4: (3, 1, 2, 4), 5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4), 7: (3, 4, 2, 5, 2, 2), 8: (2, 3, 1, 1), 9: (3, 4), 10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1), 12: (3, 2, 4), 13: (1, 5, 2, 5), 14: (2, 4, 3), 15: (3, 3, 7, 0),
    16: (1, 5, 4, 3, 3), 17: (1, 4, 2),
}  # fmt: skip


def wanted():
    return {
        f"V{chapter}.{section}.{number}"
        for chapter, counts in SECTIONS.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    }


def rows():
    for line in PAGE.read_text().splitlines():
        cells = [each.strip() for each in line.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0].startswith("V"):
            yield cells


def ids(cell):
    """Read `V1.2.6 to V1.2.8, V1.3.1`."""
    for part in cell.split(", "):
        first, _to, last = part.partition(" to ")
        section, number = first.rsplit(".", 1)
        end = int(last.rsplit(".", 1)[1]) if last else int(number)
        yield from (f"{section}.{each}" for each in range(int(number), end + 1))


def test_every_requirement_of_levels_1_and_2_is_answered_once():
    found = [each for row in rows() for each in ids(row[0])]
    assert sorted(set(found)) == sorted(wanted()), f"{set(found) ^ wanted()}"
    assert len(found) == len(set(found)), [each for each in found if found.count(each) > 1]


def test_every_answer_has_a_state_and_what_is_met_has_a_place_and_a_test():
    faults = []
    for where, _asks, state, place, test in rows():
        if not state.startswith(STATES):
            faults.append(f"{where}: “{state}” is no state")
        if state.startswith(("met", "partly", "open")) and not (place and test):
            faults.append(f"{where} names no place or no test")
    assert not faults, list_of(faults)


def test_every_file_and_test_that_is_named_exists():
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    faults = []
    for where, _asks, _state, place, test in rows():
        faults += [f"{where}: {each}" for each in re.findall(r"`([^`]+)`", test) if each not in tests]
        faults += [
            f"{where}: {each}" for each in re.findall(r"`([^`]+)`", place) if not (ROOT / each).is_file()
        ]
    assert not faults, list_of(faults)
