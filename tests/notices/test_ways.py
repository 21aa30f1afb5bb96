"""The pages: an address is verified before anything goes there; a row is shown to who could know of the thing."""

import email
import email.policy
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonwatch.access import waiting
from commonwatch.access.models import Event
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Told, Way, Webhook
from tests.notices.conftest import tell

DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
PAGE = "/account/notices/"
HOOKS = "/notices/webhooks/"


def code_in(data):
    letter = email.message_from_bytes(data, policy=email.policy.default)
    return re.search(r"\d{4} \d{4}", letter.get_content())[0]


@pytest.fixture
def officer(house, post):
    return house.client("KZ", "na-officer")


def way():
    return Way.objects.get(account__handle="kz-na-officer")


def test_an_address_is_used_once_the_code_that_came_there_was_typed(officer, post):
    assert officer.post(PAGE, {"act": "address", "address": "watch@kz.example.org"}).status_code == 302
    assert not way().works
    assert officer.post(PAGE, {"act": "code", "code": code_in(post.arrived[0])}).status_code == 302
    assert (way().works, way().address) == (True, "watch@kz.example.org")
    assert Event.objects.filter(kind="told-by-mail", account="kz-na-officer").exists()


def test_a_wrong_code_an_old_one_and_one_for_another_address_are_refused_alike(house, officer, post):
    officer.post(PAGE, {"act": "address", "address": "one@kz.example.org"})
    first = code_in(post.arrived[0])
    officer.post(PAGE, {"act": "address", "address": "two@kz.example.org"})
    second = code_in(post.arrived[1])
    answers = [officer.post(PAGE, {"act": "code", "code": each}) for each in ("00000000", first, "")]
    house.clock.tick(minutes=31)
    answers.append(officer.post(PAGE, {"act": "code", "code": second}))
    assert [each.status_code for each in answers] == [422] * 4
    assert not way().works


def test_codes_are_not_guessed_and_not_sent_without_end(officer, post):
    officer.post(PAGE, {"act": "address", "address": "one@kz.example.org"})
    tried = [officer.post(PAGE, {"act": "code", "code": f"{each:08d}"}).status_code for each in range(8)]
    assert tried == [422] * 6 + [429] * 2
    sent = [
        officer.post(PAGE, {"act": "address", "address": "one@kz.example.org"}).status_code
        for _each in range(4)
    ]
    assert sent == [302, 302, 429, 429]


def test_what_is_no_address_is_refused_and_stays_as_it_was_typed(officer, post):
    answer = officer.post(PAGE, {"act": "address", "address": "a@example.org\nBcc: b@example.org"})
    assert answer.status_code == 422
    assert b"Bcc: b@example.org" in answer.content
    assert post.arrived == []


def test_when_no_code_can_be_sent_it_is_said(officer, post):
    post.stop()
    answer = officer.post(PAGE, {"act": "address", "address": "watch@kz.example.org"})
    assert answer.status_code == 503
    assert "The mail server cannot be reached" in answer.content.decode()


def test_choices_are_kept_and_wrong_ones_are_refused_with_what_was_typed(officer):
    good = {"act": "choices", "language": "ru", "kinds": ["duty", "drill"], "since": "22:00", "until": "06:30",
            "zone": "Asia/Almaty", "days": ["0", "6"], "pause": "2026-09-20"}  # fmt: skip
    assert officer.post(PAGE, good).status_code == 302
    kept = way()
    assert (kept.language, kept.quiet_since, kept.quiet_until, kept.zone) == ("ru", 1320, 390, "Asia/Almaty")
    assert (kept.quiet_days, kept.paused_until) == ("06", "2026-09-20")
    assert kept.muted == {"question", "relay", "confirmation", "card", "handover"}
    for wrong in ({"until": "22:00"}, {"pause": "tomorrow"}, {"language": "xx"}):
        answer = officer.post(PAGE, good | wrong)
        assert answer.status_code == 422
        assert 'value="22:00"' in answer.content.decode()
    assert way().quiet_until == 390


def test_an_address_that_is_removed_is_forgotten(house, officer):
    tell(house, "KZ", "na-officer")
    officer.post(PAGE, {"act": "forget"})
    assert (way().address, way().verified_at) == ("", None)


def test_an_address_that_refused_is_verified_anew(house, officer, post):
    tell(
        house,
        "KZ",
        "na-officer",
        stopped="The mail server refuses the address or the message|550 no such box",
    )
    assert "550 no such box" in officer.get(PAGE).content.decode()
    officer.post(PAGE, {"act": "address", "address": "kz-na-officer@example.org"})
    officer.post(PAGE, {"act": "code", "code": code_in(post.arrived[0])})
    assert way().works


@pytest.fixture
def told(house, post):
    """Kazakhstan's officer is told of a public thing, of one at H2 and of one with a category; all are uncertain."""
    tell(house, "KZ", "na-officer")

    def find(by):
        ranks = house.node.pack.labels.ranks
        for key, level, marks in (("open", "H1", set()), ("narrow", "H2", set()), ("marked", "H1", {"CERT"})):
            cleared = ranks[by.viewer.clearance] >= ranks[level] and marks <= by.viewer.categories
            if (by.party, by.mode) == ("KZ", "real") and cleared:
                about = f"About {key}", "", f"/about/{key}/", "Open"
                yield waiting.Waiting(key, "question", *about, due_at=house.clock(), since=0)

    before = dict(waiting._FOUND)
    waiting._FOUND.clear()
    waiting.declare("tested", find)
    post.does = "drops"
    house.clock.set(DUE)
    worker.climb(worker.begin())
    post.does = "takes"
    yield house
    waiting._FOUND.clear()
    waiting._FOUND.update(before)


