"""What happens in the worlds, when, and who may know of it.

A deed is one line: its name, its moment (day of September 2026 and time, UTC), who of the viewers may know of it, and
what is done. Where somebody may know that it happened and not what it said, `instead` is what is done in the world
that holds only what they may know, and `said_to` names those who may know the whole. A `foundation` is done in every
world, whoever may read it, because something released rests on it.
"""

from typing import Any, NamedTuple

from tests.house.worlds.doing import (
    accept_handover,
    account,
    answer,
    answer_for,
    ask,
    call,
    confirm,
    correct,
    drill,
    end,
    end_handover,
    find_fault,
    give,
    invite,
    key_for,
    knock,
    log_line,
    plan,
    refused,
    release,
    report,
    score_of,
    second,
    see,
    sheet,
    sign_handover,
    swap,
    switch,
    take_back,
    take_in_node,
    take_off,
    take_watch,
    told_by_mail,
    waive,
    widen,
    withdraw,
)
from tests.house.worlds.doing_summaries import draft, end_summary, summary, take_note
from tests.house.worlds.doing_traffic import (
    acknowledge,
    answer_question,
    call_recipient,
    close_question,
    question,
    relay,
)
from tests.house.worlds.viewers import (
    AT_H2,
    AT_H3,
    EVERYBODY,
    ITSELF,
    MEMBERS,
    NOBODY,
    WITH_CERT,
    WITH_LOG,
    WITH_LOG_AT_H2,
)


class Deed(NamedTuple):
    name: str
    at: str
    known: frozenset[str]
    does: Any
    said_to: frozenset[str] | None = None
    instead: Any = None
    foundation: bool = False

    def for_world(self, viewer, *, whole):
        """What is done in a world: all of it, or no more than the viewer may know; None for nothing."""
        if whole or viewer.name in (self.known if self.said_to is None else self.said_to):
            return self.does
        return self.instead if viewer.name in self.known else None

    def hidden_from(self, viewer):
        """Whether the viewer may not know of it, or not all of it."""
        return self.for_world(viewer, whole=False) is not self.does

    def order(self):
        """Deeds follow one another by their moments, and at one moment as they are listed."""
        return self.at.ljust(18, ".")


def half(name, at, known, does, *, said_to, instead):
    """A deed of which some know that it happened, and not what it said."""
    return Deed(name, at, known, does, said_to, instead)


CENTER_ONLY = {"audience": "center"}
TO_STAFF = {"audience": "staff"}
SAME_REF = {"ref": "d1-0914"}

AS_IN_D1 = {"persons_affected": {"from": "D1"}}
TO_THE_EAST = {"audience": "eastern-europe"}

