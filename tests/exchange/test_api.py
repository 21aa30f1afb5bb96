"""The interface for programs: the same acts as the pages, strict JSON, problem+json."""

import json

import pytest

from commonwatch.access.tokens import new_token
from commonwatch.desks.exchange.models import Report
from commonwatch.journal import receipt
from commonwatch.register.models import Entry
from tests.exchange.test_acts import DAY, file

D1 = {"type": "D1", "period": DAY, "values": {"change": "change", "events": 3}, "ref": "a-1"}


class Program:
    """A ministry's own script."""

    def __init__(self, house, party, office="na-officer", client="script"):
        self.key = new_token(house.account(party, office), client=client)
        self.client = house.client()

    def post(self, path, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            f"/api/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"},
        )

    def get(self, path, **headers):
        headers = {"Authorization": f"Bearer {self.key}"} | headers
        return self.client.get(f"/api/{path}", headers=headers)


@pytest.fixture
def belarus(house):
    return Program(house, "BY")


def test_a_report_is_taken_once_and_gives_a_receipt_that_verifies_offline(belarus):
    first = belarus.post("reports", D1)
    again = belarus.post("reports", D1)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["entry"] == again.json()["entry"]
    assert again.json()["again"] is True
    file_ = belarus.client.get(first.json()["receipt"], headers={"Authorization": f"Bearer {belarus.key}"})
    verified = receipt.verify_receipt(file_.content, vkey=None)
    assert verified.leaf.hex() == first.json()["hash"]
    other = belarus.post("reports", D1 | {"values": {"change": "change"}})
    assert other.status_code == 409
    assert other["Content-Type"] == "application/problem+json"


def test_two_programs_of_one_party_have_references_of_their_own(house, belarus):
    belarus.post("reports", D1)
    assert Program(house, "BY", client="other").post("reports", D1).status_code == 201