def shown(house, office, *, query=""):
    return house.client("KZ", office).get(f"/notices/{query}").content.decode()


def rows_of(page):
    return page.count("was perhaps sent")


def test_one_sees_ones_own_with_the_way_to_what_waits(told):
    page = shown(told, "na-officer")
    assert [f'href="/about/{each}/"' in page for each in ("open", "narrow", "marked")] == [True] * 3
    assert "was perhaps sent" in page


def test_who_sees_to_the_people_sees_only_what_they_could_know_of(told):
    assert rows_of(shown(told, "administrator", query="?whose=party")) == 1
    assert rows_of(shown(told, "na-head", query="?whose=party")) == 3
    kept = Told.objects.filter(state="unsure").values_list("level", "categories")
    assert sorted(kept) == [("H1", ""), ("H2", ""), ("H3", "CERT")]
    assert rows_of(shown(told, "administrator")) == 0


def test_the_page_of_the_party_names_the_chair_and_not_the_matter(told):
    page = shown(told, "administrator", query="?whose=party")
    assert "kz-na-officer" in page
    assert "About" not in page
    assert "/about/" not in page


def test_other_offices_and_other_parties_see_nothing_of_it(told):
    assert rows_of(shown(told, "analyst", query="?whose=party")) == 0
    other = told.client("BY", "administrator").get("/notices/?whose=party").content.decode()
    assert rows_of(other) == 0
    assert "kz-na-officer" not in other


def test_what_was_perhaps_sent_is_sent_again_by_hand_by_who_was_told(told, post):
    row = Told.objects.filter(account="kz-na-officer", state="unsure").first()
    path = f"/notices/{row.pk}/again/"
    assert told.client("KZ", "administrator").post(path).status_code == 404
    assert told.client("BY", "na-officer").post(path).status_code == 404
    officer = told.client("KZ", "na-officer")
    assert officer.post(path).status_code == 302
    assert officer.post(path).status_code == 404
    before = len(post.arrived)
    worker.climb(worker.begin())
    assert len(post.arrived) == before + 1
    assert Told.objects.get(pk=row.pk).state == "sent"


def test_what_happens_in_the_exercise_is_not_shown_beside_the_real(told):
    Told.objects.update(mode="exercise")
    assert rows_of(shown(told, "na-officer")) == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(told):
    client = told.client("KZ", "administrator")
    client.get("/notices/?whose=party")

    def counted():
        with CaptureQueriesContext(connection) as queries:
            client.get("/notices/?whose=party")
        return len(queries)

    before = counted()
    row = Told.objects.filter(level="H1", categories="").first()
    for number in range(60):
        row.pk, row.thing = f"{number:032d}", f"{number:064d}"
        row.save(force_insert=True)
    assert counted() == before
    assert "Older" in client.get("/notices/?whose=party").content.decode()


def test_the_ladder_of_the_pack_is_drawn_with_its_times(house):
    page = house.client("KZ", "na-officer").get("/notices/ladder/").content.decode()
    assert "30 min before it is due" in page
    assert "7 d after it was due" in page
    assert "Head of the Center" in page


def test_a_webhook_is_set_by_the_administrator_alone_and_its_secret_is_shown_once(house, hook):
    client = house.client("KZ", "administrator")
    answer = client.post(HOOKS, {"act": "set", "url": hook.url})
    secret = re.search(r"whsec_[\w+/=]+", answer.content.decode())[0]
    assert secret not in client.get(HOOKS).content.decode()
    assert secret not in Webhook.objects.get(account_party="KZ").secret
    assert house.client("KZ", "na-officer").post(HOOKS, {"act": "set", "url": hook.url}).status_code == 403
    assert house.client("BY", "administrator").get(HOOKS).content.decode().count(hook.url) == 0


def test_a_webhook_that_leads_nowhere_good_is_refused_as_it_was_typed(house, settings):
    answer = house.client("KZ", "administrator").post(HOOKS, {"act": "set", "url": "http://10.0.0.1/hook"})
    assert answer.status_code == 422
    assert 'value="http://10.0.0.1/hook"' in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_webhook_is_tried_and_one_that_stopped_goes_on_after_a_try_that_succeeds(house, hook):
    client = house.client("KZ", "administrator")
    client.post(HOOKS, {"act": "set", "url": hook.url})
    hook.code = 410
    client.post(HOOKS, {"act": "try"})
    assert "410" in Webhook.objects.get().stopped
    hook.code = 204
    client.post(HOOKS, {"act": "try"})
    assert Webhook.objects.get().stopped == ""
    assert len(hook.came) == 2
    client.post(HOOKS, {"act": "remove"})
    assert not Webhook.objects.exists()


def test_setting_a_webhook_asks_for_a_fresh_proof(house, hook):
    client = house.client("KZ", "administrator")
    session = client.session
    session["account_authentication_methods"] = [
        {**each, "at": each["at"] - 3600} for each in session["account_authentication_methods"]
    ]
    session.save()
    assert client.post(HOOKS, {"act": "set", "url": hook.url}).status_code == 403
    assert not Webhook.objects.exists()
