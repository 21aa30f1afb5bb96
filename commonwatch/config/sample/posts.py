"""The living day: simulated posts that report over HTTP as any program would, while somebody looks on.

Every 15 to 40 seconds one thing happens that can be seen on the Watch page. What falls due is sent when the plan says
so; the reports of one state are left to whoever sits down at its desk.
"""

import http.cookiejar
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

from commonwatch.config.sample import words
from commonwatch.config.sample.deeds import stamp
from commonwatch.config.sample.figures import corrected
from commonwatch.config.sample.nights import Night
from commonwatch.config.sample.plan import Plan

KEYS: Final = "posts.json"
LEFT_TO_PEOPLE: Final = "BY"
STATES: Final = ("BY", "KG", "KZ", "RU", "TJ")
WRITERS: Final = (*(f"{each.lower()}-na-officer" for each in STATES), "crc-duty", "ccc-organ-officer")
PAUSE: Final = (15.0, 40.0)
MOST_VERSIONS: Final = 4
UNSEEN: Final = 4

Report = dict[str, Any]


class Line:
    """One post's line to the node: JSON with its key, and forms as its office."""

    def __init__(self, url: str, *, handle: str, key: str) -> None:
        self.url, self.handle, self.key = url, handle, key
        self.jar = http.cookiejar.CookieJar()
        self._plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        )

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the interface for programs; with a body it is sent there.

        :raises OSError: when the node does not answer or refuses.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)  # noqa: S310 - our own address
        with self._plain.open(request, timeout=20) as answer:
            return json.loads(answer.read())

    def send(self, path: str, **fields: Any) -> None:
        """Send a form as somebody at this office does, signing in first when needed."""
        if not self._cookie("commonwatch"):
            self._get("/sign-in/")
            self._post("/sign-in/office/", handle=self.handle)
        self._post(path, **fields)

    def _get(self, path: str) -> None:
        with self._browser.open(self.url + path, timeout=20) as answer:
            answer.read()

    def _post(self, path: str, **fields: Any) -> None:
        data = urlencode({"csrfmiddlewaretoken": self._cookie("csrftoken"), **fields}, doseq=True).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Referer": self.url})  # noqa: S310
        with self._browser.open(request, timeout=20) as answer:
            answer.read()

    def _cookie(self, name: str) -> str:
        return next((each.value or "" for each in self.jar if each.name == name), "")