DEEDS = (
    # Before any viewer has an account or a session: what others have shifts no number of theirs.
    Deed("by-third-seat", "11 08:00", NOBODY, account("by-na-3", "BY", "na-officer")),
    Deed("kg-looks-early", "11 08:01", NOBODY, ask("KG", "/journals/")),
    Deed("by-session", "11 08:02", NOBODY, ask("BY", "/journals/", "/types/")),
    Deed("kz-node", "11 08:02", EVERYBODY, take_in_node, foundation=True),
    Deed("crc-officer", "11 08:03", NOBODY, account("crc-duty-9", "CRC", "duty")),
    Deed("crc-lead", "11 08:03", NOBODY, account("crc-lead-9", "CRC", "shift-lead")),
    # Two days before: something to look back on. Journals that only a part of a deed would open are open already.
    Deed("by-center", "12 02:00", MEMBERS, report("BY", "D1", "2026-09-10", sent=CENTER_ONLY)),
    Deed("tj-center", "12 02:00", MEMBERS, report("TJ", "T3", "2026-W35", sent=CENTER_ONLY)),
    Deed("kz-officer-comes", "12 02:30", MEMBERS, ask("KZ", "/types/"), foundation=True),
    # A neighbour is told by mail of what waits for it: of what, and of how much, nobody else learns.
    Deed("kg-is-told", "12 02:40", EVERYBODY, told_by_mail("KG")),
    Deed("t1-on", "12 03:00", EVERYBODY, switch("T1"), foundation=True),
    Deed("t8-on", "12 03:00", MEMBERS, switch("T8")),
    Deed("kg-early", "12 03:00:00.000001", NOBODY, report("KG", "U1", what="before anything else")),
    Deed("by-d1-12", "12 05:30", MEMBERS, report("BY", "D1", "2026-09-12", events=4)),
    Deed(
        "by-draft-old",
        "12 05:30",
        NOBODY,
        ask("BY", "/reports/new/T4/draft/", method="post", _period="2026-W36"),
    ),
    Deed("kz-d1-12", "12 05:31", MEMBERS, report("KZ", "D1", "2026-09-12", events=3)),
    Deed("kg-d1-12", "12 05:40", MEMBERS, report("KG", "D1", "2026-09-12", nil=True)),
    Deed(
        "by-t1",
        "12 06:00",
        EVERYBODY,
        report("BY", "T1", "2026-09-11", sent={"level": "H0", "audience": "public"}),
    ),
    Deed("kg-t4-36", "12 07:00", NOBODY, report("KG", "T4", "2026-W36", incidents=7)),
    half(
        "kz-t4-36",
        "12 07:00",
        MEMBERS,
        report("KZ", "T4", "2026-W36", incidents=2),
        said_to=AT_H2,
        instead=report("KZ", "T4", "2026-W36", incidents=77),
    ),
    Deed("by-k1", "12 07:00", NOBODY, report("BY", "K1", "2026-09", post="post of Minsk")),
    Deed("kz-t1", "12 08:00", MEMBERS, report("KZ", "T1", "2026-09-11", cases_total=40, cases_new=2)),
    half(
        "kz-p1",
        "12 08:10",
        MEMBERS,
        report("KZ", "P1", "2026-Q2", number="KZ-7"),
        said_to=AT_H3,
        instead=report("KZ", "P1", "2026-Q2", number="none"),
    ),
    Deed("by-p1", "12 08:10", NOBODY, report("BY", "P1", "2026-Q2", number="BY-9")),
    Deed("kz-c1", "12 08:20", WITH_CERT, report("KZ", "C1")),
    Deed("kg-c1", "12 08:20", NOBODY, report("KG", "C1")),
    Deed("waiver-tj-d1", "12 09:00", MEMBERS, waive("D1", "TJ")),
    Deed("waiver-kg-t4", "12 09:00", NOBODY, waive("T4", "KG", ground="the post of the pass is closed")),
    Deed("by-to-the-east", "12 10:00", EVERYBODY, report("BY", "R1-R2", sent=TO_THE_EAST), foundation=True),
    Deed(
        "by-more-to-the-east", "12 10:01", NOBODY, report("BY", "R1-R2", text="more of it", sent=TO_THE_EAST)
    ),
    Deed("kz-center", "12 10:02", MEMBERS, report("KZ", "D1", "2026-09-10", events=2, sent=CENTER_ONLY)),
    # The day before.
    Deed("kz-d1-13", "13 05:20", MEMBERS, report("KZ", "D1", "2026-09-13", events=5, persons_affected=12)),
    Deed("kg-t4-36-corrected", "13 05:21", NOBODY, correct("KG", "kg-t4-36", incidents=8)),
    Deed("by-d1-13", "13 05:22", MEMBERS, report("BY", "D1", "2026-09-13", events=6)),
    Deed("by-d1-13-corrected", "13 05:23", MEMBERS, correct("BY", "by-d1-13", events=7)),
    Deed("kz-t1-13", "13 06:00", MEMBERS, report("KZ", "T1", "2026-09-12", cases_total=44, cases_new=4)),
    Deed("kg-t4-33", "13 06:10", NOBODY, report("KG", "T4", "2026-W33", incidents=4)),
    Deed("kz-t8-13", "13 06:20", MEMBERS, report("KZ", "T8", "2026-09-13", **AS_IN_D1)),
    Deed("crc-d3", "13 06:30", NOBODY, report("CRC", "D3", channel="form")),
    Deed(
        "kz-u1",
        "13 12:00",
        AT_H2,
        report("KZ", "U1", what="smoke over the range", sent={"audience": "leadership"}),
    ),
    Deed("kg-u1", "13 12:00", NOBODY, report("KG", "U1", what="shots on the road")),
    Deed("crc-saw-kg-u1", "13 12:05", NOBODY, see("CRC", "kg-u1")),
    Deed("kg-u1-corrected", "13 12:30", NOBODY, correct("KG", "kg-u1", what="shots on the pass")),
    Deed("by-t2", "13 12:31", NOBODY, report("BY", "T2", place="Brest")),
    Deed("js-r", "13 13:00", NOBODY, report("JS", "R1-R2", text="who stands by", sent=TO_STAFF)),
    Deed("kz-r", "13 13:00", EVERYBODY, report("KZ", "R1-R2", sent={"level": "H0", "audience": "public"})),
    Deed("ru-r", "13 13:01", NOBODY, report("RU", "R1-R2", sent={"audience": "caucasus"})),
    Deed("sec-a4", "13 14:00", EVERYBODY, report("SEC", "A4", sent={"level": "H0", "audience": "public"})),
    Deed("sec-a4-inner", "13 14:00", MEMBERS, report("SEC", "A4", operation="exercise season")),
    Deed("crc-u2", "13 15:00", AT_H2, report("CRC", "U2", notice="relayed to all")),
    Deed(
        "crc-u2-few", "13 15:00", NOBODY, report("CRC", "U2", notice="to few", sent={"audience": "caucasus"})
    ),
    # Questions and relays, some among parties of which Kazakhstan is none.
    Deed(
        "kg-u1-south", "13 15:30", NOBODY, report("KG", "U1", what="rockfall", sent={"audience": "caucasus"})
    ),
    Deed("crc-asks-kg", "13 15:31", NOBODY, question("CRC", "KG", "who shot", about="kg-u1")),
    Deed("by-asks-kg", "13 15:32", NOBODY, question("BY", "KG", "anything on the road", urgency="urgent")),
    Deed("crc-asks-kz", "13 15:33", AT_H2, question("CRC", "KZ", about="kz-u1", wants="confirmation")),
    Deed("by-asks-kz", "13 15:33", MEMBERS, question("BY", "KZ", "who is on duty")),
    Deed("ru-asks-kz", "13 15:33", MEMBERS, question("RU", "KZ", "who signs")),
    Deed("kz-asks-by", "13 15:34", MEMBERS, question("KZ", "BY", about="by-d1-13", part="events")),
    Deed("kg-answers", "13 15:35", NOBODY, answer_question("KG", "crc-asks-kg", "nobody knows")),
    Deed("by-answers", "13 15:36", MEMBERS, answer_question("BY", "kz-asks-by", "seven")),
    Deed("crc-closes", "13 15:37", NOBODY, close_question("CRC", "crc-asks-kg", "satisfied")),
    Deed("kg-adds", "13 15:38", NOBODY, answer_question("KG", "crc-asks-kg", "now we do", supplement=True)),
    Deed("crc-relays-kz-u1", "13 15:40", AT_H2, relay("kz-u1", ["SEC", "JS"], remark="stay near")),
    Deed("crc-relays-kg", "13 15:40", NOBODY, relay("kg-u1-south", ["AM", "RU"], remark="to two")),
    Deed(
        "by-u1",
        "13 15:41",
        AT_H2,
        report("BY", "U1", what="a train stands", sent={"audience": "members"}),
    ),
    Deed(
        "ru-u1",
        "13 15:41",
        AT_H2,
        report("RU", "U1", what="a bridge is shut", sent={"audience": "members"}),
    ),
    Deed("crc-relays-ru-u1", "13 15:42", AT_H2, relay("ru-u1", ["KZ", "BY"])),
    Deed("crc-relays-by-u1", "13 15:42", AT_H2, relay("by-u1", ["KZ", "RU"])),
    Deed("sec-takes-note", "13 15:45", AT_H2, acknowledge("SEC", "crc-relays-kz-u1")),
    Deed("ru-takes-note", "13 15:46", NOBODY, acknowledge("RU", "crc-relays-kg")),
    Deed("am-is-called", "13 16:20", NOBODY, call_recipient("crc-relays-kg", "AM", "no-answer")),
    # The day itself.
    Deed("by-t6", "14 04:00", NOBODY, report("BY", "T6", "2026-W36", nil=True)),
    Deed(
        "crc-for-kg",
        "14 04:10",
        NOBODY,
        report("CRC", "T4", "2026-W35", channel="telephone", sent={"owes": "KG"}),
    ),
    Deed("kg-confirms", "14 04:20", NOBODY, confirm("KG", "crc-for-kg")),
    Deed(
        "crc-for-kz",
        "14 04:30",
        MEMBERS,
        report("CRC", "D1", "2026-09-11", channel="telephone", sent={"owes": "KZ"}),
    ),
    half(
        "crc-for-kz-t4",
        "14 04:31",
        MEMBERS,
        report("CRC", "T4", "2026-W35", channel="telephone", incidents=5, sent={"owes": "KZ"}),
        said_to=AT_H2,
        instead=report("CRC", "T4", "2026-W35", channel="telephone", incidents=6, sent={"owes": "KZ"}),
    ),
    Deed(
        "kz-draft",
        "14 04:40",
        ITSELF,
        ask("KZ", "/reports/new/D1/draft/", method="post", _period="2026-09-14"),
    ),
    Deed(
        "crc-draft-for-kz",
        "14 04:40",
        NOBODY,
        ask(
            "CRC",
            "/reports/new/D1/draft/",
            method="post",
            _owes="KZ",
            _period="2026-09-14",
            **{"f-text": "told so"},
        ),
    ),
    Deed(
        "kg-draft",
        "14 04:41",
        NOBODY,
        ask("KG", "/reports/new/U1/draft/", method="post", **{"f-what": "begun"}),
    ),
    Deed("by-bad-sheet", "14 04:42", NOBODY, sheet("BY", "T4", "border.csv", b"not;a;sheet\n1;2;3\n")),
    Deed("crc-bad-sheet", "14 04:43", NOBODY, sheet("CRC", "D1", "odd.xlsx", b"PK not a workbook")),
    Deed("kz-bad-sheet", "14 04:44", ITSELF, sheet("KZ", "D1", "mine.csv", b"what;is;this\n1;2;3\n")),
    Deed("by-second-seat", "14 04:45", NOBODY, account("by-na-2", "BY", "na-officer")),
    Deed("kg-closed-seat", "14 04:45", NOBODY, account("kg-na-9", "KG", "na-officer", closed=True)),
    Deed("by-key", "14 04:46", NOBODY, key_for("by-na-2", "post")),
    Deed("by-key-revoked", "14 04:46", NOBODY, key_for("by-na-2", "old", revoked=True)),
    Deed("by-knocks", "14 04:47", NOBODY, knock("by-na-2")),
    Deed("nobody-knocks", "14 04:47", NOBODY, knock("zz-none")),
    Deed(
        "kg-same-ref",
        "14 04:48",
        NOBODY,
        report("KG", "T4", "2026-W34", channel="api", client="post", sent=SAME_REF),
    ),
    Deed("by-same-ref", "14 04:49", NOBODY, report("BY", "U1", channel="api", client="mail", sent=SAME_REF)),
    half(
        "by-d1-14",
        "14 05:00",
        MEMBERS,
        report(
            "BY",
            "D1",
            "2026-09-14",
            events=400,
            persons_affected=900,
            text="only to the Center",
            sent=CENTER_ONLY,
        ),
        said_to=NOBODY,
        instead=report(
            "BY", "D1", "2026-09-14", events=1, persons_affected=9, text="quiet", sent=CENTER_ONLY
        ),
    ),
    # Said once: what was written for fewer readers is neither taken over nor told as differing where more read it.
    Deed("kz-t8-14", "14 05:00", MEMBERS, report("KZ", "T8", "2026-09-14", persons_affected=12)),
    Deed("by-t8-14", "14 05:00", MEMBERS, report("BY", "T8", "2026-09-14", sent=CENTER_ONLY, **AS_IN_D1)),
    Deed("by-t8-14-wider", "14 05:00", MEMBERS, refused(report("BY", "T8", "2026-09-14", **AS_IN_D1))),
    Deed("by-t8-14-other", "14 05:00", MEMBERS, report("BY", "T8", "2026-09-14", persons_affected=40)),
    Deed(
        "kz-d1-exercise",
        "14 05:05",
        ITSELF,
        report("KZ", "D1", "2026-09-14", mode="exercise", persons_affected=77),
    ),
    half(
        "tj-t3",
        "14 05:00",
        MEMBERS,
        report("TJ", "T3", "2026-W37", entered=900, left=12, sent=CENTER_ONLY),
        said_to=NOBODY,
        instead=report("TJ", "T3", "2026-W37", entered=9, left=12, sent=CENTER_ONLY),
    ),
    Deed("kg-t4-withdrawn", "14 05:00", NOBODY, withdraw("KG", "kg-t4-36")),
    Deed("kz-saw-by", "14 05:01", MEMBERS, see("KZ", "by-d1-13")),
    Deed("sec-saw-kz-u1", "14 05:02", AT_H2, see("SEC", "kz-u1")),
    Deed("crc-saw-by-t2", "14 05:02", NOBODY, see("CRC", "by-t2")),
    Deed("waiver-kg-ended", "14 05:03", NOBODY, end("waiver-kg-t4")),
    Deed("waiver-kz-t6", "14 05:03", MEMBERS, waive("T6", "KZ", ground="no flights observed")),
    Deed(
        "crc-looks",
        "14 05:04",
        NOBODY,
        ask(
            "CRC",
            "/",
            "/journals/",
            "/series/?type=T2",
            "/compliance/",
            "/waivers/",
            "/reports/{kg-u1.key}/",
            "/mine/",
        ),
    ),
    Deed(
        "by-looks", "14 05:04", NOBODY, ask("BY", "/", "/mine/", "/journals/", "/quarantine/", "/types/T4/")
    ),
    # Who opened what a party wrote is told to those of the party who read its log, as far as they may read the thing.
    Deed("crc-looks-at-kz", "14 05:04", WITH_LOG, ask("CRC", "/series/?type=T4")),
    Deed("by-looks-at-kz", "14 05:04", WITH_LOG, ask("BY", "/series/?type=T1")),
    Deed("crc-opens-kz-u1", "14 05:04", WITH_LOG_AT_H2, ask("CRC", "/reports/{kz-u1.key}/")),
    Deed("kg-exercise", "14 05:05", NOBODY, report("KG", "T4", "2026-W36", mode="exercise", incidents=70)),
    Deed("exercise-open", "14 05:05", ITSELF, report("BY", "D1", "2026-09-14", mode="exercise", events=9)),
    Deed("exercise-on", "14 05:06", ITSELF, switch("T8", mode="exercise")),
    Deed("kz-exercise", "14 05:06", ITSELF, report("KZ", "U1", mode="exercise", what="drill")),
    Deed("kg-exercise-question", "14 05:06", NOBODY, question("KG", "BY", "played", mode="exercise")),
    Deed(
        "by-exercise-u1",
        "14 05:06",
        ITSELF,
        report("BY", "U1", mode="exercise", what="played", sent={"audience": "members"}),
    ),
    Deed("exercise-relay", "14 05:06:30", ITSELF, relay("by-exercise-u1", ["KZ", "RU"], mode="exercise")),
    # Drills: others are called, others play other faults; a post knows its own. Of one its score is kept for real.
    # What others are told comes last: it would open journals, and shift the names of what everybody is told.
    Deed("tj-score", "14 05:06:01", MEMBERS, score_of(("TJ",))),
    half(
        "kz-drill",
        "14 05:06:02",
        ITSELF,
        drill(("KZ", "BY"), {"KZ": "line", "BY": "silent"}),
        said_to=NOBODY,
        instead=drill(("KZ", "BY"), {"KZ": "line", "BY": "hours"}),
    ),
    Deed("kz-answers", "14 05:06:03", ITSELF, answer_for("KZ", "kz-drill")),
    Deed("by-is-found", "14 05:06:04", NOBODY, find_fault("BY", "kz-drill", "silent")),
    Deed("kg-drill", "14 05:06:05", NOBODY, drill(("KG", "RU"), {"KG": "silent"})),
    Deed("kg-plan", "14 05:06:06", NOBODY, drill(("KG", "KZ"), {"KZ": "line"}, at_once=False)),
    Deed("ru-answers", "14 05:06:07", NOBODY, answer("RU", "kg-drill")),
    Deed("tj-d1-14", "14 05:07", MEMBERS, report("TJ", "D1", "2026-09-14", nil=True)),
    Deed("tj-d1-14-withdrawn", "14 05:08", MEMBERS, withdraw("TJ", "tj-d1-14")),
    # Summaries: one for all, some for others alone, one that was taken back, one that is being written.
    Deed("crc-sums", "14 05:07:10", MEMBERS, summary("members", "all is quiet", about="by-d1-13")),
    Deed("by-takes-note", "14 05:07:20", MEMBERS, take_note("BY", "crc-sums")),
    Deed("crc-sums-east", "14 05:07:30", NOBODY, summary("caucasus", "all is not quiet")),
    Deed("am-takes-note", "14 05:07:40", NOBODY, take_note("AM", "crc-sums-east")),
    Deed("crc-sums-no-more", "14 05:07:45", NOBODY, end_summary("crc-sums-east")),
    Deed("crc-drafts", "14 05:07:50", NOBODY, draft("members", "not said yet")),
    # Offices, invitations, keys.
    Deed("by-gives", "14 05:10", NOBODY, give("by-na-2", "BY", "auditor")),
    Deed("kz-spare-seat", "14 05:10", MEMBERS, account("kz-spare", "KZ", "analyst")),
    Deed("kz-invites", "14 05:11", MEMBERS, invite("KZ", "kz-invited", "analyst")),
    Deed("by-invites", "14 05:11", NOBODY, invite("BY", "by-invited", "analyst")),
    Deed("kz-key", "14 05:12", ITSELF | WITH_LOG, key_for("kz-na-officer", "meter")),
    # Releases, by one person and by two.
    Deed("by-releases", "14 05:13", MEMBERS, release("BY", "by-center", "members")),
    Deed("kz-releases", "14 05:13", MEMBERS, release("KZ", "kz-center", "central-asia")),
    Deed("kg-center", "14 05:14", NOBODY, report("KG", "R1-R2", text="for the Center", sent=CENTER_ONLY)),
    Deed("kg-releases", "14 05:15", NOBODY, release("KG", "kg-center", "staff")),
    Deed("kg-proposes", "14 05:16", NOBODY, release("KG", "kg-u1", "leadership")),
    Deed("kg-seconds", "14 05:17", NOBODY, second("KG", "kg-proposes", office="na-head")),
    Deed("kg-takes-back", "14 05:18", NOBODY, take_back("KG", "kg-releases")),
    Deed("by-proposes", "14 05:18", NOBODY, release("BY", "by-t2", "leadership")),
    Deed("kz-proposes", "14 05:19", AT_H2, release("KZ", "kz-u1", "members")),
    # Kazakhstan comes to read what is sent to the east; what was sent there before is not for it.
    Deed("east-widened", "14 05:20", MEMBERS, widen("eastern-europe", "KZ"), foundation=True),
    Deed(
        "by-to-the-wider-east",
        "14 05:21",
        MEMBERS,
        report("BY", "R1-R2", text="for all of us", sent=TO_THE_EAST),
    ),
    # The Center's own shifts: nobody else learns anything of them.
    Deed("crc-plans", "14 05:21", NOBODY, plan("day", "2026-09-15", note="with the keys")),
    Deed("crc-plans-more", "14 05:21", NOBODY, plan("night", "2026-09-16")),
    Deed("crc-swaps", "14 05:21", NOBODY, swap("crc-plans")),
    Deed("crc-takes-off", "14 05:21", NOBODY, take_off("crc-plans-more")),
    Deed("crc-watch", "14 05:21", NOBODY, take_watch()),
    Deed("crc-line", "14 05:21", NOBODY, log_line("shots heard by telephone", cites="{kg-u1.key}")),
    Deed("crc-line-struck", "14 05:21", NOBODY, log_line("no shots", strikes="{crc-line.key}")),
    Deed("crc-calls-kz", "14 05:21", NOBODY, call("KZ", "no-answer", test=True)),
    Deed(
        "crc-calls-kg",
        "14 05:21",
        NOBODY,
        call("KG", "promised", promised="07:30", about="duty/D1/KG/2026-09-14"),
    ),
    Deed("crc-signs", "14 05:21", NOBODY, sign_handover("the pass is closed")),
    Deed("crc-takes-back", "14 05:22", NOBODY, end_handover("crc-signs")),
    Deed("crc-signs-again", "14 05:22", NOBODY, sign_handover("the pass is open")),
    Deed("crc-takes-over", "14 05:22", NOBODY, accept_handover("crc-signs-again")),
    Deed("kg-last", "14 05:22", NOBODY, report("KG", "U3", notice="heard of it")),
    Deed("crc-last", "14 05:22", NOBODY, report("CRC", "D3", open_items="AM U1 to be verified")),
)
