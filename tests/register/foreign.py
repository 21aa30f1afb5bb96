"""A journal that somebody else wrote, entry by entry, true or forged, without a node to write it."""

from hashlib import sha256

import msgspec

from commonwatch.journal import checkpoint, tiles, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.export import Erased
from commonwatch.journal.note import Signer

START = 1_789_362_000_000_000
LABEL = envelope.EntryLabel(level="H1", categories=(), parties=("AM", "BY", "CRC", "KZ"))


class Foreign:
    """The journal of a party for the members; `entries` are its bytes, or `Erased`."""

    def __init__(self, *, party="BY", slug="h1-members", epoch=1, seed=b"foreign", node=None):
        self.party = party
        self.origin = f"small/{party}/real/{slug}/{epoch}"
        self.signer = Signer(name=self.origin, seed=sha256(seed + party.encode()).digest())
        if node is not None:
            self.signer = node.signer(party=party, origin=self.origin)
        self.key = self.signer.vkey
        self.entries = []
        self.count = 0
        opened = {"origin": self.origin, "epoch": epoch, "key": self.key, "pack": "0" * 64}
        self.add("register.journal.opened", opened, subject=f"journal/{party}/{slug}.real.{epoch}")

    def add(self, kind, body, *, subject=None, **changed):
        """Write an entry; `changed` are fields of the envelope that are to be otherwise."""
        self.count += 1
        random = sha256(f"{self.origin} {self.count}".encode()).digest()
        at = START + 1_000_000 * self.count
        fields = {
            "v": 1,
            "id": envelope.new_id(millis=at // 1000, random=random[:10]),
            "kind": kind,
            "subject": subject or f"report/{self.party}/{self.count}",
            "at": envelope.instant_text(at),
            "known_at": None,
            "party": self.party,
            "by": envelope.By(office="tester", account="tester"),
            "label": LABEL,
            "refs": (),
            "mode": "real",
            "salt": "AAAAAAAAAAAAAAAAAAAAAA==",
            "body": msgspec.Raw(msgspec.json.encode(body)),
        }
        self.entries.append(msgspec.json.encode(envelope.Entry(**(fields | changed))))
        return self

    def report(self, **changed):
        """Write a report as the exchange does."""
        body = {"type": "D1", "owes": self.party, "period": "2026-09-14", "values": {"events": 1}}
        return self.add("exchange.report.submitted", body, **changed)

    def erase(self, number, *, drop=True, **changed):
        """Write that an entry was erased, and take its bytes away."""
        body = {"index": number, "hash": self.leaves[number].hex(), "ground": "law"} | changed
        if drop:
            self.entries[number] = Erased(self.leaves[number])
        return self.add("register.entry.erased", body)

    @property
    def leaves(self):
        return [each.leaf if isinstance(each, Erased) else tree.leaf_hash(each) for each in self.entries]

    def signed(self, size=None):
        """Sign what there is, or as much of it as `size`."""
        leaves = self.leaves[:size]
        root = tiles.grow(size=0, read=lambda _level, _index: b"", leaf_hashes=leaves).root
        head = checkpoint.Checkpoint(origin=self.origin, size=len(leaves), root=root)
        return checkpoint.sign_checkpoint(head, self.signer)

    def news(self, start=0, size=None):
        """What admits it from `start` on, by name."""
        return {"signed": self.signed(size), "entries": self.entries[start:size], "key": self.key}
