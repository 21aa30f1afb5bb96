"""Kill a node at random moments while it takes in what its peers wrote, and look for what is there twice, half or not.

`python -m tests.crash --what importing --kills 100 --database sqlite`. Belarus has a node that is served, and takes
reports in all the while; Kazakhstan's comes on sticks. The Center's node asks the one and reads the other, one round
after another, in a process of its own: that is the one that is killed. After each kill no journal may be held in part.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench import serving
from commonwatch.config.commands import inside
from tests.crash import Acknowledged, Field, Found, Sender, kept_in
from tests.walk import environment

ROOT = Path(__file__).resolve().parents[1]
BEFORE, EACH = 1_000, 100
LATEST = 0.7
WAIT = 60


def crash(*, kills, database, dice):
    """Kill the importing node so many times, let it come to its end, and hold it to what its peers hold."""
    with tempfile.TemporaryDirectory(prefix="commonwatch-importing-") as name, kept_in(database) as env:
        place = Path(name)
        key = made(place, env, sticks=4 + 2 * kills)
        os.environ.update(environment() | env)
        inside.node(place / "crc")
        check = import_module("tests.crash_check")
        field, struck = _killed(place, env, key, kills=kills, dice=dice, check=check)
        told = [*field.told.values(), *_on_sticks(place)]
        found, journals, consistent, faults = check.hold(told)
        faults += check.level([*_held(place / "by"), *_held(place / "kz")])
        print(f"  {kills} kills, {struck} of them while something was fetched or read")  # noqa: T201 - the words of a command
        return Found(len(told), found, journals, consistent, (*field.faults, *faults))


def made(place, env, *, sticks):
    """Make the three nodes, the Center's a peer of the two others; return a program's key for Belarus."""
    port = serving.free_port()
    (place / "port").write_text(str(port))
    (place / "sticks").mkdir()
    address = f"http://127.0.0.1:{port}"
    homes = ("by", "kz") if env["DATABASE_URL"] else ("by", "kz", "crc")
    empty_for(place, *(place / home for home in homes))
    making = [
        begun("make", place / "by", "BY", address),
        begun("make", place / "kz", "KZ", "-"),
        begun("make", place / "crc", "CRC", "-", env=env),
    ]
    said = [json.loads(ended(each)) for each in making]
    cards = ended(begun("meet", place / "crc", "CRC/head", json.dumps(said[:2]), env=env))
    filling = [
        begun("fill", place / "by", cards, BEFORE),
        begun("write", place / "kz", cards, place / "sticks", sticks),
    ]
    for each in filling:
        ended(each)
    return said[0]["key"]


def empty_for(place, *homes):
    """Give each home a database with every table and no row: one is made and copied."""
    ended(begun("empty", place / "empty.sqlite3"))
    for home in homes:
        home.mkdir(mode=0o700)
        shutil.copy(place / "empty.sqlite3", home / "commonwatch.sqlite3")


def begun(*words, env=None):
    """Begin a part of this in a process of its own."""
    command = [sys.executable, "-m", "tests.importing", *map(str, words)]
    more = environment() | {"DATABASE_URL": ""} | (env or {})
    return subprocess.Popen(command, cwd=ROOT, env=more, stdout=subprocess.PIPE, text=True)


def ended(process):
    """Return what a part said when it was done."""
    said = process.communicate(timeout=300)[0]
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return said


def _killed(place, env, key, *, kills, dice, check):
    """Let Belarus write, start the Center's node, kill it, and again; the last one comes to its end."""
    field, struck = Field(), 0
    command = [sys.executable, "-m", "commonwatch", "serve", "--home", str(place / "by"), "--without-peers"]
    field.port = int((place / "port").read_text())
    command += ["--without-reminders", "--port", str(field.port)]
    log = place / "by.log"
    server = serving.Server(command, port=field.port, env=environment() | {"DATABASE_URL": ""}, log=log)
    sender = Sender(field, 0, {"BY": key}, pause=0.1)
    try:
        server.await_answer("/health")
        sender.start()
        for number in range(kills):
            _kill(begun("import", place / "crc", place / "sticks", env=env), dice.uniform(0, LATEST))
            struck += any(_left(place / "crc"))
            field.faults += check.guard() + check.whole()
            if field.faults:
                break
            if number % 10 == 9:
                print(f"  {number + 1} kills, {len(field.told):,} reports acknowledged", flush=True)  # noqa: T201 - the words of a command
        field.over = True
        sender.join(30)
        ended(begun("finish", place / "crc", place / "sticks", env=env))
    finally:
        field.over = True
        server.stop()
    left = list(_left(place / "crc"))
    field.faults += [f"{path} was left behind" for path in left]
    return field, struck


def _kill(process, after):
    """Kill a node so many seconds after its first round began."""
    with process:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the node did not start: {process.wait(WAIT)}")
        time.sleep(after)
        process.kill()


def _left(home):
    """List what lies in the folders of what is not admitted yet."""
    for name in ("incoming", "sticks"):
        yield from (path for path in (home / name).rglob("*") if path.is_file())