BAD = {
    "duplicate keys": (b'{"type":"D1","type":"D1"}', "type"),
    "duplicate keys within values": (b'{"type": "D1", "values": {"events": 1, "events": 2}}', "events"),
    "NaN": (b'{"type":"D1","values":{"events":NaN}}', ""),
    "out of range": (b'{"type":"D1","values":{"events":1e400}}', ""),
    "not json": (b"<xml/>", ""),
    "not utf-8": (b'{"type":"\xff"}', ""),
    "deep": (b'{"type":"D1","values":{"events":' + b"[" * 100_000 + b"]" * 100_000 + b"}}", ""),
    "rather deep": (b'{"type":"D1","values":{"events":' + b"[" * 40 + b"]" * 40 + b"}}", ""),
    "a list": (b"[]", ""),
    "unknown field": (b'{"type":"D1","perod":"2026-09-14"}', "perod"),
    "wrong type": (b'{"type":7}', "type"),
    "no type": (b"{}", "type"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_json_is_refused_and_the_place_named(belarus, name):
    body, place = BAD[name]
    for path in ("reports", "reports/batch"):
        sent = body if path == "reports" else b'{"reports":[' + body + b"]}"
        answer = belarus.post(path, sent)
        assert answer.status_code == 400, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert place in answer.content.decode()
    assert not Entry.objects.filter(kind__startswith="exchange.").exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"type": "D9"}, 422, "exchange.unknown-type"),
        ({"period": "2026-09-31"}, 422, "exchange.period-unknown"),
        ({"period": "2027-01-01"}, 422, "exchange.period-ahead"),
        ({"period": "2019-01-01"}, 422, "exchange.not-owed"),
        ({"owes": "KZ"}, 403, "access.not-mandated"),
        ({"owes": "XX"}, 422, "exchange.unknown-party"),
        ({"level": "H0"}, 422, "exchange.label-not-allowed"),
        ({"audience": "public"}, 422, "exchange.label-not-allowed"),
        ({"values": {"change": "change", "events": 1.5}}, 422, "exchange.content-refused"),
        ({"values": {}}, 422, "exchange.content-refused"),
        ({"ref": "x" * 101}, 422, "exchange.bad-reference"),
        ({"values": {"change": "change", "text": "x" * 2001}}, 422, "exchange.content-refused"),
    ],
)
def test_what_the_rules_refuse_comes_back_as_a_problem(belarus, change, status, code):
    answer = belarus.post("reports", D1 | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Report.objects.exists()


def test_a_body_of_64_kb_that_fits_no_entry_is_refused(house, belarus):
    values = {"change": "change", "text": "x" * 2000, "outlook": "y" * 500}
    assert belarus.post("reports", D1 | {"values": values, "note": "z" * 66_000}).status_code == 413
    assert belarus.post("reports", D1 | {"values": values}).status_code == 201


def test_a_batch_is_all_or_nothing_and_every_fault_has_its_index(belarus):
    good = [D1 | {"period": f"2026-09-{day:02d}", "ref": f"r{day}"} for day in range(1, 13)]
    bad = [*good, D1 | {"values": {"evnts": 1}}, D1 | {"type": "D9"}]

    refused = belarus.post("reports/batch", {"reports": bad})
    assert refused.status_code == 422
    assert [each["index"] for each in refused.json()["errors"]] == [12, 13]
    assert refused.json()["errors"][0]["errors"][0]["field"] in {"evnts", "change"}
    assert not Report.objects.exists()

    taken = belarus.post("reports/batch", {"reports": good})
    assert taken.status_code == 201
    assert len(taken.json()["reports"]) == 12
    assert belarus.post("reports/batch", {"reports": good}).json()["reports"][0]["again"] is True


def test_correcting_and_withdrawing(belarus):
    key = belarus.post("reports", D1).json()["report"]
    assert (
        belarus.post(f"reports/{key}/correct", {"values": {"change": "change"}, "reason": ""}).status_code
        == 422
    )
    assert (
        belarus.post(
            f"reports/{key}/correct", {"values": {"change": "change"}, "reason": "Wrong"}
        ).status_code
        == 200
    )
    assert belarus.get(f"reports/{key}").json()["versions"] == 2
    assert [each["kind"] for each in belarus.get(f"reports/{key}/versions").json()["entries"]] == [
        "exchange.report.submitted",
        "exchange.report.corrected",
    ]
    assert belarus.post(f"reports/{key}/withdraw", {"reason": "Twice"}).status_code == 200
    assert belarus.post(f"reports/{key}/withdraw", {"reason": "Twice"}).status_code == 409


def test_absent_and_forbidden_are_the_same_bytes(house, belarus):
    narrow = file(house, "KZ", level="H2", audience="center")
    for path in ("reports/{}", "reports/{}/versions"):
        forbidden = belarus.get(path.format(narrow.subject))
        absent = belarus.get(path.format("report/KZ/01a09e49-5080-7d35-9c1b-d24196b5ac83"))
        assert forbidden.status_code == absent.status_code == 404
        assert forbidden.content == absent.content
    withdrawn = belarus.post(f"reports/{narrow.subject}/withdraw", {"reason": "x"})
    assert withdrawn.status_code == 404
    assert belarus.get("reports").json() == {"reports": []}


def test_without_a_key_nothing_is_read_or_written(house):
    nobody = house.client()
    assert nobody.post("/api/reports", D1, content_type="application/json").status_code == 401
    assert nobody.get("/api/reports").status_code == 401
    seated = house.client("BY", "na-officer")
    assert seated.get("/api/reports").status_code == 200
    assert seated.post("/api/reports", D1, content_type="application/json").status_code == 401


def test_what_is_due_and_what_the_types_are(belarus):
    due = {each["type"]: each["timeliness"] for each in belarus.get("due").json()["due"]}
    assert due["D1"] == "due"
    assert "T1" not in due
    assert len(belarus.get("types").json()["types"]) == 26
    form = belarus.get("types/D1").json()
    assert form["fields"][0]["code"] == "change"
    assert belarus.get("types/D9").status_code == 422


def test_the_interface_describes_itself(belarus):
    described = belarus.client.get("/api/openapi.json").json()
    assert "/api/reports/batch" in described["paths"]
    example = described["paths"]["/api/reports"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    assert belarus.post("reports", example).status_code == 201


def test_pages_of_a_list_lose_nothing_that_came_at_one_moment(belarus):
    reports = [D1 | {"period": f"2026-09-{day:02d}", "ref": f"r{day}"} for day in range(1, 13)]
    belarus.post("reports/batch", {"reports": reports})
    seen, page = [], belarus.get("reports?limit=5").json()["reports"]
    while page:
        seen += [each["report"] for each in page]
        page = belarus.get(f"reports?limit=5&before={page[-1]['page']}&after={page[-1]['report']}").json()[
            "reports"
        ]
    assert len(seen) == len(set(seen)) == 12


def test_something_unusual_is_named_and_asked_about_when_the_program_wants_to_be_asked(belarus):
    for day in range(1, 13):
        belarus.post("reports", D1 | {"period": f"2026-09-{day:02d}", "ref": f"r{day}"})
    odd = D1 | {"ref": "odd", "values": {"change": "change", "events": 900}}
    asked = belarus.post("reports?confirmed=false", odd)
    assert (asked.status_code, asked.json()["code"]) == (422, "exchange.confirm-first")
    assert asked.json()["warnings"][0]["field"] == "events"
    taken = belarus.post("reports", odd)
    assert taken.status_code == 201
    assert [each["code"] for each in taken.json()["warnings"]] == ["unusual"]
    kept = belarus.get(f"reports/{taken.json()['report']}/versions").json()["entries"][0]["body"]
    assert kept["warned"] == ["unusual events value=900 low=0 high=6 of=12"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("reports?before=9223372036854775808", ["before"]),
        ("releases?limit=many&before=x", ["before", "limit"]),
        ("reports?type=%00", ["type"]),
        ("reports/report%00", ["report"]),
        ("due?party=%00", ["party"]),
    ],
)
def test_what_cannot_be_read_in_an_address_is_named(belarus, asked, named):
    answer = belarus.get(asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad-parameter")
    assert answer["Content-Type"] == "application/problem+json"
    assert [each["field"] for each in answer.json()["errors"]] == named


def test_who_asks_again_what_is_due_is_told_in_a_word_that_nothing_has_changed(house, belarus):
    first = belarus.get("due")
    asked = {"If-None-Match": first["ETag"]}
    again = belarus.get("due", **asked)
    assert (again.status_code, again.content) == (304, b"")
    Program(house, "KZ").post("reports", D1)
    assert belarus.get("due", **asked).status_code == 304
    belarus.post("reports", D1)
    changed = belarus.get("due", **asked)
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)
