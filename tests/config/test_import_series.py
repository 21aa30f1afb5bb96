"""The daily series of Johns Hopkins CSSE become each member's own reports; totals are checked against the files."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from commonwatch.access.actor import NotMandated
from commonwatch.config.commands import importing
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import BatchRefused, micros
from commonwatch.desks.exchange.models import Activation, Report, Slip
from commonwatch.register import history
from tests.conftest import data_folder

MAPPING = Path(__file__).resolve().parents[2] / "docs" / "using" / "jhu.yaml"
MEMBERS = {
    "Armenia": "AM",
    "Belarus": "BY",
    "Kazakhstan": "KZ",
    "Kyrgyzstan": "KG",
    "Russia": "RU",
    "Tajikistan": "TJ",
}
FIRST, DAYS = date(2020, 1, 22), 1143


def files():
    folder = data_folder() / "04-epidemic"
    return [folder / f"jhu-csse-{name}-global-members.csv" for name in ("confirmed", "deaths")]


def in_file(path):
    """Read a file by the place of its columns alone, by no code of ours: party → figures, in the order of days."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return {MEMBERS[row[1]]: [int(cell) for cell in row[4:]] for row in rows[1:] if row[1] in MEMBERS}


@pytest.fixture
def plan(house):
    return importing.read(files(), mapping=MAPPING, type_="T1")


def small(tmp_path, *, confirmed, deaths, days=("1/22/20", "1/23/20", "1/24/20")):
    """Write two files about Belarus and the others, with these figures for Belarus."""
    paths = []
    for name, figures in (("confirmed", confirmed), ("deaths", deaths)):
        path = tmp_path / f"{name}.csv"
        lines = ["Province/State,Country/Region,Lat,Long," + ",".join(days)]
        for country in MEMBERS:
            own = figures if country == "Belarus" else [0] * len(days)
            lines.append(f",{country},0,0," + ",".join(map(str, own)))
        path.write_text("\n".join(lines) + "\n")
        paths.append(path)
    return paths


def test_a_whole_series_of_six_members_is_taken_in_day_by_day(house, plan):
    confirmed, deaths = map(in_file, files())
    assert {party: len(figures) for party, figures in confirmed.items()} == dict.fromkeys(
        MEMBERS.values(), DAYS
    )

    done = importing.take(plan, by=house.lead())

    assert {(row.party, row.reports, row.new) for row in done} == {(p, DAYS, DAYS) for p in MEMBERS.values()}
    assert {(row.first, row.last) for row in done} == {("2020-01-22", "2023-03-09")}
    for row in done:
        assert row.totals == {"cases_total": confirmed[row.party][-1], "deaths_total": deaths[row.party][-1]}
    reader = house.lead()
    kept = {(r.owes, r.period): r for r in Report.objects.visible_to(reader).filter(type="T1")}
    assert len(kept) == 6 * DAYS
    for party in MEMBERS.values():
        for at in range(DAYS):
            report = kept[party, (FIRST + timedelta(days=at)).isoformat()]
            assert report.party == party
            assert report.imported
            assert report.values["cases_total"] == confirmed[party][at]
            assert report.values["deaths_total"] == deaths[party][at]
            if at:
                assert report.values["cases_new"] == confirmed[party][at] - confirmed[party][at - 1]
                assert report.values["deaths_new"] == deaths[party][at] - deaths[party][at - 1]
    assert sum(r.values.get("cases_new", 0) for r in kept.values()) == sum(
        f[-1] - f[0] for f in confirmed.values()
    )


def test_every_fall_of_a_total_is_named_with_its_party_and_day(plan):
    found = {(fall.party, fall.day, fall.field, fall.before, fall.after) for fall in plan.falls}
    expected = {
        (party, (FIRST + timedelta(days=at)).isoformat(), field, before, after)
        for field, path in zip(("cases_total", "deaths_total"), files(), strict=True)
        for party, figures in in_file(path).items()
        for at, (before, after) in enumerate(pairwise(figures), start=1)
        if after < before
    }
    assert expected
    assert found == expected


