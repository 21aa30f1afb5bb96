"""Packs: both that ship are sound, and whatever is wrong with one is named by file, line and field."""

import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.charter import compare
from commonwatch.charter.mandates import MANDATES
from commonwatch.charter.pack import PackRefused, check, load
from commonwatch.charter.shape import schema
from commonwatch.charter.source import MAX_BYTES, read
from tests.charter.broken import BROKEN

ORGANISATIONS = Path(__file__).resolve().parents[2] / "organisations"
CSTO = ORGANISATIONS / "csto"
IPCR = ORGANISATIONS / "ipcr"
NOMENCLATURE = {
    *("D1", "D2", "D3", "U1", "U2", "U3", "U4", "R1-R2"),
    *("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"),
    *("C1", "C2", "P1", "A1", "A2", "A3", "A4", "K1", "E1"),
}


@pytest.mark.parametrize("name", ["csto", "ipcr"])
def test_a_pack_that_ships_has_no_fault(name):
    assert [str(fault) for fault in check(ORGANISATIONS / name)] == []


@pytest.mark.parametrize("name", ["csto", "ipcr"])
def test_a_pack_loads_well_within_a_second_once_warm(name):
    load(ORGANISATIONS / name)
    began = time.perf_counter()
    load(ORGANISATIONS / name)
    assert time.perf_counter() - began < 1


def test_the_nomenclature_has_its_26_types():
    pack = load(CSTO)
    assert {kind.code for kind in pack.types} == NOMENCLATURE
    assert len(pack.types) == pack.extra["types_in_nomenclature"] == 26


def test_no_type_of_the_unpublished_nomenclature_passes_for_law():
    assert all(kind.proposal for kind in load(CSTO).types)


def test_armenia_owes_nothing_today_and_owed_the_epidemic_table_then():
    armenia = load(CSTO).party("AM")
    assert armenia.takes_part("epidemic", date(2020, 6, 1))
    assert armenia.takes_part("epidemic", date(2024, 2, 21))
    assert not armenia.takes_part("daily", date(2024, 2, 22))
    assert not armenia.takes_part("daily", date(2026, 9, 14))
    assert armenia.member_on(date(2026, 9, 14))
    assert len({period.source for period in armenia.participation}) == len(armenia.participation) == 4


def test_armenia_goes_on_to_read_what_members_read():
    assert "AM" in load(CSTO).readers("members", originator="BY", on=date(2026, 9, 14))


def test_every_telephone_number_that_ships_is_a_sample():
    for folder in (CSTO, IPCR):
        posts = [post for party in load(folder).parties for post in party.posts]
        assert posts
        assert all(post.sample and post.telephone.startswith("+000") for post in posts)


def test_several_sources_of_one_statement_are_kept():
    armenia = load(CSTO).party("AM")
    assert len(armenia.participation[1].source.split()) == 2


def test_the_epidemic_table_refuses_more_deaths_than_cases():
    checks = {check.code: check for check in load(CSTO).type("T1").checks}
    assert (checks["deaths-within-cases"].left, checks["deaths-within-cases"].right) == (
        "deaths_total",
        "cases_total",
    )
    assert checks["deaths-within-cases"].breaks == "refuse"
    assert checks["new-within-total"].breaks == "warn"


def test_force_needs_an_appeal():
    steps = {step.code: step for step in load(CSTO).procedures[0].steps}
    assert "appeal_received" in steps["decided_force"].needs


def test_the_arrangements_come_back_to_monitoring():
    steps = {step.code: step for step in load(IPCR).procedures[0].steps}
    assert "monitoring" in steps["full"].follows
    assert "monitoring" in steps["information-sharing"].follows
    assert set(steps["information-sharing"].by) == {"PRES", "GSC", "COM", "EEAS"}
    assert steps["full"].by == ("PRES",)


def test_two_organisations_share_no_word_but_the_mandates():
    csto, ipcr = load(CSTO), load(IPCR)
    assert csto.center != ipcr.center
    for words in ("offices", "audiences", "channels", "types"):
        here, there = ({item.code for item in getattr(pack, words)} for pack in (csto, ipcr))
        assert not here & there, words
    assert not {level.code for level in csto.labels.levels} & {level.code for level in ipcr.labels.levels}
    given = [{mandate for office in pack.offices for mandate in office.mandates} for pack in (csto, ipcr)]
    assert given[0] == given[1] == set(MANDATES)


def test_the_union_has_27_members():
    pack = load(IPCR)
    assert len(pack.select(("@members",), on=date(2026, 1, 1))) == 27


def test_the_digest_changes_with_any_byte(tmp_path):
    folder = tmp_path / "csto"
    shutil.copytree(CSTO, folder)
    assert load(folder).digest == load(CSTO).digest
    with (folder / "channels.yaml").open("a") as file:
        file.write("\n")
    assert load(folder).digest != load(CSTO).digest


