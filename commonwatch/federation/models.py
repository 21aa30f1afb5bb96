"""Peers (folded from entries), and what came from outside: how far they are, their cosignatures, evidence of forks."""

import msgspec
from django.db import models

from commonwatch.register.gate import Reader
from commonwatch.register.models import Paper, Projection


class Peer(Projection):
    """A node with which this one exchanges journals, as this node's own party believes it to be.

    `keys_json` holds public keys (base64) by party, `seconds_json` those of second signatures; instants are
    microseconds UTC; `ended_at` is None while it stands.
    """

    party = models.CharField(max_length=40)
    address = models.CharField(max_length=500)
    keys_json = models.TextField()
    witness = models.CharField(max_length=500)
    sealed = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=40)
    how = models.CharField(max_length=10)
    added_at = models.BigIntegerField()
    added_by = models.CharField(max_length=200)
    ended_at = models.BigIntegerField(null=True, default=None)
    ground = models.TextField(default="", blank=True)
    seconds_json = models.TextField(default="{}")

    eyes: Reader | None = None
    """Whose look at the list of journals serves this peer's readers too, within one request."""

    class Meta(Projection.Meta):
        abstract = False

    @property
    def keys(self) -> dict[str, str]:
        """The public keys of the parties for which it writes."""
        found: dict[str, str] = msgspec.json.decode(self.keys_json)
        return found

    @property
    def seconds(self) -> dict[str, str]:
        """The public keys of second signatures of these parties; none where its card had none."""
        found: dict[str, str] = msgspec.json.decode(self.seconds_json)
        return found


class Revoked(Projection):
    """A key that counts no more, and up to which size of each journal it did."""

    party = models.CharField(max_length=40)
    key_text = models.CharField(max_length=100)
    sizes_json = models.TextField()
    at = models.BigIntegerField()
    ground = models.TextField()

    class Meta(Projection.Meta):
        abstract = False

    @property
    def sizes(self) -> dict[str, int]:
        """Up to which size it counts, by origin."""
        found: dict[str, int] = msgspec.json.decode(self.sizes_json)
        return found


class Settled(Projection):
    """A choice between two pasts of a journal: the checkpoint that is followed, why, and who chose it.

    `root` is in hex, `evidence` the digests of the proofs, parted by commas; `at` in microseconds UTC,
    `place` the number of its entry.
    """

    party = models.CharField(max_length=40)
    origin = models.CharField(max_length=300, db_index=True)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    evidence = models.TextField()
    ground = models.TextField()
    first = models.CharField(max_length=200)
    second = models.CharField(max_length=200)
    at = models.BigIntegerField()
    place = models.BigIntegerField()

    class Meta(Projection.Meta):
        abstract = False


class Contact(Paper):
    """How it stands with one peer. Instants are microseconds UTC of this node's clock.

    `tag` is the ETag of the list of heads that was read last, `skew` by how many microseconds the peer's clock is
    ahead of ours, `failure` in a sentence why the last round failed, empty when it went well.
    """

    party = models.CharField(max_length=40, primary_key=True)
    asked_at = models.BigIntegerField(default=0)
    heard_at = models.BigIntegerField(default=0)
    came_at = models.BigIntegerField(default=0)
    tag = models.CharField(max_length=100, default="", blank=True)
    skew = models.BigIntegerField(null=True, default=None)
    failure = models.TextField(default="", blank=True)
    sent_serial = models.BigIntegerField(default=0)
    got_serial = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.party


class Level(Paper):
    """How far a journal stands at a peer, as it has shown: what it offers, and what it is known to hold."""

    party = models.CharField(max_length=40)
    origin = models.CharField(max_length=300)
    size = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("party", "origin"), name="one_level"),)

    def __str__(self) -> str:
        return f"{self.party}: {self.origin} {self.size}"


class Cosignature(Paper):
    """A line by which a node says that it has verified a checkpoint: the latest of each node for each journal.

    `seconds` (since 1970) is the time that it states; `root` is in hex.
    """

    origin = models.CharField(max_length=300)
    party = models.CharField(max_length=40)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    line = models.TextField()
    seconds = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("origin", "party"), name="one_cosignature"),)

    def __str__(self) -> str:
        return f"{self.origin} {self.size} by {self.party}"


class Evidence(Paper):
    """The proof that a journal's key signed two checkpoints that cannot both be true; `data` is its file.

    `found_at` is in microseconds UTC, `came_from` the peer that showed it, empty when this node found it.
    """

    origin = models.CharField(max_length=300)
    digest = models.CharField(max_length=64, unique=True)
    data = models.BinaryField()
    found_at = models.BigIntegerField()
    came_from = models.CharField(max_length=40, default="", blank=True)

    def __str__(self) -> str:
        return f"{self.origin}: {self.digest[:16]}"