def _held(home):
    """List what a node holds that the Center may read: its origin, size and root."""
    with contextlib.closing(sqlite3.connect(home / "commonwatch.sqlite3")) as database:
        rows = database.execute(
            "SELECT origin, size, root, parties FROM register_journal WHERE ours AND size"
        )
        return [row[:3] for row in rows if row[3] == "*" or "CRC" in row[3].split(",")]


def _on_sticks(place):
    """List what Kazakhstan wrote as its own node knows it."""
    said = ended(begun("tell", place / "kz"))
    return [Acknowledged(*each) for each in json.loads(said)]


# The parts: each in a process of its own


def part_empty(path):
    """Make a database with every table and no row."""
    running = import_module("tests.simulate.running")
    running.prepare()
    running.empty_database(Path(path))


def part_make(home, party, address):
    """Make a node, and print its card, what is read aloud of it, and a program's key."""
    inside.enter(Path(home), pack="csto")
    inside.work("making").make(Path(home), party)
    accounts = inside.work("accounts")
    office, handle = ("duty" if party == "CRC" else "na-officer"), f"{party.lower()}-1"
    accounts.add(handle, party=party, office=office, password=None)
    key = accounts.key(handle, client="crash", office="", scope=(), days=30)
    print(json.dumps({**inside.work("peering").card(address), "key": key}))  # noqa: T201 - read by who began it


def part_meet(home, seat, cards, address="-"):
    """Take other nodes in, and print the card of this one, which now writes for nobody who has a node."""
    inside.node(Path(home))
    _met(seat, cards)
    inside.node(Path(home))
    print(json.dumps([inside.work("peering").card(address)]))  # noqa: T201 - read by who began it


def part_fill(home, cards, count):
    """Take the Center's node in, and file so many reports."""
    inside.node(Path(home))
    _met("BY/na-head", cards)
    _filed(int(count), "before")


def part_write(home, cards, folder, sticks):
    """Take the Center's node in; file reports and write a stick of what is new, and again: each is taken to arrive."""
    inside.node(Path(home))
    _met("KZ/na-head", cards)
    from commonwatch.federation.models import Level
    from commonwatch.register.models import Journal

    bundling, peers = _federation()
    for number in range(1, int(sticks) + 1):
        _filed(EACH, f"stick-{number}")
        bundling.make(peers.find("CRC"), Path(folder) / f"{number:03}.cwb")
        for row in Journal.objects.filter(ours=True, size__gt=0):
            Level.objects.update_or_create(party="CRC", origin=row.origin, defaults={"size": row.size})


def part_tell(home):
    """Print every report that a node holds of its own: the entry, its hash and its number."""
    inside.node(Path(home))
    from commonwatch.journal import tree
    from commonwatch.register import wall
    from commonwatch.register.models import Entry

    with wall.open():
        rows = Entry.objects.filter(kind="exchange.report.submitted", journal__ours=True)
        found = [(str(row.entry_id), tree.leaf_hash(bytes(row.data)).hex(), row.number) for row in rows]
    print(json.dumps(found))  # noqa: T201 - read by who began it


def part_import(home, sticks):
    """Make rounds and take sticks in until it is killed."""
    inside.node(Path(home))
    print("ready", flush=True)  # noqa: T201 - read by who began it
    while True:
        _round(Path(sticks))


def part_finish(home, sticks):
    """Take in all that there is."""
    inside.node(Path(home))
    while _round(Path(sticks)):
        pass


def _round(sticks):
    """Ask Belarus and take in the next stick; say whether there was any news."""
    from commonwatch.federation.models import Contact

    bundling, peers = _federation()
    peering = inside.work("peering")
    (said,) = peering.pull("BY")
    if said["failure"] or said["faults"]:
        raise SystemExit(str(said))
    contact = Contact.objects.filter(party="KZ").first()
    stick = sticks / f"{(contact.got_serial if contact else 0) + 1:03}.cwb"
    if stick.exists():
        bundling.take_in(stick)
    return said["changed"] or stick.exists() or peers.find("KZ") is None


def _met(seat, cards):
    for each in json.loads(cards):
        inside.work("peering").add(seat, each["card"], heard=each["spoken"], how="spoken")


def _federation():
    from commonwatch.federation import bundling, peers

    return bundling, peers


def _filed(count, name):
    """File so many reports of a node's own party, a hundred at a time."""
    import random

    import msgspec

    from bench.reports import periods, report
    from commonwatch.config.commands.submitting import actor
    from commonwatch.desks.exchange import acts
    from commonwatch.desks.exchange.intake import Sent
    from commonwatch.register import node

    dice, days, by = random.Random(name), periods()[-210:-10], actor(f"{node.current().party}/na-officer")
    sent = [report(at, dice=dice, period=days[at % len(days)], ref=f"{name}-{at}") for at in range(count)]
    for start in range(0, count, 100):
        acts.submit_reports(
            by=by, reports=msgspec.convert(sent[start : start + 100], list[Sent]), channel="api"
        )


if __name__ == "__main__":
    globals()[f"part_{sys.argv[1]}"](*sys.argv[2:])
