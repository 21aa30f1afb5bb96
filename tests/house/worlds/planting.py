"""Known leaks put into a copy of the house, to see that the test finds them.

A leak is a small unified diff with a header. It is applied here and not by `git apply`: the tests need Python and make
alone, and git passes over every file in silence when the copy happens to lie inside a repository. A hunk is looked
for by its lines and not by its numbers, and must be found exactly once: then it is where its writer meant it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).resolve().parents[1] / "leaks"
CAUGHT = 1
LONGEST = 120
MEND = (
    "{name} no longer applies to {file}: {because}. The code there has changed: write the same leak into it anew"
    " (`diff -u` of the file before and after, made at the top of the checkout) and keep the header."
)


class DoesNotApply(Exception):  # noqa: N818 - it says what is so
    """A planted leak that has no place in the code any more."""


class Leak(NamedTuple):
    """One planted leak: what it tells, which addresses show it to which viewer, and the change."""

    name: str
    says: str
    routes: str
    viewer: str
    diff: str


class Hunk(NamedTuple):
    """One place of a file: its lines before and after."""

    file: str
    before: str
    after: str


def leaks():
    """Every planted leak, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def read(path):
    """Read a leak: a header of `Leak:`, `Routes:` and `Viewer:`, then the diff."""
    header, mark, diff = path.read_text().partition("\n--- ")
    said = dict(re.findall(r"^(Leak|Routes|Viewer): (.+)$", header, re.MULTILINE))
    missing = {"Leak", "Routes", "Viewer"} - set(said)
    if missing or not mark:
        raise DoesNotApply(f"{path.name}: its header lacks {', '.join(sorted(missing)) or 'a diff'}")
    return Leak(path.stem, said["Leak"], said["Routes"].replace(" ", ""), said["Viewer"], f"--- {diff}")


def missed(leak, *, empty):
    """Plant a leak and crawl its addresses; say what is wrong when it was not caught, nothing when it was."""
    with tempfile.TemporaryDirectory(prefix="two-worlds-leak-") as name:
        folder = Path(name)
        copy(folder)
        try:
            apply(leak, folder)
        except DoesNotApply as error:
            return str(error)
        done = crawl(leak, folder, empty=empty)
    if done.returncode == CAUGHT:
        return ""
    if done.returncode == 0:
        return f"{leak.name} was not caught. {leak.says}"
    return f"{leak.name} breaks the house, so nothing is seen of the leak:\n{(done.stderr + done.stdout)[-2000:]}"


def copy(folder):
    """Make a house of its own: a copy of the code with what Python compiled of it; the rest is looked at here."""
    shutil.copytree(ROOT / "commonwatch", folder / "commonwatch")
    for name in ("tests", "organisations"):
        (folder / name).symlink_to(ROOT / name)


def apply(leak, folder):
    """Write a leak into a copy of the house.

    :raises DoesNotApply: saying what to do.
    """
    for hunk in hunks(leak):
        path = folder / hunk.file
        text = path.read_text() if path.is_file() else ""
        count = text.count(hunk.before)
        if count != 1:
            because = f"its lines are found {count} times there" if text else "there is no such file"
            raise DoesNotApply(
                MEND.format(name=f"tests/house/leaks/{leak.name}.patch", file=hunk.file, because=because)
            )
        path.write_text(text.replace(hunk.before, hunk.after))


def hunks(leak):
    """The places that a leak changes."""
    file, lines, found = "", [], []
    for line in [*leak.diff.splitlines(), "@@"]:
        if line.startswith(("--- ", "+++ ", "@@")):
            if lines:
                found.append(Hunk(file, _side(lines, "-"), _side(lines, "+")))
            lines = []
            if line.startswith("+++ "):
                file = line[4:].split("\t")[0].removeprefix("b/")
        else:
            lines.append(line or " ")
    return found


def _side(lines, sign):
    return "".join(f"{line[1:]}\n" for line in lines if line[0] in {" ", sign})


def crawl(leak, folder, *, empty):
    """Crawl a leak's addresses in the copy of the house that holds it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COMMONWATCH_", "DATABASE_URL", "PYTEST", "COV_"))
    }
    command = [sys.executable, "-m", "tests.house.worlds", "--viewers", leak.viewer, "--routes", leak.routes]
    return subprocess.run(
        [*command, "--empty", str(empty)],
        cwd=folder,
        env=kept | {"COMMONWATCH_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
