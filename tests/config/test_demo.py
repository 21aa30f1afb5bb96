"""The demo: a sample made by real acts under a clock, marked as such, complete on the board, and made once."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
import pytest

from commonwatch.access.models import Account
from commonwatch.config.sample import figures, marker, on_summaries, on_traffic, posts, seeding
from commonwatch.config.sample.plan import Plan
from commonwatch.desks.exchange import board, facts
from commonwatch.desks.exchange.models import Activation, Report, Slip, Waiver
from commonwatch.desks.shifts.models import Line, Watch
from commonwatch.desks.summaries import intake
from commonwatch.desks.summaries.facts import Heading, Item
from commonwatch.desks.summaries.models import Draft, Summary
from commonwatch.register import history
from commonwatch.register.models import Entry
from tests.config.conftest import ROOT, Shell

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def plan(packs, *, start=NOW, days=5, seed=7):
    return Plan(packs["csto"], seed=seed, start=start, days=days)


def made(house, packs, **wanted):
    """Make a sample in the house that ends at its clock."""
    drawn = plan(packs, **wanted)
    house.clock.set(drawn.start)
    house.node.demo = True
    seeding.seat_everybody(drawn.first)
    seeding.fill(drawn.deeds(since=drawn.first, until=drawn.start), progress=lambda _count: None)
    return drawn


def played(house, packs):
    """Make a sample with its scenes."""
    drawn = plan(packs)
    house.clock.set(drawn.start)
    house.node.demo = True
    seeding.seat_everybody(drawn.first)
    todo = seeding.planned(drawn, now=drawn.start, complete=False)
    seeding.fill(todo.deeds, progress=lambda _count: None)


def shown(house, reader=None):
    drawn = board.board(reader or house.duty())
    return [status for status in drawn.statuses.values() if status]


def texts_of(fact, pack, type_=""):
    """Yield every free text of a fact."""
    for name in ("reason", "ground", "note"):
        if getattr(fact, name, ""):
            yield getattr(fact, name)
    for field in pack.type(type_).fields if type_ else ():
        if field.kind == "text" and field.code in fact.values:
            yield fact.values[field.code]


def test_everything_written_in_free_text_says_that_it_is_a_sample(house, packs):
    made(house, packs, days=12)
    texts, types = [], dict(Report.objects.values_list("key", "type"))
    for row in Entry.objects.select_related("journal"):
        past = history.past(row)
        has_values = isinstance(past.fact, facts.ReportSubmitted | facts.ReportCorrected)
        texts += texts_of(past.fact, packs["csto"], types[row.subject] if has_values else "")
    assert len(texts) > 200
    assert [text for text in texts if "SAMPLE" not in text] == []


@pytest.mark.parametrize(
    "start",
    [NOW, NOW.replace(hour=0, minute=3), NOW.replace(hour=6, minute=40), NOW.replace(day=30),
     NOW.replace(month=10, day=6)],
    ids=["evening", "after midnight", "in the grace of the morning", "before the first of a month", "a new quarter"],
)  # fmt: skip
def test_the_board_shows_every_standing_whenever_the_demo_is_made(house, packs, start):
    made(house, packs, start=start)
    found = shown(house)
    assert {each.timeliness for each in found} >= {"on_time", "late", "missing", "exempt"}
    assert {each.content for each in found} >= {"value", "nil", "corrected"}


def test_sixty_days_hold_what_happens_on_a_watch(packs):
    drawn = plan(packs, days=60, seed=2002)
    found = drawn.deeds(since=drawn.first, until=drawn.start)
    acts = Counter(each.act for each in found)
    assert set(acts) == {"submit", "correct", "withdraw", "confirm", "seen", "waive", "activate"}
    assert {each.type for each in found if each.act == "submit"} >= {
        "D1", "D2", "T1", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "K1", "P1", "U1", "T2", "C1", "R1-R2",
    }  # fmt: skip
    assert {each.channel for each in found} == {"api", "telephone"}
    assert "double" in drawn.special.values()
    assert not [each for each in found if "AM" in (each.by, each.owes)], (
        "Armenia takes no part and owes nothing"
    )


def test_the_same_seed_and_start_give_the_same_deeds_and_another_seed_others(packs):
    def everything(seed):
        drawn = plan(packs, days=9, seed=seed)
        return drawn.deeds(since=drawn.first, until=drawn.start)

    assert everything(3) == everything(3)
    assert everything(3) != everything(4)


def test_what_is_planned_in_two_parts_is_what_is_planned_at_once(packs):
    drawn = plan(packs, days=9)
    middle = drawn.start - timedelta(days=4, hours=3)
    whole = drawn.deeds(since=drawn.first, until=drawn.start)
    assert whole == [
        *drawn.deeds(since=drawn.first, until=middle),
        *drawn.deeds(since=middle, until=drawn.start),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_corrected_withdrawn_confirmed_or_seen_was_sent_before(packs, seed):
    drawn = plan(packs, start=NOW + timedelta(hours=7 * seed), seed=seed)
    sent = set()
    for each in drawn.deeds(since=drawn.first, until=drawn.start):
        name = (each.type, each.owes, each.period or each.event_at)
        if each.act == "submit":
            sent.add((each.by, *name))
        elif each.writer:
            assert (each.writer, *name) in sent, each


def test_the_sample_shows_what_was_switched_waived_told_by_telephone_and_not_seen_yet(house, packs):
    made(house, packs)
    assert Activation.objects.filter(type="T1", until=None).count() == 1
    assert Activation.objects.get(type="T8").parties == "KG,KZ,TJ"
    assert Waiver.objects.get().party == "KG"
    assert any(each.by_telephone for each in shown(house))
    assert {"U1", "C1"} <= {row.type for row in board.unseen(house.duty())}
    assert {row.owes for row in Report.objects.all()} >= {"BY", "KG", "KZ", "RU", "TJ", "CRC"}
    assert not Report.objects.filter(owes="AM").exists()


def test_whoever_has_the_watch_writes_the_log(house, packs):
    played(house, packs)
    watches = list(Watch.objects.order_by("at", "place").values_list("at", "account"))
    lines = list(Line.objects.order_by("at").values_list("at", "account"))
    assert len({account for _at, account in lines}) == 2
    for at, account in lines:
        assert account == [holder for since, holder in watches if since <= at][-1]


def test_the_summaries_of_the_sample_have_their_matter_under_the_situation_and_one_draft_narrows(
    house, packs
):
    played(house, packs)
    by = house.duty()
    flood = Summary.objects.get(form="sitrep", annex_of="")
    (past,) = [each for each in history.of_subject(flood.key, reader=by) if hasattr(each.fact, "blocks")]
    under = ""
    for each in past.fact.blocks:
        under = each.code if isinstance(each, Heading) else under
        assert not isinstance(each, Item) or under == "situation"
    assert any(isinstance(each, Item) for each in past.fact.blocks)

    draft = Draft.objects.get(form="day")
    plan = intake.plan_of(draft, intake.content_of(draft), by=by)
    narrows = [each for each in plan.taken if each.narrows]
    assert [set(each.parties) >= {"AM", "BY"} for each in narrows] == [True]
    assert set(plan.label.parties) == {"CRC", "KG", "KZ", "RU", "TJ"}


def test_every_office_has_an_account_that_no_password_opens(house, packs):
    made(house, packs)
    handles = set(Account.objects.values_list("handle", flat=True))
    assert handles >= {"by-na-officer", "am-na-officer", "crc-duty", "crc-auditor", "sec-organ-officer"}
    assert not any(account.has_usable_password() for account in Account.objects.all())
    page = house.client().get("/sign-in/").content.decode()
    assert "by-na-officer" in page


def test_the_gap_is_filled_once_and_what_a_person_did_is_left_alone(house, packs):
    drawn = made(house, packs)
    later = NOW + timedelta(days=1)
    todo = seeding.planned(drawn, now=later, complete=True)
    theirs = next(
        each for each in todo.deeds if each.type == "D1" and each.act == "submit" and each.by == "BY"
    )
    house.clock.set(NOW + SECOND)
    report = msgspec.structs.replace(
        seeding._sent(theirs), values={"change": "no_change", "events": 1}, nil=False
    )
    seeding.acts.submit_report(by=house.na("BY"), report=report, channel="form")
    house.clock.set(later)

    again = seeding.planned(drawn, now=later, complete=True)
    seeding.fill(again.deeds, progress=lambda _count: None)

    assert not again.cut
    filed = Report.objects.filter(owes="BY", type="D1", period=theirs.period)
    assert [row.values["events"] for row in filed] == [1]
    assert Slip.objects.filter(period="2026-11-22", type="D1").count() >= 4
    assert seeding.planned(drawn, now=later, complete=True).deeds == []


def test_a_gap_of_more_than_three_days_is_said_and_not_filled(house, packs):
    drawn = made(house, packs)
    todo = seeding.planned(drawn, now=NOW + timedelta(days=9), complete=True)
    assert todo.cut
    assert min(each.at for each in todo.deeds) > NOW + timedelta(days=6)


def test_what_was_interrupted_is_made_to_its_end(house, packs):
    whole = plan(packs)
    house.clock.set(NOW)
    seeding.seat_everybody(whole.first)
    middle = NOW - timedelta(days=2)
    seeding.fill(whole.deeds(since=whole.first, until=middle), progress=lambda _count: None)
    rest = seeding.planned(whole, now=NOW, complete=False)
    seeding.fill(rest.deeds, progress=lambda _count: None)
    planned = Report.objects.filter(journal__mode="real")
    for what in (
        on_traffic.SENT,
        on_traffic.PENDING,
        on_summaries.NARROW,
    ):  # what a scene files is in no plan
        planned = planned.exclude(values_json__contains=what)
    assert planned.count() == sum(
        each.act in {"submit", "confirm"} for each in whole.deeds(since=whole.first, until=NOW)
    )


def test_a_correction_changes_a_figure_and_no_figure_sinks_below_zero():
    for type_ in ("D1", "T3", "T4"):
        for figure in (0, 1, 400):
            name = figures.CORRECTS[type_]
            after = figures.corrected(type_, {name: figure})
            assert after[name] != figure
            assert after[name] >= 0


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A sample as the command makes it, of three days."""
    home = tmp_path_factory.mktemp("sample") / "home"
    said = Shell(home).well("demo", "--data", home, "--days", 3, "--only-prepare")
    return home, said


