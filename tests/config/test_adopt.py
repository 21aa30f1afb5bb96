"""Adopting a version of the organisation pack: what it changes in words, who adopts it, and what it closes."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from commonwatch.access import adopting, pairs
from commonwatch.access.actor import NotMandated, actor_of
from commonwatch.charter import compare, model
from commonwatch.charter import pack as charter_pack
from commonwatch.register import adoption, epoch, history, log
from commonwatch.register.fact import PackAdopted
from commonwatch.register.models import Adoption, Entry, Journal
from tests.conftest import PACKS
from tests.register.conftest import write
from tests.small import PACK

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped pack, to be changed."""
    return shutil.copytree(PACKS / "csto", tmp_path / "csto")


def change(folder, name, old, new):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def leaves(folder, code, day):
    """End the membership of a party on a day."""
    text = (folder / "parties.yaml").read_text()
    start = text.index(f"- code: {code}\n")
    place = text.index("      - since: 2003-09-18\n", start) + len("      - since: 2003-09-18\n")
    (folder / "parties.yaml").write_text(f"{text[:place]}        until: {day}\n{text[place:]}")


def version(folder, new):
    text = (folder / "organisation.yaml").read_text()
    old = next(line for line in text.splitlines() if line.startswith("version:"))
    change(folder, "organisation.yaml", old, f'version: "{new}"')


# Comparing


def test_a_pack_that_is_the_same_changes_nothing():
    assert compare.compare(PACK, PACK, on=datetime(2026, 9, 14, tzinfo=UTC).date()) == ()


def test_every_sort_of_change_is_named():
    left = (model.Period(datetime(2000, 1, 1, tzinfo=UTC).date(), datetime(2026, 9, 1, tzinfo=UTC).date()),)
    office = model.Office(code="duty", name={}, of=("@center",), clearance="H2", mandates=frozenset({"a"}))
    old = replace(PACK, offices=(office,))
    new = replace(
        PACK,
        parties=(
            *(replace(each, membership=left) if each.code == "AM" else each for each in PACK.parties),
            model.Party(code="UZ", kind="state", name={}, short={}, membership=PACK.parties[0].membership),
        ),
        audiences=PACK.audiences[:2],
        offices=(replace(office, mandates=frozenset({"a", "b"})),),
    )
    found = compare.compare(old, new, on=datetime(2026, 9, 14, tzinfo=UTC).date())

    assert [each.code for each in found] == [
        "party-added UZ 2000-01-01/..",
        "membership AM 2000-01-01/2026-09-01",
        "audience-readers members BY,KZ,CRC,UZ",
        "audience-removed public *",
        "office-changed duty @center,H2,a,b",
    ]
    assert compare.takes_two([each.code for each in found])
    assert not compare.takes_two([each.code for each in found[2:]])
    said = [each.says.format(**each._asdict()) for each in found]
    assert said[1] == "AM was a member 2000-01-01/.. and is one 2000-01-01/2026-09-01."


# The act


@pytest.fixture
def adopts(house):
    """The Center's node, which has adopted its pack and holds to it."""
    adopting.adopt(by=house.lead(), digest=house.node.pack.digest, version=house.node.pack.version)
    house.node.adopts = True
    return house


def test_an_adoption_is_read_by_every_member_and_names_version_and_digest(adopts):
    row = Adoption.objects.visible_to(adopts.na("KZ")).get()
    assert (row.digest, row.version) == (adopts.node.pack.digest, adopts.node.pack.version)
    assert Journal.objects.get(pk=row.journal_id).origin == "csto/CRC/real/h1-members/1"
    assert adoption.in_force(adopts.node) == adopts.node.pack.digest


def test_only_the_center_adopts_and_only_with_the_mandate(adopts):
    digest = adopts.node.pack.digest
    with pytest.raises(NotMandated):
        adopting.adopt(by=adopts.duty(), digest="1" * 64, version="2", before=digest)
    with pytest.raises(adopting.NotTheCenters):
        adopting.adopt(
            by=adopts.officer("access.adopt-pack", party="KZ"), digest="1" * 64, version="2", before=digest
        )


def test_what_was_compared_with_an_older_pack_is_not_adopted(adopts):
    with pytest.raises(adopting.BehindAdoption):
        adopting.adopt(by=adopts.lead(), digest="1" * 64, version="2", before="0" * 64)


