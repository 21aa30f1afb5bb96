"""For each address, what is asked of it. A new address is entered here by its name; usually `Calls()` is enough.

What stands in braces is the name of a deed and of what it left: `{kg-t4-36.key}`. In the world where the deed was not
done nothing of that name exists, so absent and forbidden must be the same bytes. For no method may anything vary, ever:
there is no way to say here that something may.
"""

from typing import Any, NamedTuple

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HOW_TO_ENTER = (
    "{routes}: not in the catalogue of the two-world test. Enter each by its name in tests/house/worlds/catalogue.py:"
    ' `"{first}": Calls()` asks it everything that fits its arguments; give `bodies` or `json` for what it takes by'
    " POST, `queries` for what its address takes, and a value in ARGUMENTS for a new argument."
)
NEVER = "01990000-0000-7000-8000-000000000000"


class File(NamedTuple):
    """A file that is sent with a form."""

    name: str
    data: bytes


class Calls(NamedTuple):
    """What is asked of one address besides what every address is asked.

    `arguments`: sets of arguments, the first one whose page opens; left out, each is taken from ARGUMENTS in turn.
    `polled`: it is asked again after each hidden deed. `played`: its first body is sent in the exercise too. `shut`:
    why it opens to no viewer. `last`: asked at the very end and in this order, since it ends sessions.
    """

    queries: tuple[str, ...] = ()
    bodies: tuple[dict[str, Any], ...] = ()
    json: tuple[Any, ...] = ()
    arguments: tuple[dict[str, str], ...] = ()
    polled: bool = False
    played: bool = False
    shut: str = ""
    last: int = 0


REPORTS = (
    "kz-d1-13", "by-d1-13", "kg-t4-36", "kz-t4-36", "by-t6", "by-d1-14", "crc-for-kz", "kg-exercise", "kz-exercise",
)  # fmt: skip
ARGUMENTS = {
    "key": (*(f"{{{each}.key}}" for each in REPORTS), f"report/KG/{NEVER}"),
    "report": (*(f"{{{each}.key}}" for each in REPORTS), f"report/KG/{NEVER}"),
    "entry": (*(f"{{{each}.entry}}" for each in REPORTS), NEVER, "odd"),
    "origin": (
        *(f"{{{each}.origin}}" for each in ("kz-d1-13", "by-d1-13", "by-t1", "kg-t4-36", "kz-t4-36", "kg-exercise")),
        "{by-to-the-wider-east.origin}", "{by-to-the-east.origin}", "csto/KG/real/h2-own/1",
    ),
    "path": (
        "0/000.p/1", "0/000.p/2", "0/000.p/5", "0/000", "1/000.p/1", "entries/000.p/1", "entries/000.p/2",
        "entries/000.p/9", "entries/001.p/1",
    ),
    "code": ("D1", "T4", "T1", "U1", "T8", "none"),
    "type": ("D1", "T4", "T1", "U1", "T8", "none"),
    "party": ("KZ", "KG", "XX"),
    "period": ("2026-09-14", "2026-W36", "odd"),
    "form": ("csv", "xlsx", "pdf"),
    "release": ("{by-releases.key}", "{kz-releases.key}", "{kg-releases.key}", f"release/KG/{NEVER}"),
    "question": (
        "{crc-asks-kz.key}", "{crc-asks-kg.key}", "{kz-asks-by.key}", "{by-asks-kg.key}", f"question/KG/{NEVER}",
    ),
    "relay": ("{crc-relays-by-u1.key}", "{crc-relays-kz-u1.key}", "{crc-relays-kg.key}", f"relay/CRC/{NEVER}"),
    "digest": ("0" * 64, "odd"),
    "handle": ("kz-na-officer", "kz-spare", "by-na-2", "kg-administrator", "zz-none"),
    "id": ("1", "2", "3", "5", NEVER, "{kz-key.key}", "{by-key.key}"),
    "pk": ("1", "2", "3", "5", "999"),
    "call": ("{kz-drill.key}", "{kg-drill.key}", f"call/CRC/{NEVER}"),
    "plan": ("{kz-drill.plan}", "{kg-drill.plan}", "{kg-plan.plan}", f"plan/CRC/{NEVER}"),
    "score": ("{tj-score.key}", f"score/CRC/{NEVER}"),
    "name": ("{kz-bad-sheet.key}", "{by-bad-sheet.key}", "{crc-bad-sheet.key}", "1", "2", NEVER),
}  # fmt: skip