class Posts:
    """All posts of the sample. `step` lets one thing happen and says what, or None when nothing could."""

    def __init__(self, plan: Plan, *, url: str, keys: Mapping[str, str], rng: Random) -> None:
        self.plan, self.rng = plan, rng
        self.lines = {handle: Line(url, handle=handle, key=key) for handle, key in keys.items()}
        self.center = self.lines["crc-duty"]
        self._seen: set[tuple[str, int]] = set()

    def step(self) -> str | None:
        """Send what the plan says is due; when nothing is, let something else happen."""
        due = self._overdue()
        if due:
            return due
        others: list[tuple[Callable[[], str | None], int]] = [
            (self._ahead, 3), (self._correct, 4), (self._ask, 3), (self._answer, 3), (self._incident, 1),
            (self._reply, 4), (self._take_note, 4), (self._see, 2), (self._telephone, 1),
        ]  # fmt: skip
        while others:
            number = self.rng.choices(range(len(others)), weights=[weight for _act, weight in others])[0]
            act, _weight = others.pop(number)
            done = act()
            if done:
                return done
        return None

    def _line(self, party: str) -> Line:
        return self.lines[f"{party.lower()}-na-officer"]

    def _open(self, party: str) -> list[tuple[Any, Report]]:
        """List what a party has not reported yet, each with its duty in the plan."""
        rows = self._line(party).ask("/api/due")["due"]
        found = []
        for row in rows:
            if row["timeliness"] not in {"due", "in_grace", "missing"} or row["content"] == "withdrawn":
                continue
            slot = self.plan.slot(row["type"], row["party"], row["period"])
            if slot:
                found.append((slot, row))
        return found

    def _overdue(self) -> str | None:
        """Send the first report whose moment has come."""
        now = datetime.now(UTC)
        for party in STATES:
            if party == LEFT_TO_PEOPLE:
                continue
            for slot, _row in self._open(party):
                sent = [each for each in self.plan.of_slot(slot) if each.act == "submit" and each.at <= now]
                if sent and sent[0].by == party:
                    return self._file(slot, nil=sent[0].nil)
        return None

    def _ahead(self) -> str | None:
        """Send a report some time before it is due."""
        now = datetime.now(UTC)
        free = [
            slot
            for party in STATES
            if party != LEFT_TO_PEOPLE
            for slot, row in self._open(party)
            if row["timeliness"] == "due" and _over(slot, now) and self.plan.fate(slot) == "on_time"
        ]
        # Half of what can be sent now is left, so that the board does not fill up before its time.
        free = [slot for slot in free if self.plan.dice("left", *slot[:3]).random() < 0.5]
        return self._file(self.rng.choice(free), nil=False) if free else None

    def _file(self, slot: Any, *, nil: bool) -> str:
        values = {} if nil else self.plan.values(slot)
        body = {"type": slot.type, "period": slot.period, "values": values, "nil": nil,
                "ref": f"{slot.type}-{slot.period}-{int(time.time())}"}  # fmt: skip
        self._line(slot.party).ask("/api/reports", body)
        return f"{slot.party} reports {slot.type} for {slot.period}"

    def _recent(self, line: Line, **wanted: Any) -> list[Report]:
        rows: list[Report] = line.ask(f"/api/reports?{urlencode({'limit': 60, **wanted})}")["reports"]
        return rows

    def _correct(self) -> str | None:
        """Correct one of a party's latest reports."""
        party = self.rng.choice([each for each in STATES if each != LEFT_TO_PEOPLE])
        line = self._line(party)
        rows = [
            row
            for row in self._recent(line, owes=party)
            if row["party"] == party and row["state"] == "value" and row["versions"] < MOST_VERSIONS
            and row["period"] and _young(row, hours=48)
        ]  # fmt: skip
        if not rows:
            return None
        row = self.rng.choice(rows)
        body = {"values": corrected(row["type"], row["values"]), "reason": self.rng.choice(words.REASONS)}
        line.ask(f"/api/reports/{row['report']}/correct", body)
        return f"{party} corrects {row['type']} for {row['period']}"

    def _tell(self, line: Line, type_: str, values: Mapping[str, Any]) -> None:
        now = datetime.now(UTC)
        event_at = stamp(now - timedelta(minutes=self.rng.randint(1, 20)))
        line.ask(
            "/api/reports",
            {"type": type_, "event_at": event_at, "values": values, "ref": f"{type_}-{now.timestamp()}"},
        )

    def _ask(self) -> str | None:
        """Put a question, unless one of the last hour still waits."""
        acts = [
            row["values"].get("act")
            for row in self._recent(self.center, type="R1-R2")
            if _young(row, hours=1)
        ]
        if acts.count("question") > acts.count("answer"):
            return None
        party, to = self.rng.sample([each for each in STATES if each != LEFT_TO_PEOPLE], 2)
        now = datetime.now(UTC)
        said = {"act": "question", "addressee": f"SAMPLE: {to}", "urgency": "routine",
                "due_at": stamp(now + timedelta(days=1)), "text": self.rng.choice(words.QUESTIONS)}  # fmt: skip
        self._tell(self._line(party), "R1-R2", said)
        return f"{party} asks {to}"

    def _answer(self) -> str | None:
        """Answer the last question."""
        rows = [row for row in self._recent(self.center, type="R1-R2") if _young(row, hours=1)]
        if not rows or rows[0]["values"].get("act") != "question" or _young(rows[0], hours=0.01):
            return None
        asked = rows[0]["values"]
        to = str(asked.get("addressee", "")).rpartition(" ")[2]
        if to not in STATES or asked["text"] not in words.QUESTIONS:
            return None
        said = words.ANSWERS[words.QUESTIONS.index(asked["text"])]
        values = {
            "act": "answer",
            "addressee": f"SAMPLE: {rows[0]['party']}",
            "urgency": "routine",
            "text": said,
        }
        self._tell(self._line(to), "R1-R2", values)
        return f"{to} answers {rows[0]['party']}"

    def _reply(self) -> str | None:
        """Answer the first question to a post; one that is overdue is left for the watch to call about."""
        for party in _others(self.rng):
            line = self._line(party)
            for row in line.ask("/api/questions")["questions"]:
                answered = any(each["party"] == party for each in row["answers"])
                if answered or row["wants"] == "release" or _gone(row["due_at"]):
                    continue
                body = {"text": self._text_for(row["text"])}
                body["outcome"] = "confirmed" if row["wants"] == "confirmation" else ""
                line.ask(f"/api/questions/{row['question']}/answer", body)
                return f"{party} answers the question of {row['party']}"
        return None

    def _text_for(self, question: str) -> str:
        if question in words.QUESTIONS:
            return words.ANSWERS[words.QUESTIONS.index(question)]
        return self.rng.choice(words.REPLIES)

    def _take_note(self) -> str | None:
        """Acknowledge a relay for a post in time; one that is overdue is left for the watch to call about."""
        for party in _others(self.rng):
            line = self._line(party)
            for row in line.ask("/api/relays")["relays"]:
                mine = [each for each in row["recipients"] if each["party"] == party]
                if not mine or mine[0]["acknowledged_at"] or _gone(row["due_at"]):
                    continue
                line.ask(f"/api/relays/{row['relay']}/acknowledge", {})
                return f"{party} takes note of {row['type']} of {row['owes']}"
        return None

    def _incident(self) -> str | None:
        """Report a computer incident, unless one was reported in the last hour."""
        if any(_young(row, hours=1) for row in self._recent(self.center, type="C1")):
            return None
        party = self.rng.choice([each for each in STATES if each != LEFT_TO_PEOPLE])
        now = stamp(datetime.now(UTC))
        self._tell(self._line(party), "C1", self.plan.figures.values("C1", party, now) | {"detected_at": now})
        return f"{party} reports a computer incident"

    def _see(self) -> str | None:
        """Mark the oldest of many events as seen by the Center; a few are left to whoever keeps the watch."""
        rows = [
            row
            for type_ in ("R1-R2", "C1")
            for row in self._recent(self.center, type=type_)
            if _young(row, hours=47)
            and row["party"] != "CRC"
            and (row["report"], row["versions"]) not in self._seen
        ]
        if len(rows) <= UNSEEN:
            return None
        row = min(rows, key=lambda each: each["page"])
        self._seen.add((row["report"], row["versions"]))
        self.center.send(f"/reports/{row['report']}/seen/")
        return f"the Center has seen {row['type']} of {row['party']}"

    def _telephone(self) -> str | None:
        """Let a post that has not reported call the Center, which writes it down."""
        late = [
            slot
            for party in STATES
            if party != LEFT_TO_PEOPLE
            for slot, row in self._open(party)
            if row["timeliness"] in {"in_grace", "missing"} and slot.type in {"D1", "T1", "T8"}
        ]
        # One that is missing stays so, for the watch to call it.
        if len(late) < 2:
            return None
        slot = self.rng.choice(late)
        fields = {f"f-{code}": value for code, value in self.plan.values(slot).items()}
        self.center.send(
            f"/reports/new/{slot.type}/", _owes=slot.party, _period=slot.period, confirmed="1", **fields
        )
        return f"{slot.party} calls the Center about {slot.type} for {slot.period}"


