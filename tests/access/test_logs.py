"""Both logs: every line is there before the answer, says what it must, and is read by those whose matter it is."""

import json
import logging

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError

from commonwatch.access import codes, logs, own
from commonwatch.access.actor import NoSuchOffice, operator
from commonwatch.access.acts import end_office, give_office
from commonwatch.access.facts import DayDigested
from commonwatch.access.models import Account, Event, Opened, Token
from commonwatch.access.tokens import new_token
from commonwatch.charter.label import Label
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from commonwatch.register import log
from commonwatch.register.models import Journal
from commonwatch.ui.noticing import FACTORS

PERIOD = "2026-09-14"


def reported(house, party="BY", **more):
    sent = Sent(type="D1", period=PERIOD, values={"change": "no_change"}, **more)
    return acts.submit_report(by=house.na(party), report=sent, channel="form")


def lines():
    return list(Opened.objects.order_by("id"))


def test_opening_a_report_leaves_a_line_that_says_who_what_when_and_in_which_office(house):
    report = reported(house)
    house.client("AM", "na-officer").get(f"/reports/{report.subject}/")
    (line,) = lines()
    assert (line.owner, line.subject, line.version, line.how) == ("BY", report.subject, 1, "page")
    assert (line.party, line.account, line.office) == ("AM", "am-na-officer", "na-officer")
    assert (line.detail, line.mode, line.at) == ("D1 2026-09-14", "real", house.clock())
    assert len(bytes.fromhex(line.salt)) == 16


def test_what_is_not_within_reach_leaves_no_line(house):
    report = reported(house, audience="center")
    assert house.client("AM", "na-officer").get(f"/reports/{report.subject}/").status_code == 404
    assert lines() == []


def test_what_is_of_the_lowest_level_leaves_no_line(house):
    public = log.turn(log.append)(
        DayDigested(day="2026-09-14", log="reads", count=0, root="00"),
        by=house.na("BY"),
        subject="digest/BY/public",
        label=Label(level="H0", parties=("*",)),
    )
    logs.opened(by=house.na("AM"), things=[logs.Thing(public.journal, "digest/BY/public")], how="page")
    assert lines() == []


def test_an_entry_bundle_leaves_a_line_with_its_journal_and_range_and_a_hash_tile_none(house):
    report = reported(house)
    origin = Journal.objects.get(pk=report.journal).origin
    client = house.client("AM", "na-officer")
    assert client.get(f"/journals/{origin}/tile/0/000.p/1").status_code == 200
    assert lines() == []
    assert client.get(f"/journals/{origin}/tile/entries/000.p/2").status_code == 200
    (line,) = lines()
    assert (line.owner, line.subject, line.detail, line.how) == ("BY", origin, "0-1", "journal")


def test_nothing_is_written_that_its_reader_could_not_have_opened(house):
    report = reported(house, audience="center")
    stolen = logs.Thing(report.journal, report.subject)
    with pytest.raises(Broken, match="may not read it"):
        logs.opened(by=house.na("AM"), things=[stolen], how="page")
    with pytest.raises(Broken, match="opened by telepathy"):
        logs.opened(by=house.na("BY"), things=[], how="telepathy")


def test_a_security_line_is_kept_and_goes_to_the_standard_log_as_one_line(house, caplog):
    caplog.set_level(logging.INFO, logger="commonwatch.security")
    logs.note("key-made", party="BY", account="by-na-officer", detail={"client": "sender"})
    row = Event.objects.get()
    assert (row.kind, row.party, row.account, row.at) == ("key-made", "BY", "by-na-officer", house.clock())
    assert json.loads(caplog.messages[0]) == {
        "kind": "key-made", "party": "BY", "account": "by-na-officer", "detail": {"client": "sender"},
    }  # fmt: skip


def test_a_kind_that_nobody_could_read_is_not_written(house):
    with pytest.raises(Broken, match="knows no odd-thing"):
        logs.note("odd-thing")


def test_lines_of_nobody_are_kept_a_hundred_a_minute(house):
    for _each in range(120):
        logs.note("sign-in-failed", detail={"known": False})
    assert Event.objects.count() == 100
    logs.note("sign-in-failed", party="BY", account="by-na-officer")
    house.clock.tick(minutes=1)
    logs.note("sign-in-failed", detail={"known": False})
    assert Event.objects.count() == 102