def test_every_property_of_the_schemas_is_described():
    def undescribed(node, at):
        for name, rules in node.get("properties", {}).items():
            if "description" not in rules and "$ref" not in rules:
                yield f"{at}.{name}"
            yield from undescribed(rules, f"{at}.{name}")
        for name, rules in node.get("$defs", {}).items():
            if "description" not in rules:
                yield f"{at}.{name}"
            yield from undescribed(rules, name)
        if isinstance(node.get("items"), dict):
            yield from undescribed(node["items"], f"{at}[]")

    folder = Path(__file__).resolve().parents[2] / "commonwatch" / "charter" / "schema"
    assert [
        name for path in folder.glob("*.json") for name in undescribed(schema(path.stem), path.stem)
    ] == []


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CSTO, tmp_path / "pack")
    return tmp_path / "pack"


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_names_file_line_field_and_cure(folder, name):
    file, old, new, marker, field, says, fix = BROKEN[name]
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    (folder / file).write_text(broken, encoding="utf-8")

    faults = check(folder)

    found = [fault for fault in faults if (fault.file, fault.field) == (file, field)]
    assert found, [str(fault) for fault in faults]
    assert says in found[0].says
    assert fix in found[0].fix
    if marker is not None:
        lines = [number for number, line in enumerate(broken.split("\n"), 1) if marker in line]
        assert found[0].line in lines[:2], (found[0].line, lines)


def test_the_table_of_broken_packs_is_long_enough():
    assert len(BROKEN) >= 25


def test_all_faults_are_told_in_one_pass(folder):
    for file, old, new in (
        ("parties.yaml", "zone: Europe/Minsk", "zon: Europe/Minsk"),
        ("parties.yaml", "Asia/Almaty", "Asia/Astana"),
        ("types/1-daily.yaml", "line: daily", "line: dayly"),
        ("organisation.yaml", "center: CRC", "center: 7"),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(PackRefused) as refusal:
        load(folder)

    assert [(fault.file, fault.field) for fault in refusal.value.faults] == [
        ("organisation.yaml", "center"),
        ("parties.yaml", "parties[BY].zon"),
        ("parties.yaml", "parties[KZ].zone"),
        ("types/1-daily.yaml", "types[D1].line"),
    ]
    assert "parties.yaml:" in str(refusal.value)


def test_a_missing_file_is_one_fault_and_not_one_for_each_use(folder):
    (folder / "audiences.yaml").unlink()
    assert [fault.says for fault in check(folder)] == ["The file is missing."]


def test_a_file_of_the_wrong_name_is_named(folder):
    (folder / "channels.yaml").rename(folder / "chanels.yaml")
    fault = next(fault for fault in check(folder) if fault.file == "chanels.yaml")
    assert "“channels.yaml”" in fault.fix


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PackRefused, match="no folder"):
        load(tmp_path / "nowhere")


def test_the_code_of_norway_stays_text(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "{code: NO, on: off, time: 06:00, day: 2024-01-01, version: 1.0, octal: 007, n: 12, yes: ~}"
    )
    assert read(path, name="x.yaml").value == {
        "code": "NO", "on": "off", "time": "06:00", "day": "2024-01-01", "version": "1.0", "octal": "007",
        "n": 12, "yes": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 100_000, "deep"),
        ("a: &a [1, 2]\nb: [" + "*a, " * 1000 + "]", "anchor"),
        ("- x\n" * 200_000, "100,000 values"),
        ("#" * (MAX_BYTES + 1), "larger"),
        ("a: 1\n---\nb: 2", "second document"),
        ("? [a, b]\n: c", "key is a list"),
        ("a: \x00", "not YAML"),
    ],
)
def test_a_hostile_file_costs_little_and_is_a_fault(tmp_path, text, says):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    began = time.perf_counter()
    faults = read(path, name="x.yaml").faults
    assert time.perf_counter() - began < 3
    assert any(says in fault.says for fault in faults)


def test_bytes_that_are_not_utf_8_are_a_fault(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: \xff")
    (fault,) = read(path, name="x.yaml").faults
    assert fault.line == 2


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_place_is_judged_and_never_breaks_the_judge(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("junk")
    shutil.copytree(IPCR, folder, dirs_exist_ok=True)
    path = data.draw(st.sampled_from(sorted(folder.glob("*.yaml"))))
    lines = path.read_text(encoding="utf-8").split("\n")
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if ": " in line]))
    junk = data.draw(
        st.sampled_from(["[]", "{}", "7", "null", "[[a]]", "{a: b}", "[{code: [x]}]", "true", "'"])
    )
    lines[number] = lines[number].partition(": ")[0] + ": " + junk
    path.write_text("\n".join(lines), encoding="utf-8")

    faults = check(folder)

    assert all(fault.file and fault.line and fault.says for fault in faults)
    if not faults:
        assert load(folder).organisation == "ipcr"


@pytest.mark.parametrize(
    ("said", "twice"),
    [("", False), ("{second_signature: none}", False), ("{second_signature: ml-dsa-44}", True)],
)
def test_a_pack_says_whether_checkpoints_are_signed_twice(folder, said, twice):
    before = load(folder)
    path = folder / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + (f"checkpoints: {said}\n" if said else ""), encoding="utf-8")
    after = load(folder)
    assert after.signs_twice is twice
    changes = [each.code for each in compare.compare(before, after, on=date(2026, 9, 14))]
    assert changes == (["second-signature ml-dsa-44"] if twice else [])
