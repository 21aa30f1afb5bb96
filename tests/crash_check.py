"""What `tests.crash` holds the record to once its node is open: guard, journals, tables, every acknowledged entry."""

import msgspec
from django.db import connections

from commonwatch.journal import entry as envelope
from commonwatch.journal import tiles, tree
from commonwatch.register import node, rebuild, repair, seal, verify, wall
from commonwatch.register.models import Entry, Journal

LOOK_UP = 500


def guard():
    """Hold the database against the guard; return what is wrong, or nothing."""
    try:
        seal.check_guard(node.current())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told at the end
        return [f"guard: {error}"]
    finally:
        connections.close_all()
    return []


def whole():
    """Hold every journal to its signed root, entries beyond its end included; return what is wrong, or nothing."""
    faults = []
    try:
        for row in Journal.objects.order_by("origin"):
            faults += [f"{row.origin}: {each.place}: {each.why}" for each in repair.damaged(row)]
    finally:
        connections.close_all()
    return faults


def level(there):
    """Hold what is held of other parties to what their nodes hold: `there` is of each journal origin, size and root."""
    here = {row.origin: (row.size, row.root) for row in Journal.objects.filter(ours=False)}
    faults = [
        f"{origin} is held as {here.get(origin)} and stands at {size}"
        for origin, size, root in there
        if here.get(origin) != (size, root)
    ]
    return faults + [
        f"{origin} is held, and nobody wrote it" for origin in here.keys() - {each[0] for each in there}
    ]


def hold(told):
    """Prove the whole record; return how many of `told` are there, journals, those that hold, and all faults."""
    faults = []
    rows = list(Journal.objects.order_by("origin"))
    for row in rows:
        try:
            verify.verify_stored(row)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told at the end
            faults.append(f"{row.origin}: {error}")
    consistent = len(rows) - len(faults)
    found = _proved({row.pk: row for row in rows}, told, faults)
    faults += [f"the table {name} is not what its entries say" for name in rebuild.differing()]
    faults += _twice()
    faults += guard()
    return found, len(rows), consistent, faults


@wall.open()
def _proved(journals, told, faults):
    """Count the acknowledged entries that are there with their hash and place, each by a proof of inclusion."""
    at = node.current()
    hashes = {pk: tiles.TileHashes(seal.tile_reader(at, pk)) for pk in journals}
    found = 0
    for start in range(0, len(told), LOOK_UP):
        part = told[start : start + LOOK_UP]
        stored = {
            str(each.entry_id): each for each in Entry.objects.filter(entry_id__in=[t.entry for t in part])
        }
        for each in part:
            try:
                _prove(journals, hashes, stored[each.entry], each)
                found += 1
            except Exception as error:  # noqa: BLE001 - it is lost, for whatever reason
                faults.append(f"{each.entry}: {error!r}")
    return found


def _prove(journals, hashes, row, told):
    journal = journals[row.journal_id]
    leaf = tree.leaf_hash(bytes(row.data))
    assert (leaf.hex(), row.number) == (told.hash, told.number)
    proof = tree.inclusion_proof(row.number, journal.size, hashes[journal.pk])
    tree.verify_inclusion(
        leaf=leaf, index=row.number, size=journal.size, proof=proof, root=bytes.fromhex(journal.root)
    )


@wall.open()
def _twice():
    """Name the references under which more than one report stands."""
    seen, twice = set(), []
    for data in (
        Entry.objects.filter(kind="exchange.report.submitted").values_list("data", flat=True).iterator()
    ):
        opened = envelope.read(bytes(data))
        ref = (opened.party, msgspec.json.decode(bytes(opened.body))["ref"])
        if ref in seen:
            twice.append(f"two reports stand under the reference {ref[1]} of {ref[0]}")
        seen.add(ref)
    return twice