def test_the_command_makes_a_sample_that_proves_itself(sample, tmp_path):
    home, said = sample
    shutil.copytree(home, tmp_path / "home")
    assert said.startswith("3 days of sample reports were made")
    proved = Shell(tmp_path / "home").well("verify", "--tables")
    assert "Every table is what its entries say." in proved


def test_a_second_start_makes_nothing_again(sample, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(sample[0], home)
    keys = (home / posts.KEYS).read_bytes()

    said = Shell(home).well("demo", "--data", home, "--only-prepare")

    assert "were made" not in said
    assert (home / posts.KEYS).read_bytes() == keys
    assert marker.read(home).complete


def test_the_keys_of_the_posts_are_for_this_account_alone(sample):
    assert (sample[0] / posts.KEYS).stat().st_mode & 0o077 == 0


def test_a_node_that_is_no_sample_is_left_alone(fresh_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(fresh_home, home)
    refused = Shell(home)("demo", "--data", home, "--only-prepare")
    assert refused.returncode == 1
    assert "is not a sample" in refused.stderr


def test_a_taken_port_is_refused_before_anything_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Shell(tmp_path)("demo", "--data", tmp_path / "new", "--port", taken.getsockname()[1])
    assert refused.returncode == 1
    assert "Nothing can listen" in refused.stderr
    assert not (tmp_path / "new").exists()


def test_a_sample_never_enters_the_database_that_the_environment_names(sample, tmp_path):
    home, other = tmp_path / "home", tmp_path / "other.sqlite3"
    shutil.copytree(sample[0], home)
    Shell(home).well("demo", "--data", home, "--only-prepare", DATABASE_URL=f"sqlite:///{other}")
    assert not other.exists()


@pytest.fixture
def served(sample, tmp_path):
    """The demo as it is served, with its posts standing still; ended as Ctrl-C ends it."""
    home = tmp_path / "home"
    shutil.copytree(sample[0], home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "commonwatch",
        "demo",
        "--data",
        str(home),
        "--port",
        str(port),
        "--still",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=Shell(home).env(), stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running, home, f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=20)


def answers(url, *, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - our own address
                return answer.status
        except (URLError, ConnectionError):
            time.sleep(0.1)
    return 0


def test_the_demo_greets_serves_lets_posts_report_and_ends_at_once(served, packs):
    running, home, url = served
    assert answers(url) == 200
    said = [running.stdout.readline() for _line in range(4)]
    assert any(url in line for line in said)

    mark = marker.read(home)
    drawn = Plan(packs["csto"], seed=mark.seed, start=mark.start, days=mark.days)
    keys = msgspec.json.decode((home / posts.KEYS).read_bytes())
    day = posts.Posts(drawn, url=url, keys=keys, rng=Random(5))
    before = {row["report"]: row["last_at"] for row in day.center.ask("/api/reports?limit=50")["reports"]}
    done = [day.step() for _time in range(6)]
    after = {row["report"]: row["last_at"] for row in day.center.ask("/api/reports?limit=50")["reports"]}

    assert [each for each in done if each], "posts that have nothing to report"
    assert after != before
    assert not [each for each in done if each and each.startswith(posts.LEFT_TO_PEOPLE)]
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=10) == 0


def test_posts_answer_what_they_are_asked_and_take_note_of_what_is_relayed(served, packs):
    _running, home, url = served
    assert answers(url) == 200
    mark = marker.read(home)
    drawn = Plan(packs["csto"], seed=mark.seed, start=mark.start, days=mark.days)
    day = posts.Posts(
        drawn, url=url, keys=msgspec.json.decode((home / posts.KEYS).read_bytes()), rng=Random(5)
    )
    while day._reply():
        pass
    day.center.send("/questions/new/", to="KZ", text="SAMPLE: Are all posts heard?", urgency="routine")
    rows = day.center.ask("/api/reports?type=U1")["reports"]
    notice = next(row["report"] for row in rows if row["values"]["what"] == on_traffic.PENDING)
    day.center.send(f"/relays/new/{notice}/", recipients=["KZ", "RU"], within="20")

    assert day._reply() == "KZ answers the question of CRC"
    assert day._reply() is None
    assert {day._take_note(), day._take_note()} == {"KZ takes note of U1 of BY", "RU takes note of U1 of BY"}
    assert day._take_note() is None
    (asked,) = [
        each for each in day._line("KZ").ask("/api/questions")["questions"] if each["text"].endswith("heard?")
    ]
    assert "SAMPLE" in asked["answers"][0]["text"]


def test_a_post_signs_in_and_sends_forms_as_its_office(served, packs):
    _running, home, url = served
    assert answers(url) == 200
    keys = msgspec.json.decode((home / posts.KEYS).read_bytes())
    line = posts.Line(url, handle="crc-duty", key=keys["crc-duty"])
    row = next(row for row in line.ask("/api/reports?type=C1")["reports"] if row["party"] != "CRC")

    line.send(f"/reports/{row['report']}/seen/")

    entries = line.ask(f"/api/reports/{row['report']}/versions")["entries"]
    assert entries[-1]["kind"] == "exchange.report.seen"
