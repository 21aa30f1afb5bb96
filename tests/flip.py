"""Flipping bytes of what is stored, one at a time, and seeing that each is found: `make flip`.

`python -m tests.flip --database N` flips N bytes, chosen at random, each in a copy of its own of a small SQLite
database. A flip is found when SQLite says so, when a journal, the guard or a table does not verify, or when anything
fails; otherwise every answer must be what it was before: every row of every journal, entry, tile and projection, and
every entry as it is found by its id, its subject or its journal. Two things are not compared, because nothing can prove
them: Django's own lists of its models and migrations, which no reader is given, and when this node admitted an entry of
another, or one whose bytes are gone (of its own it is held to the millisecond).

`--folder` flips every byte of every file of a folder of 1 MB in turn, as it is served and carried. Only what the file
touches is verified, against what is already at hand: the checkpoint by its signature, a bundle against its tile, a tile
against its bundle; and the whole journal where that finds nothing. `--sample N` takes N bytes, chosen at random.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")

WORKERS = 2


def main(words=None):
    """Flip as asked; return 1 when anything was not found."""
    options = argparse.ArgumentParser(prog="python -m tests.flip", description=__doc__.split("\n", 1)[0])
    options.add_argument("--database", type=int, metavar="N", help="flip N bytes of copies of a database")
    options.add_argument("--folder", action="store_true", help="flip every byte of a folder of about 1 MB")
    options.add_argument("--sample", type=int, metavar="N", help="with --folder: N bytes of it only")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=WORKERS)
    asked = options.parse_args(words)
    if not asked.folder and asked.database is None:
        options.error("say what to flip: --database N or --folder")
    missed = []
    if asked.database is not None:
        missed += told("database", database(asked.database, seed=asked.seed, workers=asked.workers))
    if asked.folder:
        missed += told("folder", folder(sample=asked.sample, seed=asked.seed, workers=asked.workers))
    return 1 if missed else 0


def told(what, counted):
    """Print what came of the flips; return those that were missed."""
    found, missed = counted
    said = ", ".join(f"{how} {count:,}" for how, count in sorted(found.items()))
    tell(f"{what}: {sum(found.values()) + len(missed):,} bytes flipped: {said}; missed {len(missed):,}")
    for each in missed[:20]:
        tell(f"  missed: {each}")
    return missed


def tell(line):
    sys.stdout.write(f"{line}\n")


def shared_out(work, parts):
    """Run the parts of a work in processes of their own and add up what they count."""
    found, missed = Counter(), []
    with ProcessPoolExecutor(WORKERS) as pool:
        for some, more in pool.map(work, parts):
            found.update(some)
            missed += more
    return found, missed


# The database


def database(count, *, seed=1, workers=WORKERS):
    """Flip bytes of copies of a database; return how they were found, and which were not."""
    django.setup()
    with tempfile.TemporaryDirectory(prefix="commonwatch-flip-") as name:
        base = Path(name) / "base"
        make_database(Path(name), base)
        dice, size = random.Random(seed), (base / "house.sqlite3").stat().st_size
        flips = [(dice.randrange(size), 1 << dice.randrange(8)) for _ in range(count)]
        if workers == 1:
            return flip_database((base, flips))
        return shared_out(flip_database, [(base, flips[start::workers]) for start in range(workers)])


def make_database(folder, base):
    """Make the home of a node with some hundred entries of three parties, one erased, and a foreign journal."""
    from django.core.management import call_command
    from django.db import connections

    from tests import conftest
    from tests.small import PACK

    empty = folder / "empty.sqlite3"
    with conftest.database("default", empty):
        call_command("migrate", verbosity=0)
    with home(base, PACK, empty) as made:
        fill(made)
        made.check()
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def home(path, pack, empty):
    """Open a house on a copy of a database, as the node of the Center that hosts Belarus."""
    from commonwatch.register import node as nodes
    from tests.conftest import lived_in

    stack = ExitStack()
    made = stack.enter_context(lived_in(path=path, pack=pack, empty=empty, hosted=("BY",)))
    stack.enter_context(nodes.use(made.node))
    return stack_with(stack, made)


class stack_with:  # noqa: N801 - it is read as a function
    """A context that gives what was opened in a stack."""

    def __init__(self, stack, made):
        self.stack, self.made = stack, made

    def __enter__(self):
        return self.made

    def __exit__(self, *_error):
        self.stack.close()


def fill(house):
    """Write what the small database holds."""
    from commonwatch.register import erase
    from commonwatch.register.admit import admit
    from tests.register.conftest import CENTER, write
    from tests.register.foreign import Foreign

    by, center = house.officer(party="BY"), house.officer(party="CRC")
    for index in range(120):
        house.clock.tick(seconds=7)
        values = {"events": index, "text": f"What happened at post {index}. " * 8}
        write(by=by, subject=f"report/BY/{index}", values=values)
    place = write(by=center, subject="report/CRC/narrow", label=CENTER)[0]
    write(by=center, subject="report/CRC/many", times=20)
    erase.erase(by=center, entry=place.id, ground="law")
    foreign = Foreign(party="KZ")
    for _ in range(20):
        foreign.report()
    admit(**foreign.news())


def flip_database(given):
    """Flip each byte in a copy of its own; return how each was found, and which were not."""
    django.setup()
    from tests.small import PACK

    base, flips = given
    found, missed = Counter(), []
    with tempfile.TemporaryDirectory(prefix="commonwatch-flip-") as name:
        path = Path(name) / "node"
        path.mkdir()
        for kept in ("guard", "keys"):
            source = base / kept
            (shutil.copytree if source.is_dir() else shutil.copy)(source, path / kept)
        with home(path, PACK, base / "house.sqlite3") as house:
            whole = (path / "house.sqlite3").read_bytes()
            before = answers()
            for place, mask in flips:
                put(path / "house.sqlite3", whole, place, mask)
                how = examine(house, before)
                if how:
                    found[how] += 1
                else:
                    missed.append(f"byte {place} of {len(whole)}, mask {mask:#04x}")
            put(path / "house.sqlite3", whole, 0, 0)
    return found, missed


def put(path, whole, place, mask):
    """Put a copy with one byte flipped in the place of the database."""
    from django.db import connections

    connections["default"].close()
    for left in path.parent.glob(f"{path.name}-*"):
        left.unlink()
    data = bytearray(whole)
    data[place] ^= mask
    path.write_bytes(data)


def examine(house, before):
    """Say how a flip was found, that it is without effect, or nothing."""
    from django.db import Error

    from commonwatch.errors import Broken
    from commonwatch.register import repair

    try:
        if repair.faults_of_file():
            return "found by SQLite"
        house.check()
        return "without effect" if answers() == before else ""
    except Broken:
        return "found by verifying"
    except AssertionError:
        return "found by folding anew"
    except Error:
        return "found by SQLite"
    except Exception:  # noqa: BLE001 - whatever fails is heard of, and nothing wrong is answered
        return "found by another error"


def answers():
    """Return every row that a reader could be given, read by its table and by each index."""
    from django.db import connections

    from commonwatch.register import fold
    from commonwatch.register.models import Entry, Journal

    with closing(connections["default"].cursor()) as cursor:
        rows = {name: asked(cursor, f'SELECT * FROM "{name}"') for name in told_tables(fold)}  # noqa: S608
        foreign = {row.pk for row in Journal.objects.filter(ours=False)}
        columns = [field.column for field in Entry._meta.concrete_fields]
        journal, admitted, data = (columns.index(name) for name in ("journal_id", "admitted_at", "data"))
        rows["register_entry"] = [
            tuple(
                precise(value, at == admitted, row[journal] in foreign or not row[data])
                for at, value in enumerate(row)
            )
            for row in asked(cursor, f'SELECT {", ".join(columns)} FROM "register_entry"')  # noqa: S608
        ]
        found = [
            asked(cursor, f'SELECT id FROM register_entry WHERE "{name}" = %s', row[columns.index(name)])  # noqa: S608
            for name in ("entry_id", "subject", "journal_id")
            for row in rows["register_entry"]
        ]
    return rows, found


def precise(value, is_admitted, is_unproved):
    """Return a value as far as it can be proved: of when an entry was admitted, what its id tells, if it is ours."""
    if not is_admitted:
        return value
    return None if is_unproved else value // 1000


def told_tables(fold):
    return ["register_journal", "register_tile", *(model._meta.db_table for model in fold.tables())]


def asked(cursor, statement, *given):
    cursor.execute(statement, given or None)
    return sorted(cursor.fetchall(), key=repr)


# The folder


class Copy:
    """A journal's files in memory, one of them changed."""

    def __init__(self, files):
        self.files = files

    def checkpoint(self):
        from commonwatch.journal.verify import JournalRefused

        try:
            return self.files["checkpoint"].decode()
        except UnicodeDecodeError as wrong:
            raise JournalRefused("checkpoint", "it is not UTF-8 text") from wrong

    def tile(self, path):
        try:
            return self.files[str(path)]
        except KeyError:
            raise FileNotFoundError(str(path)) from None