def _over(slot: Any, now: datetime) -> bool:
    """Say whether a report can be written: its week or month is over, its day has begun."""
    return bool(slot.ends <= now or (slot.starts <= now and slot.ends - slot.starts <= timedelta(days=1)))


def _others(rng: Random) -> list[str]:
    """Return the states whose posts act by themselves, in an order of chance."""
    return rng.sample([each for each in STATES if each != LEFT_TO_PEOPLE], len(STATES) - 1)


def _gone(at: str) -> bool:
    """Say whether a moment is over."""
    return datetime.fromisoformat(at) <= datetime.now(UTC)


def _young(row: Report, *, hours: float) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(row["last_at"]) < timedelta(hours=hours)


def wait_until_ready(url: str, *, seconds: float) -> bool:
    """Wait until the node answers at /health; say whether it did."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with opener.open(url + "/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def run(  # noqa: PLR0913 - what a day needs, by name
    plan: Plan,
    *,
    url: str,
    home: Path,
    greeting: Sequence[str],
    still: bool,
    pause: tuple[float, float] = PAUSE,
) -> None:
    """Greet once the node answers, then let the posts work until the process that serves is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = os.getppid()
    if not wait_until_ready(url, seconds=60):
        return
    print(*(line.replace("{server}", str(parent)) for line in greeting), sep="\n", flush=True)  # noqa: T201 - the command's own answer
    keys: dict[str, str] = json.loads((home / KEYS).read_bytes())
    rng = Random()  # noqa: S311 - an invented day, not a key
    posts = Posts(plan, url=url, keys=keys, rng=rng)
    night = Night(home)
    while os.getppid() == parent:
        time.sleep(rng.uniform(*pause))
        night.look()
        if still:
            continue
        try:
            posts.step()
        except OSError as error:
            print(f"A post could not report: {error}", flush=True)  # noqa: T201