def test_a_node_that_runs_with_another_pack_writes_nothing_and_reads_on(adopts):
    browser = adopts.client("BY", "na-officer")
    write(by=adopts.officer(party="BY"), label=adopting.members_label())
    adopts.node.pack = replace(adopts.node.pack, digest="1" * 64)

    with pytest.raises(log.NotAdopted, match="not in force"):
        write(by=adopts.officer(party="BY"), subject="report/BY/two", label=adopting.members_label())
    with pytest.raises(log.NotAdopted):
        pairs.propose(by=adopts.lead(), act=adopting.ADOPT, body={})
    assert browser.get("/mine/").status_code == 200
    assert "not in force" in adopts.client().get("/health").content.decode()


def test_what_an_unadopted_pack_would_close_stays_open(adopts):
    write(by=adopts.officer(party="BY"), label=adopting.members_label())
    adopts.node.pack = replace(adopts.node.pack, digest="1" * 64, audiences=())
    assert epoch.due(adopts.node)
    with pytest.raises(log.NotAdopted):
        epoch.turn_over()


def test_a_process_left_behind_by_an_adoption_stops_writing(adopts):
    """Under the pack before, it would open an audience again to somebody whom the new one shut out."""
    digest = adopts.node.pack.digest
    adopting.adopt(by=adopts.lead(), digest="1" * 64, version="2", before=digest)
    with pytest.raises(log.NotAdopted):
        write(by=adopts.officer(party="BY"), label=adopting.members_label())


def test_a_members_coming_or_going_takes_two_persons(adopts):
    said = {
        "digest": "1" * 64, "version": "2", "before": adopts.node.pack.digest,
        "summary": ["membership TJ 2003-09-18/2027-01-01"],
    }  # fmt: skip
    lead, head = (actor_of(adopts.account("CRC", office)) for office in ("shift-lead", "head"))
    with pytest.raises(adopting.TakesTwo, match="membership TJ"):
        adopting.adopt(by=lead, **said)

    proposal = pairs.propose(by=lead, act=adopting.ADOPT, body=adopting.body(**said))
    for claimed in ("yes", "proposal/CRC/none", proposal):  # made up, absent, and not joined yet
        with pytest.raises(adopting.TakesTwo):
            adopting.adopt(by=head, **said, proposal=claimed)
    row = pairs.find(proposal, by=head)
    assert ("Changes", "membership TJ 2003-09-18/2027-01-01") in pairs.pair_of(row.act).show(
        head, row.body
    ).terms
    pairs.second(by=head, proposal=proposal, digest=row.digest)

    written = history.past(Entry.objects.filter(kind=PackAdopted.kind).last()).fact
    assert (written.digest, written.proposal) == ("1" * 64, proposal)
    assert adoption.in_force(adopts.node) == "1" * 64
    other = said | {"digest": "2" * 64, "before": "1" * 64}
    with pytest.raises(adopting.TakesTwo):
        adopting.adopt(by=head, **other, proposal=proposal)


# The commands


def test_a_node_adopts_the_pack_with_which_it_is_made(shell):
    assert "OK     pack in force: the same, adopted by CRC" in shell.well("doctor")
    kept = list((shell.home / "packs").iterdir())
    assert [charter_pack.load(each).digest for each in kept] == [each.name for each in kept]


def test_a_version_is_adopted_after_saying_what_it_changes(shell, folder):
    version(folder, "9.9")
    change(folder, "audiences.yaml", 'parties: [JS, "@center"]', 'parties: [JS, SEC, "@center"]')
    said = shell.well("pack", "adopt", folder, "--as", "CRC/head", "--yes")

    assert "The audience “staff” was CRC,JS and is CRC,SEC,JS." in said
    assert "is in force" in said
    assert (shell.home / "pack").read_text().strip() == str(folder)
    assert "OK     pack: csto 9.9" in shell.well("doctor")
    assert "It changes nothing that is compared" in shell.well(
        "pack", "adopt", folder, "--as", "CRC/head", "--yes"
    )