def folder(*, sample=None, seed=1, workers=WORKERS):
    """Flip every byte of a folder in turn, or as many as `sample`; return how many were found, and which were not."""
    files, key = make_folder()
    flips = [(path, place) for path, data in sorted(files.items()) for place in range(len(data))]
    if sample is not None:
        flips = random.Random(seed).sample(flips, sample)
    if workers == 1:
        return flip_folder((files, key, flips, seed))
    return shared_out(flip_folder, [(files, key, flips[start::workers], seed) for start in range(workers)])


def make_folder():
    """Write a journal of 1,260 entries, two of them erased, and return its files and its key."""
    from commonwatch.journal.export import write_folder
    from tests.register.foreign import Foreign

    journal = Foreign()
    for index in range(1257):
        text = f"What happened at post {index}, told at length. " * 10
        journal.add("exchange.thing.told", {"text": text})
    journal.erase(300).erase(301)
    with tempfile.TemporaryDirectory(prefix="commonwatch-flip-") as name:
        write_folder(name, checkpoint=journal.signed(), entries=journal.entries)
        paths = [path for path in sorted(Path(name).rglob("*")) if path.is_file()]
        return {str(path.relative_to(name)): path.read_bytes() for path in paths}, journal.key


def flip_folder(given):
    """Flip bytes one at a time and verify what each touches."""
    files, key, flips, seed = given
    from commonwatch.journal import note

    dice, found, missed = random.Random(seed), Counter(), []
    copy, verifier = Copy(dict(files)), note.Verifier.parse(key)
    pairs = partners(files)
    buffers = {path: bytearray(data) for path, data in files.items()}
    for path, place in flips:
        buffers[path][place] ^= dice.randrange(1, 256)
        copy.files[path] = bytes(buffers[path])
        buffers[path][place] = files[path][place]
        if is_found(copy, path, pairs, verifier):
            found["found"] += 1
        else:
            missed.append(f"byte {place} of {path}")
        copy.files[path] = files[path]
    return found, missed


def partners(files):
    """Return by the name of each bundle, and of its tile of leaf hashes, the path of the bundle and the tile's name."""
    from commonwatch.journal.tiles import TilePath

    found = {}
    for name in files:
        path = TilePath.parse(name) if name.startswith("tile/entries/") else None
        if path:
            tile = str(TilePath(level=0, index=path.index, width=path.width))
            found[name] = found[tile] = (path, tile)
    return found


def is_found(copy, name, pairs, verifier):
    """Verify what a file touches by what is at hand, and the whole journal where that finds nothing."""
    from commonwatch.errors import Broken
    from commonwatch.journal import checkpoint
    from commonwatch.journal.verify import CHECKPOINT, hold_bundle, verify_journal

    try:
        if name == CHECKPOINT:
            checkpoint.open_checkpoint(copy.checkpoint(), verifier)
        if name in pairs:
            path, tile = pairs[name]
            hold_bundle(path, copy.files[str(path)], copy.files[tile])
        verify_journal(copy, vkey=verifier.vkey)
    except Broken:
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
