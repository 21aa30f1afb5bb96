"""Cosignatures: who says that they have verified a checkpoint. Kept as the latest of each node for each journal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from commonwatch.federation import following, peers
from commonwatch.federation.models import Cosignature, Evidence
from commonwatch.journal import checkpoint, note
from commonwatch.journal import cosign as cosigns
from commonwatch.register import node, seal
from commonwatch.register.models import Journal


def cosign(row: Journal) -> None:
    """Say with the witness key that this node has verified the present checkpoint of a journal; once for each size.

    Neither side of a fork that is not settled is cosigned; nor ever one side by a node that has cosigned the other.
    """
    at = node.current()
    held = Cosignature.objects.filter(origin=row.origin, party=at.party).first()
    if held is not None and (held.size, held.root) == (row.size, row.root):
        return
    if Evidence.objects.filter(origin=row.origin).exists() and (
        following.unsettled(row.origin) or (held is not None and not _goes_on(row, held))
    ):
        return
    seconds = at.clock() // 1_000_000
    line = cosigns.cosign(note.note_text(row.checkpoint), at.witness, seconds=seconds)
    _keep(row.origin, at.party, row.size, row.root, line, seconds)


def _goes_on(row: Journal, held: Cosignature) -> bool:
    """Say whether a journal goes on from what was cosigned of it last."""
    before = seal.root_at(node.current(), row.pk, size=held.size) if held.size <= row.size else b""
    return before.hex() == held.root


def take(signed: str, head: checkpoint.Checkpoint, known: Mapping[str, note.Verifier]) -> int:
    """Keep the cosignatures under a checkpoint that nodes known here (by party) have made; return how many were new.

    A line that does not hold is passed over: whoever forges one must not keep others from a good checkpoint.
    """
    by_key = {(each.name, each.key_id): party for party, each in known.items()}
    return sum(
        _newer(head, by_key[line.name, line.key_id], line.line, line.seconds or 0)
        for line in cosigns.cosigners(signed, known.values())
    )


def _newer(head: checkpoint.Checkpoint, party: str, line: str, seconds: int) -> int:
    held = Cosignature.objects.filter(origin=head.origin, party=party).first()
    if held is not None and held.size >= head.size:
        return 0
    _keep(head.origin, party, head.size, head.root.hex(), line, seconds)
    return 1


def _keep(origin: str, party: str, size: int, root: str, line: str, seconds: int) -> None:  # noqa: PLR0913, PLR0917 - the columns
    said = {"size": size, "root": root, "line": line, "seconds": seconds}
    Cosignature.objects.update_or_create(origin=origin, party=party, defaults=said)


def lines(origins: Iterable[str]) -> dict[str, list[Cosignature]]:
    """Return by origin the cosignatures that are kept, in order of the parties."""
    found: dict[str, list[Cosignature]] = defaultdict(list)
    for row in Cosignature.objects.filter(origin__in=list(origins)).order_by("origin", "party"):
        found[row.origin].append(row)
    return found


def joined(signed: str, given: Iterable[Cosignature]) -> str:
    """Return a checkpoint with the lines of those who cosigned just this one."""
    head = checkpoint.Checkpoint.parse(note.note_text(signed))
    fitting = [row.line for row in given if (row.size, row.root) == (head.size, head.root.hex())]
    return cosigns.with_lines(signed, fitting)


def counted(
    row: Journal, readers: Iterable[str], given: Iterable[Cosignature], nodes: AbstractSet[str]
) -> tuple[int, int]:
    """Say how many of the nodes that may read a journal have cosigned its present checkpoint, and of how many.

    The node that writes it does not count: it has signed already.
    """
    entitled = (nodes if tuple(readers) == ("*",) else nodes & set(readers)) - {row.party}
    return sum(1 for each in given if stands(each, row) and each.party in entitled), len(entitled)


def stands(line: Cosignature, row: Journal) -> bool:
    """Say whether a cosignature is of a journal's present checkpoint."""
    return (line.size, line.root) == (row.size, row.root)


def nodes_known() -> set[str]:
    """Return the parties that have a node of their own, as far as is known here."""
    return {each.party for each in peers.standing()} | {node.current().party}