# Asked of every address: what a curious visitor adds to it.
CURIOUS = (
    "page=2&order=-number&sort=at&limit=2&offset=1&q=KG&search={kg-u1.key}&id={kg-t4-36.entry}&format=json&as=csv",
    "party=KG&owes=KG&type=T4&level=H2&audience=center&journal=1&period=2026-W36&report={kg-t4-36.key}&mode=exercise",
)
HEADERS = (
    (("Accept-Language", "ru"),),
    (("HX-Request", "true"),),
    (("Accept", "application/json"),),
    (("Accept", "text/plain"),),
)
# Sent with every form and every JSON body besides what belongs there.
FORGED = {
    "level": "H0",
    "audience": "public",
    "categories": "CERT",
    "parties": "*",
    "journal": "1",
    "party": "KG",
    "owes": "KG",
    "_owes": "KG",
    "_level": "H0",
    "_audience": "public",
    "by": "kg-na-officer",
    "label": "H0",
    "id": "1",
    "key": "{kg-t4-36.key}",
    "confirms": "{crc-for-kg.key}",
    "known_at": "2026-01-01T00:00:00Z",
}

D1 = {"type": "D1", "period": "2026-09-14", "values": {"change": "change", "events": 3}}
FORM = {"_period": "2026-09-14", "f-change": "change", "f-events": "3", "act": "send"}
BORDER = {
    "_period": "2026-W36",
    "f-section": "KG-TJ",
    "f-incident": "none",
    "f-incidents": "900",
    "act": "send",
}
EVENT = {
    "f-sign": "attack", "f-what": "smoke", "f-place": "ridge", "f-severity": "extreme", "f-reliability": "A",
    "f-credibility": "1", "f-asks": "nothing", "_event_at": "2026-09-14T04:00", "act": "send",
}  # fmt: skip
# A value that is taken over from another return: one's own, a neighbour's to the Center alone, one that is not there.
TICKS = tuple(
    FORM | {"take-persons_affected": f"{of}|{entry}"}
    for of, entry in (
        ("T8", "{kz-t8-14.entry}"), ("T8", "{by-t8-14.entry}"), ("T8", "{by-d1-14.entry}"), ("T8", NEVER), ("odd", ""),
    )
)  # fmt: skip
TAKEN = tuple(
    D1 | {"values": {"change": "change", "persons_affected": taken}}
    for taken in (
        {"from": "T8"}, {"from": "T8", "entry": "{kz-t8-14.entry}"}, {"from": "T8", "entry": "{by-t8-14.entry}"},
        {"from": "U4"}, {"from": "T8", "entry": NEVER}, {"from": 7},
    )
)  # fmt: skip
SHEET = "change;events\nchange;3\n".encode("utf-8-sig")
DIFFERING = "Period;Change;Persons affected\n2026-09-14;change;5\n".encode("utf-8-sig")


def _reports(argument, *deeds):
    """Sets of one argument: what these deeds left."""
    return tuple({argument: f"{{{each}.key}}"} for each in deeds)


WAIVERS = ("waiver-tj-d1", "waiver-kg-t4", "waiver-kz-t6")
DUTIES = (
    ("D1", "KZ", "2026-09-14"), ("D1", "BY", "2026-09-14"), ("D1", "TJ", "2026-09-14"), ("D1", "AM", "2026-09-14"),
    ("T3", "TJ", "2026-W37"), ("T4", "KG", "2026-W36"), ("T4", "KZ", "2026-W36"), ("T4", "KZ", "2026-W35"),
    ("T4", "KG", "2026-W35"), ("K1", "BY", "2026-09"), ("P1", "KZ", "2026-Q2"), ("P1", "BY", "2026-Q2"),
    ("T1", "KZ", "2026-09-11"), ("D1", "XX", "2026-09-14"), ("T6", "BY", "2026-W36"),
)  # fmt: skip