def test_a_version_is_not_adopted_without_a_word_or_a_mandate(shell, folder):
    version(folder, "9.9-of-nobody")
    assert shell("pack", "adopt", folder, "--as", "CRC/head").returncode != 0
    done = shell("pack", "adopt", folder, "--as", "BY/na-officer", "--yes")
    assert done.returncode == 1
    assert "may not do this" in done.stderr
    assert "9.9-of-nobody" not in shell.well("doctor")


def test_a_folder_that_was_changed_and_not_adopted_is_not_worked_by(shell, folder):
    shell.well("pack", "adopt", folder, "--as", "CRC/head", "--yes")
    version(folder, "9.9")
    said = shell.well("doctor")
    assert "WARN   pack in force: The folder was not adopted; the node works by" in said
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", TODAY,
               "--nil")  # fmt: skip

    shutil.rmtree(shell.home / "packs")
    done = shell("doctor")
    assert done.returncode == 3
    assert "WRONG  pack in force: version 9.9" in done.stdout


def test_a_party_that_has_written_stays_in_the_pack(shell, folder, tmp_path):
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", TODAY,
               "--nil")  # fmt: skip
    text = (folder / "parties.yaml").read_text()
    start, end = text.index("  - code: BY\n"), text.index("  - code: KG\n")
    (folder / "parties.yaml").write_text(text[:start] + text[end:])
    change(folder, "audiences.yaml", "[BY, RU,", "[RU,")
    done = shell("pack", "adopt", folder, "--as", "CRC/head", "--yes")
    assert done.returncode == 1
    assert "end its membership" in done.stderr or "There is no" in done.stderr


def test_another_organisation_is_refused(shell):
    done = shell("pack", "adopt", PACKS / "ipcr", "--as", "CRC/head", "--yes")
    assert done.returncode == 1
    assert "is of csto, and the pack of ipcr" in done.stderr


PASSWORD = "four unrelated wintry words"


def test_a_member_that_leaves_is_proposed_by_a_person_and_by_no_program(shell, folder):
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", TODAY, "--nil")
    shell.well(
        "user", "add", "crc-head", "--party", "CRC", "--office", "head", "--password-stdin", typed=PASSWORD
    )
    leaves(folder, "TJ", YESTERDAY)
    call = ("pack", "adopt", folder, "--as", "CRC/head", "--json")

    alone = shell(*call)
    assert alone.returncode == 1
    assert "takes two persons: membership TJ" in alone.stderr
    wrong = shell(*call, "--account", "crc-head", "--password-stdin", typed="another")
    assert (wrong.returncode, "does not hold CRC/head, or the password" in wrong.stderr) == (1, True)
    said = json.loads(shell.well(*call, "--account", "crc-head", "--password-stdin", typed=PASSWORD))

    assert said["adopted"] == ""
    assert said["proposal"].startswith("proposal/CRC/")
    assert sorted(said["closing"]) == ["csto/BY/real/h1-members/1", "csto/CRC/real/h1-members/1"]
    assert "membership TJ 2003-09-18/" + YESTERDAY in said["changes"]
    assert "nothing is due" in shell.well("epochs")


# Epochs from the command line


def test_epochs_says_what_is_due_and_closes_it_when_told(shell, folder):
    """A new reader of a line of work, which one person adopts."""
    change(
        folder,
        "audiences.yaml",
        'parties: ["@members", "@kind:organ"]',
        'parties: ["@line:daily", "@kind:organ"]',
    )
    shell.well("submit", "--as", "BY/na-officer", "--type", "D1", "--period", TODAY,
               "--nil")  # fmt: skip
    assert "nothing is due" in shell.well("epochs")
    said = shell.well("pack", "adopt", folder, "--as", "CRC/head", "--yes")
    assert "The journal csto/BY/real/h1-members/1 will close: AM left." in said

    assert "csto/BY/real/h1-members/1: AM left" in shell.well("epochs")
    done = json.loads(shell.well("epochs", "--apply", "--json"))
    assert {"origin": "csto/BY/real/h1-members/1", "next": "csto/BY/real/h1-members/2"} in done["closed"]
    assert "nothing is due" in shell.well("epochs", "--apply")
    shell.well("verify", "--tables")


def test_a_backup_keeps_the_packs_that_were_adopted(shell, tmp_path):
    files = json.loads(shell.well("backup", tmp_path / "safe", "--json"))["files"]
    assert [name for name in files if name.startswith("packs/") and name.endswith("/parties.yaml")]