def test_the_lines_of_nobody_are_read_by_the_party_that_keeps_the_node(house):
    logs.note("sign-in-failed", detail={"known": False})
    logs.note("sign-in-failed", party="BY", account="by-na-officer")
    assert [each.party for each in logs.events("CRC")] == [""]
    assert [each.party for each in logs.events("BY")] == ["BY"]
    assert not logs.events("AM").exists()


def noted():
    return [
        (each.kind, each.party, each.account, json.loads(each.detail))
        for each in Event.objects.order_by("id")
    ]


def test_every_sign_in_that_succeeds_or_fails_is_noted(house):
    house.account("BY", "na-officer", password="the rain in minsk 1")
    Event.objects.all().delete()
    client = house.client()
    client.post("/sign-in/", {"handle": "by-na-officer", "password": "wrong"})
    client.post("/sign-in/", {"handle": "by-na-officer", "password": "the rain in minsk 1"})
    client.post("/sign-out/")
    kinds = [(kind, party, account) for kind, party, account, _detail in noted()]
    assert kinds == [
        ("sign-in-failed", "BY", "by-na-officer"),
        ("signed-in", "BY", "by-na-officer"),
        ("signed-out", "BY", "by-na-officer"),
    ]


def test_a_handle_that_nobody_has_is_not_kept_since_it_may_be_a_password(house):
    house.client().post("/sign-in/", {"handle": "the rain in minsk 1", "password": "by-na-officer"})
    ((kind, party, account, detail),) = noted()
    assert (kind, party, account, detail["known"]) == ("sign-in-failed", "", "", False)
    assert "minsk" not in Event.objects.get().detail


def test_an_act_without_the_mandate_is_noted_with_the_refusals_code(house):
    client = house.client("BY", "permrep")
    Event.objects.all().delete()
    assert client.post("/waivers/", {"type": "D1", "party": "BY", "ground": "x"}).status_code == 403
    ((kind, party, account, detail),) = noted()
    assert (kind, party, account) == ("refused", "BY", "by-permrep")
    assert (detail["code"], detail["at"]) == ("access.not-mandated", "exchange:waivers")


def test_what_is_absent_and_what_is_forbidden_are_noted_alike_by_who_asked(house):
    hidden = reported(house, audience="center").subject
    never = hidden[:-4] + "0000"
    client = house.client("AM", "na-officer")
    Event.objects.all().delete()
    for key in (hidden, never):
        assert client.get(f"/reports/{key}/").status_code == 404
    first, second = noted()
    assert first[:3] == second[:3] == ("not-found", "AM", "am-na-officer")
    assert first[3] == second[3] | {"asked": hidden}
    assert not Event.objects.filter(party="BY").exists()


