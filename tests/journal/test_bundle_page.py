import io
import re
import tarfile
from hashlib import sha256
from pathlib import Path

from commonwatch.journal import bundle, manifest, note, tree
from tests.journal import samples

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "bundle.md"
SIGNER = note.Signer(name="csto/KAZ", seed=sha256(b"a key for tests").digest())


def test_the_worked_example_of_the_format_page_holds():
    example = PAGE.read_text(encoding="utf-8").partition("## A worked example")[2]
    vkey, written, digest = ("\n".join(found) for found in indented(example))
    items = samples.entries(1)
    listed = manifest.Manifest(
        organisation="csto",
        sender="KAZ",
        recipient="ARM",
        serial=1,
        before=0,
        made_at="2023-11-14T22:13:21.000000Z",
        journals=(manifest.Line(origin=samples.ORIGIN, start=0, size=1),),
        held=(manifest.Held(origin="csto/ARM/real/members/1", size=0, root=tree.EMPTY_ROOT),),
    )
    target = io.BytesIO()
    signed = bundle.write(
        target,
        listed,
        [bundle.Part(checkpoint=samples.head_of(samples.leaves_of(items)), entries=items)],
        signer=SIGNER,
    )
    assert SIGNER.vkey == vkey
    assert signed.sign(SIGNER) == written + "\n"
    assert sha256(target.getvalue()).hexdigest() == digest
    assert len(target.getvalue()) == 4096
    target.seek(0)
    with tarfile.open(fileobj=target) as archive:
        said = re.findall(r"`([\w/.]+)` \((\d+)", example)
        assert [(each.name, str(each.size)) for each in archive] == said


def indented(text):
    """Yield the indented blocks; an empty line within one belongs to it."""
    block = []
    for line in [*text.split("\n"), "end"]:
        if line.startswith("    "):
            block.append(line[4:])
        elif line or not block:
            if block:
                yield block[: len(block) - (block[-1] == "")]
            block = []
        else:
            block.append("")