def test_a_fall_is_kept_beside_the_report_it_stands_in(house, tmp_path):
    paths = small(tmp_path, confirmed=[5, 9, 8], deaths=[0, 0, 0])
    done = importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())

    report = Report.objects.visible_to(house.lead()).get(owes="BY", period="2020-01-24")
    versions = [past.fact for past in history.of_subject(report.key, reader=house.lead())]
    assert report.values["cases_new"] == -1
    assert "cases_total: 9 → 8" in versions[0].note
    assert next(row.warnings for row in done if row.party == "BY") == 1


def test_a_day_was_known_when_the_next_began_and_so_was_on_time(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 0])
    importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())

    slip = Slip.objects.visible_to(house.lead()).get(owes="BY", period="2020-01-22")
    assert slip.first_at == micros(datetime(2020, 1, 23, tzinfo=UTC))


def test_a_series_taken_in_again_writes_nothing_twice(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])
    plan = importing.read(paths, mapping=MAPPING, type_="T1")
    importing.take(plan, by=house.lead())
    again = importing.take(plan, by=house.lead())

    assert {(row.reports, row.new) for row in again} == {(3, 0)}
    assert Report.objects.visible_to(house.lead()).filter(type="T1").count() == 18
    assert Activation.objects.visible_to(house.lead()).count() == 1


def test_a_series_that_says_other_figures_for_a_day_is_refused(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])
    importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())
    paths = small(tmp_path, confirmed=[1, 2, 4], deaths=[0, 0, 1])

    with pytest.raises(BatchRefused) as refused:
        importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())
    assert "jhu-csse/T1/2020-01-24" in str(refused.value.refusals[0][1])


def test_the_type_is_on_for_the_days_of_the_series_and_off_after_them(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])
    importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())

    stretch = Activation.objects.visible_to(house.lead()).get()
    assert stretch.since == micros(datetime(2020, 1, 22, tzinfo=UTC))
    assert stretch.until == micros(datetime(2020, 1, 25, 9, 1, tzinfo=UTC))
    assert "Johns Hopkins CSSE" in stretch.ground


def test_a_type_that_is_on_now_stands_in_the_way_of_an_older_series(house, tmp_path):
    acts.activate_type(by=house.lead(), type="T1", ground="An outbreak")
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])

    with pytest.raises(importing.OnElsewhere, match="2020-01-22"):
        importing.take(importing.read(paths, mapping=MAPPING, type_="T1"), by=house.lead())


def test_an_office_without_the_mandate_takes_in_no_series(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])
    plan = importing.read(paths, mapping=MAPPING, type_="T1")

    with pytest.raises(NotMandated):
        importing.take(plan, by=house.duty())


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("type: T1\nname: x\n", "missing required field"),
        ("type: [", "parsing"),
        ("type: D1\nname: x\nparty_column: A\nparties: {}\nfiles: []\n", "for D1, not for T1"),
        ("type: T1\nname: x\nparty_column: A\nparties: {}\nfiles: []\ndaily: {a: b}\n", "has no field a"),
        ("type: T1\nname: x\nparty_column: A\nparties: {}\nfiles: []\n", "no entry of it fits"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_what_is_wrong(house, tmp_path, written, says):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(written)
    paths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])

    with pytest.raises(importing.MappingRefused, match=says):
        importing.read(paths, mapping=mapping, type_="T1")


def test_a_figure_that_is_no_number_is_named_by_row_and_column(house, tmp_path):
    paths = small(tmp_path, confirmed=[1, "many", 3], deaths=[0, 0, 1])

    with pytest.raises(importing.SeriesFaulty) as refused:
        importing.read(paths, mapping=MAPPING, type_="T1")
    fault = refused.value.fields["faults"][0]
    assert (fault.row, fault.title, fault.found) == (3, "1/23/20", "many")


def test_a_file_given_twice_or_left_out_is_refused(house, tmp_path):
    confirmed, deaths = small(tmp_path, confirmed=[1, 2, 3], deaths=[0, 0, 1])

    with pytest.raises(importing.MappingRefused, match="two files give the field cases_total"):
        importing.read([confirmed, confirmed, deaths], mapping=MAPPING, type_="T1")
    with pytest.raises(importing.MappingRefused, match="a file is missing"):
        importing.read([confirmed], mapping=MAPPING, type_="T1")