def test_a_key_that_is_not_accepted_is_noted_with_the_reason_and_without_the_key(house):
    account = house.account("BY", "na-officer")
    secret = new_token(account, client="sender")
    Event.objects.all().delete()
    client = house.client()
    for key in (secret, "cw_made-up"):
        Token.objects.update(revoked=True)
        assert client.get("/api/reports", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert [(each[0], each[1], each[3]["why"]) for each in noted()] == [
        ("key-refused", "BY", "revoked"),
        ("key-refused", "", "unknown"),
    ]
    assert not any(key in row.detail for row in Event.objects.all() for key in (secret, "made-up"))


def test_a_form_without_the_mark_of_its_session_is_noted(house):
    client = house.client("BY", "na-officer", enforce_csrf_checks=True)
    Event.objects.all().delete()
    assert client.post("/waivers/", {}).status_code == 403
    assert [each[:3] for each in noted()] == [("form-refused", "BY", "by-na-officer")]


def test_a_session_that_was_tampered_with_is_noted_and_opens_nothing(house):
    client = house.client("BY", "na-officer")
    Event.objects.all().delete()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get("/").status_code == 302
    assert [each[:2] for each in noted()] == [("session-unknown", "")]


def test_a_label_that_the_type_does_not_allow_is_noted_also_inside_a_batch(house):
    key = new_token(house.account("BY", "na-officer"), client="sender")
    Event.objects.all().delete()
    report = {"type": "D1", "period": PERIOD, "values": {"change": "no_change"}, "level": "H0"}
    client, headers = house.client(), {"Authorization": f"Bearer {key}"}
    for path, body in (("/api/reports", report), ("/api/reports/batch", {"reports": [report]})):
        sent = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
        assert sent.status_code == 422
    found = [each for each in noted() if each[0] == "refused"]
    assert [each[3]["code"] for each in found] == ["exchange.label-not-allowed"] * 2


def test_fields_that_only_a_forger_sends_are_noted_in_forms_and_in_json(house):
    key = new_token(house.account("BY", "na-officer"), client="sender")
    client = house.client("BY", "na-officer")
    Event.objects.all().delete()
    forged = {"_period": PERIOD, "parties": "*"}
    assert client.post("/reports/new/D1/nil/", forged).status_code == 302
    body = json.dumps({"type": "D1", "period": PERIOD, "label": {"level": "H0"}})
    headers = {"Authorization": f"Bearer {key}"}
    answer = house.client().post("/api/reports", body, content_type="application/json", headers=headers)
    assert answer.status_code == 400

    found = [each[3] for each in noted() if each[0] == "refused"]
    assert [(each["code"], each["field"]) for each in found] == [
        ("ui.forged-field", "parties"),
        ("ui.forged-field", "label"),
    ]
    (journal,) = {each.journal for each in Report.objects.select_related("journal")}
    assert "*" not in journal.parties


def test_a_typing_error_is_no_matter_of_security(house):
    client = house.client("BY", "na-officer")
    Event.objects.all().delete()
    assert client.post("/reports/new/D1/", {"_period": PERIOD}).status_code == 422
    assert noted() == []


def test_offices_given_and_ended_are_noted_once_they_are_written(house):
    by = operator("BY")
    seat = give_office(by=by, account="by-na-9", office="na-officer")
    end_office(by=by, seat=seat, ground="Moved on")
    with pytest.raises(NoSuchOffice):
        give_office(by=by, account="by-na-9", office="duty")
    assert [(kind, party, account) for kind, party, account, _detail in noted()] == [
        ("office-given", "BY", "operator"),
        ("office-ended", "BY", "operator"),
    ]
    assert noted()[1][3] == {"handle": "by-na-9", "office": "na-officer"}


def test_an_act_that_is_undone_leaves_no_line(house):
    @log.turn
    def both():
        give_office(by=operator("BY"), account="by-na-9", office="na-officer")
        give_office(by=operator("BY"), account="by-na-9", office="duty")

    with pytest.raises(NoSuchOffice):
        both()
    assert noted() == []


def test_a_key_made_used_for_the_first_time_and_revoked_is_noted(house):
    account = house.account("BY", "na-officer")
    Event.objects.all().delete()
    key = new_token(account, client="sender")
    for _each in range(2):
        house.client().get("/api/reports", headers={"Authorization": f"Bearer {key}"})
    own.revoke_key(account, id=Token.objects.get().pk)
    assert [each[0] for each in noted()] == ["key-made", "key-first-used", "key-revoked"]
    assert not any(key in row.detail for row in Event.objects.all())


def test_a_code_given_a_second_time_is_noted(house):
    account = house.account("BY", "na-officer")
    Event.objects.all().delete()
    codes.take_once(account, "123456")
    with pytest.raises(ValidationError):
        codes.take_once(account, "123456")
    assert [each[:3] for each in noted()] == [("factor-used-again", "BY", "by-na-officer")]


@pytest.mark.parametrize(("signal", "kind"), [(each, kind) for each, kind in FACTORS.items()])
def test_what_allauth_says_of_second_factors_and_passwords_is_noted(house, rf, signal, kind):
    account, request = house.account("BY", "na-officer"), rf.post("/account/")
    request.session, request.user = house.client("BY", "na-officer").session, account
    Event.objects.all().delete()
    signal.send(sender=Account, request=request, user=account, authenticator=Authenticator(type="totp"))
    assert [each[:3] for each in noted()] == [(kind, "BY", "by-na-officer")]
