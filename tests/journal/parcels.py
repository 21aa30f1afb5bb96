"""Bundles for tests: small journals of two parties, and what was sent of them."""

import base64
import io
from hashlib import sha256

from commonwatch.errors import Refusal
from commonwatch.journal import bundle, export, manifest, note
from tests.journal.samples import bytes_for, head_of, leaves_of

KAZ = note.Signer(name="csto/KAZ", seed=sha256(b"the key of KAZ").digest())
ARM = note.Signer(name="csto/ARM", seed=sha256(b"the key of ARM").digest())
KEYS = {"KAZ": KAZ.verifier, "ARM": ARM.verifier}
MADE = "2025-03-04T05:06:07.000008Z"


class UnknownParty(Refusal):
    """What a node says of a sender that is none of its peers."""


def journal(origin, count, *, erased=(), least=1, most=40):
    """Return the signed checkpoint and the entries of a journal; entries are any bytes here."""
    items = []
    for number in range(count):
        length = least + number * 7 % (most - least + 1)
        data = (bytes_for(origin, number) * (length // 32 + 1))[:length]
        items.append(export.Erased(leaf=sha256(b"\x00" + data).digest()) if number in erased else data)
    return head_of(leaves_of(items), signer=note.Signer(name=origin, seed=sha256(b"log").digest())), items


def manifest_of(*lines, **fields):
    """Return a manifest from KAZ to CRC; a line is (origin, start, size)."""
    values = {
        "organisation": "csto", "sender": "KAZ", "recipient": "CRC", "serial": 2, "before": 1, "made_at": MADE,
        "journals": tuple(manifest.Line(origin=origin, start=start, size=size) for origin, start, size in lines),
    }  # fmt: skip
    return manifest.Manifest(**{**values, **fields})


def made(*sent, signer=KAZ, evidence=(), **fields):
    """Return the bytes of a bundle; what is sent is (origin, start, size, erased) of each journal."""
    evidence = sorted(evidence, key=lambda data: sha256(data).digest())
    digests = tuple(sha256(data).digest() for data in evidence)
    listed = manifest_of(*(each[:3] for each in sent), forks=digests, **fields)
    target = io.BytesIO()
    bundle.write(target, listed, parts_of(listed, sent), signer=signer, forks=evidence)
    return target.getvalue()


def parts_of(listed, sent):
    """Make the parts of a manifest one by one."""
    for line, each in zip(listed.journals, sent, strict=True):
        head, items = journal(line.origin, line.size, erased=each[3] if len(each) > 3 else ())
        yield bundle.Part(checkpoint=head, entries=items[line.first :])


def opened(data, *, organisation="csto", recipient="CRC", keys=KEYS, **more):
    """Open a bundle as CRC does, which knows the keys of KAZ and ARM."""

    def verifier(party):
        if party not in keys:
            raise UnknownParty(party=party)
        return keys[party]

    return bundle.open_bundle(
        io.BytesIO(data), organisation=organisation, recipient=recipient, verifier=verifier, **more
    )


def again(data, *, signer=KAZ):
    """Open a bundle, and write what was read from it anew."""
    found = opened(data)
    parts = (
        bundle.Part(checkpoint=each.checkpoint(), entries=each.entries(each.line.first))
        for each in found.parts
    )
    target = io.BytesIO()
    bundle.write(target, found.manifest, parts, signer=signer, forks=found.evidence)
    return target.getvalue()


def members(data):
    """Take an archive apart into [name, header, content with what fills it up]."""
    found, at = [], 0
    while at < len(data) - 1024:
        size = int(data[at + 124 : at + 135], 8)
        end = at + 512 + size + -size % 512
        found.append([data[at : at + 100].rstrip(b"\0").decode(), data[at : at + 512], data[at + 512 : end]])
        at = end
    return found


def file(name, data):
    """Return one member of an archive."""
    return [name, bundle._header(name, len(data)), data + bytes(-len(data) % 512)]


def joined(parts, end=bytes(1024)):
    """Put an archive together again."""
    return b"".join(header + content for _name, header, content in parts) + end


def note_of(parts):
    """Return the signed manifest of an archive taken apart."""
    return parts[0][2].rstrip(b"\0").decode()


def digested(text, parts):
    """Put the digests of the members of an archive into the text of its manifest."""
    digests, proofs = {}, {}
    for name, header, content in parts[1:]:
        if name.startswith("forks/"):
            proofs[name[6:]] = sha256(
                content[: int(header[124:135], 8)] if header[124:135].isdigit() else content
            )
        digests.setdefault(name[:4], sha256()).update(header + content)
    lines = text.split("\n")
    for at, line in enumerate(lines):
        number, *some = line.split(" ")
        if len(some) == 4 and number in digests:
            some[3] = base64.b64encode(digests[number].digest()).decode()
            lines[at] = " ".join([number, *some])
        if len(some) == 1 and number in proofs:
            lines[at] = f"{number} {base64.b64encode(proofs[number].digest()).decode()}"
    return "\n".join(lines)


def signed_as(text, parts, *, signer=KAZ):
    """Put an archive together under another manifest, signed whether or not it is the text of a note."""
    written = f"{text}\n{signer.line(text)}".encode()
    return joined([file("manifest", written), *parts[1:]])


def resigned(data, change, *, signer=KAZ):
    """Change the text of a manifest and sign it anew with a key that is known."""
    parts = members(data)
    return signed_as(change(note.note_text(note_of(parts))), parts, signer=signer)


def forged(parts, *, signer=KAZ):
    """Put an archive together and sign it so that every digest fits, as a dishonest sender can."""
    return signed_as(digested(note.note_text(note_of(parts)), parts), parts, signer=signer)