BY_MONTH = ("by=month", "by=month&since=2026-08-01&until=2026-09-15", "by=month&since=odd")
HELD_BY_THE_CENTER = "the Center alone holds drills, and no viewer is of it"
NOTICES = _reports("key", "kz-u1", "kg-u1", "crc-u2", "by-t2", "kz-exercise")
QUESTIONS = (
    *_reports("key", "crc-asks-kz", "crc-asks-kg", "kz-asks-by", "by-asks-kg", "kg-exercise-question"),
    {"key": f"question/KG/{NEVER}"},
)
RELAYS = (
    *_reports("key", "crc-relays-by-u1", "crc-relays-kz-u1", "crc-relays-kg", "exercise-relay"),
    {"key": f"relay/CRC/{NEVER}"},
)

RELEASES = (*_reports("key", "by-releases", "kz-releases", "kg-releases"), {"key": f"release/KG/{NEVER}"})

SUMMARIES = (*_reports("summary", "crc-sums", "crc-sums-east"), {"summary": f"summary/CRC/{NEVER}"})

CATALOGUE = {
    "health": Calls(),
    "api:api-root": Calls(shut="it is for reversing names, and answers nobody"),
    "api:openapi-json": Calls(),
    "api:submit": Calls(
        queries=("confirmed=false",),
        json=(
            D1 | {"ref": "d1-0914"},
            D1 | {"ref": "d1-0914"},
            D1 | {"ref": "d1-0914", "nil": True, "values": {}},
            D1 | {"values": {"change": "change", "events": 4000}},
            D1 | {"period": "2026-09-11", "confirms": "{crc-for-kz.key}"},
            D1 | {"confirms": "{crc-for-kg.key}"},
            D1 | {"owes": "KG"},
            D1 | {"level": "H2", "audience": "center", "ref": "d1-0914"},
            D1 | {"level": "H3"},
            D1 | {"audience": "own"},
            D1 | {"known_at": "2026-09-01T00:00:00Z"},
            {"type": "T4", "period": "2026-W36", "nil": True, "ref": "d1-0914"},
            {"type": "T8", "period": "2026-09-14", "nil": True},
            {"type": "none"},
            *TAKEN,
            D1 | {"values": {"change": "change", "persons_affected": 5}},
        ),
    ),
    "api:submit_batch": Calls(
        json=(
            {"reports": [D1 | {"ref": "d1-0914"}, D1 | {"ref": "b-2"}, D1 | {"ref": "b-2", "nil": True, "values": {}}]},
            {"reports": [D1 | {"owes": "KG", "ref": "d1-0914"}, {"type": "T4", "period": "2026-W36", "nil": True}]},
            {"reports": [D1 | {"ref": "b-3"}, D1 | {"ref": "b-4", "audience": "center"}]},
            {"reports": list(TAKEN[:3])},
        )
    ),
    "api:list_reports": Calls(
        queries=(
            "type=T4", "owes=KG", "owes=KZ&type=D1", "period=2026-W36", "limit=1", "limit=0", "limit=-3",
            "before=1789362300000000&after={kg-u1.key}", "before=1789300000000000", "type=none&owes=XX",
        )
    ),
    "api:one": Calls(),
    "api:versions": Calls(),
    "api:correct": Calls(
        json=(
            {"values": {"change": "change", "events": 8}, "reason": "one more", "ref": "c-1"},
            {"values": {"change": "change", "events": 8}, "reason": "one more", "ref": "c-1"},
            {"values": {"change": "change", "events": 9}, "reason": "one more", "ref": "c-1"},
            {"values": {"change": "no_change"}, "reason": ""},
            {"values": {"change": "change", "persons_affected": {"from": "T8"}}, "reason": "as told there"},
        )
    ),
    "api:withdraw": Calls(
        json=({"reason": "by mistake"}, {"reason": ""}),
        arguments=_reports("report", "kz-d1-12", *REPORTS[1:])),
    "api:list_releases": Calls(queries=("type=D1", "owes=KG", "limit=1", "limit=0", "before=1789362300000000")),
    "api:one_release": Calls(),
    "api:due": Calls(queries=("party=KZ", "party=KG", "party=BY", "party=XX"), polled=True),
    "api:list_questions": Calls(polled=True),
    "api:one_question": Calls(),
    "api:answer_question": Calls(
        arguments=_reports("question", "by-asks-kz", "crc-asks-kz", "crc-asks-kg", "by-asks-kg"),
        json=({"text": "Three"}, {"text": "Four"}, {"text": "And four", "supplement": True}, {"text": ""}),
    ),
    "api:refuse_question": Calls(json=({"reason": "Not ours"}, {"reason": ""})),
    "api:list_relays": Calls(),
    "api:one_relay": Calls(),
    "api:acknowledge_relay": Calls(
        json=({},), arguments=_reports("relay", "crc-relays-ru-u1", "crc-relays-kz-u1", "crc-relays-kg")
    ),
    "api:types": Calls(),
    "api:one_type": Calls(),
    "ui:sign-in": Calls(
        queries=("next=/mine/", "next=/reports/{kg-t4-36.key}/"),
        bodies=(
            {"handle": "by-na-2", "password": "wrong"},
            {"handle": "kg-na-9", "password": "wrong"},
            {"handle": "crc-duty", "password": "wrong"},
            {"handle": "zz-none", "password": "wrong", "next": "/reports/{kg-t4-36.key}/"},
            {"handle": "", "password": ""},
        ),
    ),
    "ui:demo": Calls(
        bodies=({"handle": "by-na-2"}, {"handle": "zz-none"}),
        shut="one click opens an office in the demo alone, and these worlds are none",
    ),
    "ui:sign-out": Calls(bodies=({},), last=3),
    "ui:theme": Calls(bodies=({"theme": "night", "next": "/mine/"}, {"theme": "{kg-t4-36.key}"})),
    "ui:mode": Calls(bodies=({"mode": "real"}, {"mode": "none"})),
    "ui:real": Calls(),
    "ui:language": Calls(bodies=({"language": "en", "next": "/"}, {"language": "xx"})),
    "ui:no-office": Calls(shut="the viewers all hold an office"),
    "ui:join": Calls(
        bodies=(
            {"handle": "kz-spare", "code": "AAAAA-BBBBB", "password": "x" * 20, "again": "x" * 20},
            {"handle": "by-invited", "code": "AAAAA-BBBBB", "password": "x" * 20, "again": "x" * 20},
            {"handle": "by-na-2", "code": "AAAAA-BBBBB", "password": "x" * 20, "again": "x" * 20},
            {},
        )
    ),
    "ui:account": Calls(),
    "ui:seat": Calls(bodies=({"seat": "{own-seat.key}"}, {"seat": "{by-gives.key}"}, {"seat": f"seat/KG/{NEVER}"}, {})),
    "ui:password": Calls(bodies=({"present": "wrong", "password": "x" * 20, "again": "x" * 20}, {})),
    "ui:second-factor": Calls(),
    "ui:end-others": Calls(bodies=({},), last=2),
    "ui:end-session": Calls(arguments=_reports("id", "own-session", "by-session", "kz-key"), last=1),
    "ui:new-key": Calls(
        bodies=(
            {"client": "meter", "scope": ["exchange.see-board"], "days": "30", "seat": "{by-gives.key}"},
            {"client": "meter", "scope": ["access.administer-people"], "days": "30"},
            {"client": "", "days": "odd"},
        )
    ),
    "ui:revoke-key": Calls(bodies=({},)),
    "ui:people": Calls(
        bodies=(
            {"handle": "kz-late", "office": "analyst", "manner": "holder"},
            {"handle": "by-na-2", "office": "analyst", "manner": "holder"},
            {"handle": "by-invited", "office": "analyst", "manner": "holder"},
            {"handle": "kz-spare", "office": "analyst", "manner": "deputy", "until": "2026-09-30"},
            {"handle": "zz none", "office": "head"},
        )
    ),
    "ui:person": Calls(
        bodies=(
            {"act": "give", "office": "auditor", "manner": "holder"},
            {"act": "end", "seat": "{by-gives.key}", "ground": "moved"},
            {"act": "close", "ground": ""},
            {"act": "renew"},
            {"act": "again"},
            {"act": "reopen", "ground": "back"},
        )
    ),
    "ui:audiences": Calls(),
    "ui:pairs": Calls(queries=("page=1", "page=2", "page=odd")),
    "ui:pair": Calls(
        bodies=({"act": "join", "digest": "0" * 64}, {"act": "end", "ground": ""}, {"act": "end", "ground": "not now"}),
        arguments=(*_reports("proposal", "kz-proposes", "kg-proposes"), {"proposal": f"proposal/KG/{NEVER}"}),
    ),
    "ui:reads": Calls(queries=("page=2", "subject={kg-u1.key}", "since=2026-09-14", "account=crc-duty")),
    "ui:own-reads": Calls(queries=("page=2",)),
    "ui:events": Calls(queries=("page=2", "kind=signed-in", "account=by-na-2")),
    "account_login": Calls(),
    "mfa_authenticate": Calls(bodies=({"code": "000000"}, {})),
    "mfa_index": Calls(),
    "mfa_list_webauthn": Calls(),
    "account_reauthenticate": Calls(bodies=({"password": "wrong"}, {})),
    "mfa_reauthenticate": Calls(bodies=({"code": "000000"}, {})),
    "mfa_reauthenticate_webauthn": Calls(bodies=({"credential": "{{}}"}, {})),
    "mfa_activate_totp": Calls(bodies=({"code": "000000"}, {})),
    "mfa_deactivate_totp": Calls(),
    "mfa_add_webauthn": Calls(bodies=({"credential": "{{}}", "name": "x"}, {})),
    "mfa_remove_webauthn": Calls(),
    "mfa_view_recovery_codes": Calls(),
    "mfa_generate_recovery_codes": Calls(bodies=({},)),
    "federation:journals": Calls(),
    "federation:peers": Calls(),
    "federation:card": Calls(),
    "federation:erasures": Calls(
        bodies=(
            {"entry": "{kz-d1-13.entry}", "ground": "SAMPLE: by judgment"},
            {"entry": "{kg-t4-36.entry}", "ground": "SAMPLE: by judgment"},
            {"entry": "odd", "ground": ""},
        )
    ),
    "federation:forks": Calls(
        bodies=(
            {"origin": "csto/KZ/real/official-members/1", "checkpoint": "1:00", "ground": "SAMPLE: by telephone"},
            {"origin": "odd", "checkpoint": "", "ground": ""},
        )
    ),
    "federation:heads": Calls(polled=True),
    "federation:fork": Calls(),
    "federation:checkpoint": Calls(),
    "federation:key": Calls(),
    "federation:key-changes": Calls(),
    "federation:tile": Calls(),
    "summaries:list": Calls(queries=("day=2026-09-14", "day=odd", "page=2"), polled=True),
    "summaries:new": Calls(bodies=({"form": "day"}, {"form": "none"}, {})),
    "summaries:compose": Calls(
        bodies=({"do": "save"}, {"do": "release"}, {"do": "throw"}),
        arguments=({"draft": "{crc-drafts.key}"}, {"draft": "f" * 32}),
        shut="the Center alone composes, and these viewers are not of it",
    ),
    "summaries:summary": Calls(queries=("version=1", "version=odd", "against=1"), arguments=SUMMARIES),
    "summaries:pdf": Calls(arguments=SUMMARIES),
    "summaries:version": Calls(bodies=({},), arguments=SUMMARIES, shut="only who released a summary revises it"),
    "summaries:withdraw": Calls(
        bodies=({"ground": "over"}, {"ground": ""}), arguments=SUMMARIES, shut="only who released it withdraws it"
    ),
    "summaries:acknowledge": Calls(bodies=({},), arguments=SUMMARIES),
    "summaries:call": Calls(
        bodies=({"party": "BY", "outcome": "told"}, {}), arguments=SUMMARIES, shut="the Center alone writes calls down"
    ),
    "notices:notices": Calls(queries=("whose=party", "whose=party&page=2", "page=odd")),
    "notices:ladder": Calls(),
    "notices:webhooks": Calls(
        bodies=({"act": "set", "url": "https://192.0.2.9/hook"}, {"act": "set", "url": "odd"}, {"act": "remove"}, {})
    ),
    "notices:again": Calls(
        bodies=({},), arguments=({"id": NEVER}, {"id": "1"}), shut="no message to these viewers has failed"
    ),
    "notices:ways": Calls(
        bodies=(
            {"act": "address", "address": "kz@example.org"},
            {"act": "code", "code": "000000"},
            {"act": "choices", "language": "ru", "zone": "UTC", "since": "22:00", "until": "06:00", "days": "0"},
            {"act": "choices", "zone": "Nowhere/None", "since": "25:00"},
            {},
        )
    ),
    "exchange:watch": Calls(polled=True),
    "exchange:mine": Calls(polled=True),
    "exchange:duty": Calls(
        arguments=tuple(dict(zip(("code", "party", "period"), each, strict=True)) for each in DUTIES)
    ),
    "exchange:reports": Calls(
        queries=(
            "q=smoke", "q=ridge&unseen=1", "q=kg", "q=7&type=T4", "q=77&party=KZ", "urgent=1", "unseen=1", "party=KG",
            "type=T4&period=2026-W36", "state=withdrawn", "state=nil", "channel=telephone", "what=release",
            "q={kg-t4-36.key}", "q={kz-t4-36.key}", "since=2026-09-12&until=2026-09-12", "since=odd&q=smoke",
            "before=1789362300000000&after={kg-u1.key}", "before=1789300000000000", "type=none&party=XX", "q=before",
        ),
        polled=True,
    ),
    "exchange:new": Calls(
        queries=("period=2026-09-14", "owes=KG", "owes=KG&period=2026-W36", "owes=KZ&period=2026-09-11", "owes=XX"),
        bodies=(
            FORM,
            FORM | {"f-events": "4000"},
            FORM | {"f-events": "many"},
            FORM | {"_owes": "KG"},
            FORM | {"_level": "H2", "_audience": "center"},
            FORM | {"act": "nil"},
            BORDER,
            EVENT,
            *TICKS,
            FORM | {"f-persons_affected": "5"},
            TICKS[0] | {"f-persons_affected": "many"},
        ),
    ),
    "exchange:draft": Calls(
        bodies=(FORM | {"f-text": "begun"}, FORM | {"_owes": "KG"}, FORM | {"_period": "2026-W36"}, TICKS[0], TICKS[1])
    ),
    "exchange:nil": Calls(bodies=({"_period": "2026-09-14"}, {"_period": "2026-W36"}, {"_period": "odd"})),
    "exchange:sheet": Calls(
        bodies=(
            {"file": File("mine.csv", SHEET)},
            {"file": File("odd.csv", b"odd;odd\n1;2\n")},
            {"file": File("differing.csv", DIFFERING)},
            {"file": File("differing.csv", DIFFERING), "confirmed": "1"},
            {},
        )
    ),
    "exchange:template": Calls(),
    "exchange:report": Calls(),
    "exchange:correct": Calls(
        bodies=(
            FORM | {"_reason": "counted again", "f-events": "6"},
            FORM | {"_reason": ""},
            FORM | {"f-events": "x"},
            TICKS[0] | {"_reason": "as told there"},
        )
    ),
    "exchange:withdraw": Calls(
        bodies=({"reason": "by mistake"}, {"reason": ""}),
        arguments=_reports("key", "kz-t1", *REPORTS[1:]),
    ),
    "exchange:confirm": Calls(
        bodies=({},),
        arguments=_reports("key", "crc-for-kz", "crc-for-kg", "crc-for-kz-t4", "kg-t4-36"),
    ),
    "exchange:seen": Calls(
        bodies=({},), arguments=_reports("key", "by-d1-13", *REPORTS)
    ),
    "exchange:label": Calls(),
    "exchange:release-report": Calls(
        queries=("audience=members&chosen=1&field=change", "audience=public&level=H0", "audience=none"),
        bodies=(
            {"act": "release", "audience": "members", "ground": "asked for", "seen": "-", "chosen": "1"},
            {"act": "look", "audience": "members"},
        ),
        arguments=_reports("key", "kz-center", "kz-t4-36", *REPORTS[1:]),
    ),
    "exchange:release": Calls(arguments=RELEASES),
    "exchange:release-label": Calls(arguments=RELEASES),
    "exchange:withdraw-release": Calls(
        bodies=({"ground": "no longer so"}, {"ground": ""}), arguments=(RELEASES[1], RELEASES[0], *RELEASES[2:])
    ),
    "exchange:receipt": Calls(queries=("page",)),
    "exchange:types": Calls(),
    "exchange:type": Calls(),
    "exchange:waivers": Calls(
        bodies=({"type": "D1", "party": "KZ", "ground": "storm"}, {"type": "T4", "party": "KG", "ground": "storm"})
    ),
    "exchange:end-waiver": Calls(
        bodies=({"ground": "over"}, {"ground": ""}),
        shut="the Center alone ends waivers; no office of these viewers may",
        arguments=(*({"key": f"{{{each}.key}}"} for each in WAIVERS), {"key": f"waiver/CRC/{NEVER}"}),
    ),
    "exchange:active": Calls(
        bodies=({"type": "T8", "act": "on", "ground": "flood"}, {"type": "T1", "act": "off", "ground": "over"})
    ),
    "exchange:series": Calls(
        queries=(
            "type=D1&field=events", "type=T4&field=incidents", "type=T3&field=entered",
            "type=T1&field=cases_total&rises=1",
            "type=T1&as=csv", "type=T4&as=csv", "type=D1&since=2026-09-01&until=2026-09-30", "since=odd", "type=none",
        )
    ),
    "exchange:quality": Calls(
        queries=("since=2026-09-01&until=2026-09-15", "party=KG", "since=odd", "since=2020-01-01")
    ),
    "exchange:quality-sheet": Calls(queries=("since=2026-09-01&until=2026-09-15",)),
    "exchange:quality-of": Calls(
        queries=("since=2026-09-01&until=2026-09-15",),
        arguments=tuple({"code": code, "party": party} for code, party, _period in DUTIES),
    ),
    "exchange:compliance": Calls(
        queries=("since=2026-09-01&until=2026-09-14", "since=2026-08-01", "since=odd", *BY_MONTH, "by=odd")
    ),
    "exchange:compliance-sheet": Calls(queries=("since=2026-09-01&until=2026-09-14", "since=odd", *BY_MONTH)),
    "exchange:quarantine": Calls(),
    "exchange:quarantined": Calls(),
    "shifts:roster": Calls(
        queries=("since=2026-09-14", "since=odd", "since=2020-01-01"),
        bodies=(
            {"act": "plan", "account": "crc-duty-9", "shift": "day", "date": "2026-09-15", "times": "1", "every": "1"},
            {"act": "plan", "account": "kz-na-officer", "shift": "day", "date": "2026-09-15"},
            {"act": "swap", "turn": "{crc-plans.key}", "account": "kz-na-officer", "reason": "so"},
            {"act": "cancel", "turn": "{crc-plans.key}", "reason": "so"},
        ),
        polled=True,
    ),
    "shifts:panel": Calls(bodies=({"seen": ""}, {"seen": "{crc-watch.key}", "reason": "so"}), polled=True),
    "shifts:log": Calls(
        queries=(
            "q=shots", "sort=alarm", "shift=2026-09-14.day", "before=1789362300000000", "print=1",
            "strikes={crc-line.key}", f"strikes=line/CRC/{NEVER}", "about={kg-u1.key}",
        ),
        bodies=(
            {"sort": "note", "text": "mine", "cites": "{kg-u1.key}"},
            {"sort": "note", "text": "mine", "strikes": "{crc-line.key}"},
        ),
        polled=True,
    ),
    "shifts:handover": Calls(bodies=({"general": "mine"},), polled=True),
    "shifts:note": Calls(
        bodies=(
            {"act": "accept", "digest": "0" * 64}, {"act": "refused", "reason": "so"},
            {"act": "withdrawn", "reason": "so"},
        ),
        shut="hand-overs are the Center's own; no office of these viewers reads them",
        arguments=(*_reports("key", "crc-signs", "crc-signs-again"), {"key": f"handover/CRC/{NEVER}"}),
    ),
    "shifts:posts": Calls(polled=True),
    "shifts:call": Calls(
        queries=("party=KG", "party=KZ&about=duty/D1/KZ/2026-09-14", "about={kg-u1.key}", "party=XX"),
        bodies=(
            {"party": "KG", "outcome": "reached", "about": "{kg-u1.key}"},
            {"party": "KZ", "outcome": "promised", "promised": "odd"},
        ),
        polled=True,
    ),
    "drills:index": Calls(queries=("all=1",)),
    "drills:new": Calls(
        queries=("who=chosen&post=KG", "who=central-asia"),
        bodies=(
            {"drill": "call", "who": "chosen", "post": "KG", "faults": "drawn", "seed": "1", "confirmed": "1"},
            {"drill": "none", "who": "all", "starts": "odd"},
            {},
        ),
        played=True,
    ),
    "drills:year": Calls(),
    "drills:plan": Calls(shut=HELD_BY_THE_CENTER),
    "drills:start": Calls(bodies=({"confirmed": "1"}, {}), played=True, shut=HELD_BY_THE_CENTER),
    "drills:cancel": Calls(bodies=({},), played=True, shut=HELD_BY_THE_CENTER),
    "drills:call": Calls(),
    "drills:acknowledge": Calls(bodies=({},), played=True),
    "drills:telephone": Calls(bodies=({"post": "KG"}, {"post": "XX"}), played=True, shut=HELD_BY_THE_CENTER),
    "drills:found": Calls(bodies=({"post": "BY", "fault": "silent"}, {}), played=True, shut=HELD_BY_THE_CENTER),
    "drills:end": Calls(bodies=({},), played=True, shut=HELD_BY_THE_CENTER),
    "drills:keep": Calls(bodies=({},), played=True, shut=HELD_BY_THE_CENTER),
    "drills:result": Calls(),
    "drills:sheet": Calls(),
    "drills:kept": Calls(),
    "traffic:questions": Calls(
        queries=("party=KG", "party=CRC&type=U1", "type=T4", "every", "party=XX&type=none"), polled=True
    ),
    "traffic:ask": Calls(
        queries=(
            "report={kg-u1.key}&to=KG", "report={kz-u1.key}&wants=confirmation", "report={by-releases.key}",
            "report={by-d1-13.key}&to=BY&readers=two", "report={by-d1-14.key}&wants=release",
            "type=D1&owes=KG&period=2026-09-14", "to=KG&readers=named&audience=members",
        ),
        bodies=(
            {"to": "BY", "text": "How many?", "report": "{by-d1-13.key}", "readers": "all", "part": "events"},
            {"to": "BY", "text": "How many?", "report": "{by-d1-14.key}", "readers": "all"},
            {"to": "KG", "text": "What was heard?", "report": "{kg-u1.key}", "readers": "two"},
            {"to": "KG", "text": "Anything new?", "readers": "named", "audience": "central-asia", "level": "H1"},
            {"to": "KG", "text": "", "due": "odd"},
            {"to": "KZ", "text": "To ourselves"},
        ),
    ),
    "traffic:panel": Calls(
        queries=(
            "report={kz-u1.key}", "report={kg-u1.key}", "report={by-d1-13.key}", "report={kg-t4-36.key}",
            "type=T4&owes=KG&period=2026-W36", "type=D1&owes=BY&period=2026-09-13", "type=D1&owes=KZ",
        )
    ),
    "traffic:question": Calls(arguments=QUESTIONS),
    "traffic:answer": Calls(
        bodies=(
            {"text": "Three"}, {"text": "Four"}, {"text": "And four", "supplement": "1"}, {"text": ""},
            {"text": "There", "report": "{kg-u1.key}", "supplement": "1"},
            {"text": "So it was", "outcome": "confirmed"},
        ),
        arguments=QUESTIONS,
    ),
    "traffic:refuse": Calls(
        bodies=({"reason": "Not ours"}, {"reason": ""}),
        arguments=(*_reports("key", "ru-asks-kz"), *QUESTIONS),
    ),
    "traffic:close": Calls(
        bodies=({"how": "satisfied"}, {"how": "withdrawn"}, {"how": "withdrawn", "ground": "found it"}),
        arguments=(QUESTIONS[2], *QUESTIONS[:2], *QUESTIONS[3:]),
    ),
    "traffic:relays": Calls(queries=("every",), polled=True),
    "traffic:clocks": Calls(arguments=NOTICES),
    "traffic:relay-new": Calls(
        bodies=({"recipients": ["KZ", "RU"], "within": "20"}, {"recipients": [], "within": "odd"}), arguments=NOTICES
    ),
    "traffic:relay": Calls(arguments=RELAYS),
    "traffic:acknowledge": Calls(bodies=({},), arguments=RELAYS),
    "traffic:call": Calls(
        bodies=({"party": "KZ", "outcome": "no-answer"}, {"party": "KG"}), arguments=RELAYS,
        shut="the Center alone writes calls down; no office of these viewers may",
    ),
}  # fmt: skip
