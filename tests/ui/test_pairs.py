"""The queue of acts for two: what a person reads before joining, what they may press, and where each press leads."""

import re

import pytest
from django.urls import reverse

from commonwatch.access import logs, pairs
from commonwatch.access.actor import actor_of
from commonwatch.access.models import Proposal
from commonwatch.desks.exchange import acts, models

ACT = "exchange.grant-waiver"
PASSWORD = "seven quiet unrelated words beside a lake"


def carry_out(*, by, body, proposal):
    """A waiver takes no second person; here it stands for any act that does, with rules of its own."""
    return acts.grant_waiver(
        by=by, type=body["type"], party=body["party"], ground=body["ground"], since=body["since"], until=None
    )


def show(_by, body):
    terms = (("Type", body["type"]), ("Party", body["party"]), ("Ground given", body["ground"]))
    return pairs.Shown(f"Free {body['party']} from {body['type']}", terms, link="/waivers/")


@pytest.fixture(autouse=True)
def waivers(monkeypatch):
    """Let granting a waiver take two persons."""
    monkeypatch.setattr(pairs, "_PAIRS", {ACT: pairs.Pair(ACT, carry_out, show)})


def propose(house, office="shift-lead", level="", **other):
    by = actor_of(house.account("CRC", office))
    body = {
        "type": "D1",
        "party": "TJ",
        "ground": "<b>The post is closed</b>",
        "since": house.clock(),
    } | other
    return pairs.propose(by=by, act=ACT, body=body, level=level)


def at(key):
    return reverse("ui:pair", args=[key])


def digest(key):
    return Proposal.objects.get(key=key).digest


def state(key):
    return Proposal.objects.get(key=key).state


def stale(client):
    """Let the last proof be too old."""
    session = client.session
    session["account_authentication_methods"] = [
        each | {"at": 1.0} for each in session["account_authentication_methods"]
    ]
    session.save()


def words(answer):
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_second_person_reads_every_term_and_the_digest_before_joining(house):
    key = propose(house)
    client = house.client("CRC", "head")
    listed = words(client.get("/pairs/"))
    assert "Free TJ from D1" in listed
    assert "Shift lead crc-shift-lead" in listed
    assert "read it, then join or turn it down" in listed

    page = client.get(at(key))
    assert "&lt;b&gt;The post is closed&lt;/b&gt;" in page.content.decode()
    for said in (
        "Free TJ from D1",
        "Ground given",
        digest(key),
        "Shift lead",
        "15 Sep 05:00",
        "Join and do it",
        "Turn down",
    ):
        assert said in words(page), said


def test_who_joins_does_it_and_both_offices_stand_in_the_history(house):
    key = propose(house)
    client = house.client("CRC", "head")

    answer = client.post(at(key), {"act": "join", "digest": digest(key)}, follow=True)

    assert answer.redirect_chain == [(at(key), 302)]
    said = words(answer)
    assert "Done by two persons" in said
    assert "done by two persons" in said
    assert "Joined by Head of the Center crc-head" in said
    assert re.search(r"Proposed · Shift lead .*Joined and done · Head of the Center", said)
    assert "Join and do it" not in said
    assert models.Waiver.objects.count() == 1
    listed = words(client.get("/pairs/"))
    assert "Nothing waits." in listed
    assert re.search(
        r"done by two persons .* Shift lead crc-shift-lead .* Head of the Center crc-head", listed
    )


def test_who_proposed_is_told_why_they_cannot_join_and_may_take_back(house):
    key = propose(house)
    client = house.client("CRC", "shift-lead")
    said = words(client.get(at(key)))
    assert "You proposed this, so you cannot join it" in said
    assert "Join and do it" not in said
    assert "Turn down" not in said

    forced = client.post(at(key), {"act": "join", "digest": digest(key)})
    assert forced.status_code == 409
    assert "cannot be its second person" in words(forced)
    assert models.Waiver.objects.count() == 0

    client.post(at(key), {"act": "end", "ground": "A slip of the pen"})
    assert state(key) == "withdrawn"
    assert "A slip of the pen" in words(client.get("/pairs/"))


def test_turning_down_asks_for_a_ground_and_marks_the_field(house):
    key = propose(house)
    client = house.client("CRC", "head")

    refused = client.post(at(key), {"act": "end", "ground": "   "})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.content.decode()

    client.post(at(key), {"act": "end", "ground": "The post is open"})
    assert state(key) == "declined"
    said = words(client.get(at(key)))
    assert "Turned down by Head of the Center" in said
    assert "The post is open" in said


def test_joining_asks_first_who_it_is_and_leads_back_to_the_same_page(house):
    key = propose(house)
    client = house.client("CRC", "head")
    stale(client)
    assert "asked once more for your password or second factor" in words(client.get(at(key)))

    answer = client.post(at(key), {"act": "join", "digest": digest(key)})

    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_reauthenticate')}?next=" + at(key).replace("/", "%2F")
    assert state(key) == "open"


def test_who_proves_it_again_comes_back_and_joins(house):
    key = propose(house)
    house.account("CRC", "head", password=PASSWORD)
    client = house.client("CRC", "head")
    stale(client)
    asked = client.post(at(key), {"act": "join", "digest": digest(key)})["Location"]

    answer = client.post(asked, {"password": PASSWORD, "next": at(key)})

    assert (answer.status_code, answer["Location"]) == (302, at(key))
    client.post(at(key), {"act": "join", "digest": digest(key)})
    assert state(key) == "seconded"


def test_who_read_a_proposal_stands_in_the_log_of_reading(house):
    key = propose(house)
    house.client("CRC", "head").get(at(key))
    found = [(each.account, each.subject, each.detail) for each in logs.reads(mode="real")]
    assert found == [("crc-head", key, ACT)]


def test_turning_down_needs_no_new_proof(house):
    key = propose(house)
    client = house.client("CRC", "head")
    stale(client)
    client.post(at(key), {"act": "end", "ground": "No"})
    assert state(key) == "declined"


def test_another_digest_than_the_one_shown_does_nothing(house):
    key = propose(house)
    answer = house.client("CRC", "head").post(at(key), {"act": "join", "digest": "0" * 64})
    assert answer.status_code == 409
    assert "not what you were shown" in words(answer)
    assert state(key) == "open"


def test_an_act_that_refuses_leaves_the_proposal_open_and_says_why(house):
    key = propose(house, type="none-such")
    client = house.client("CRC", "head")
    answer = client.post(at(key), {"act": "join", "digest": digest(key)})
    assert answer.status_code == 422
    assert "none-such" in words(answer)
    assert "Join and do it" in words(answer)
    assert state(key) == "open"


def test_after_a_day_the_page_says_that_it_is_void(house):
    key = propose(house)
    client = house.client("CRC", "head")
    house.clock.tick(days=1)
    said = words(client.get(at(key)))
    assert "void: nobody joined within 24 hours" in said
    assert "Join and do it" not in said
    assert "Take back" not in said
    assert "void: nobody joined" in words(client.get("/pairs/"))
    assert client.post(at(key), {"act": "join", "digest": digest(key)}).status_code == 409


def test_the_number_beside_the_way_counts_what_waits_for_this_person_within_reach(house):
    propose(house)
    propose(house, office="head")
    propose(house, office="head", level="H3")

    def number(office):
        page = house.client("CRC", office).get("/journals/").content.decode()
        found = re.search(r'href="/pairs/"[^>]*>[^<]*(?:<b class="cell due">(\d+))?', page)
        return (found.group(1) or "0") if found else None

    assert number("shift-lead") == "1"  # the one at H3 is above the lead's clearance
    assert number("head") == "1"
    assert number("duty") is None


def test_who_carries_no_such_act_is_told_so(house):
    propose(house)
    said = words(house.client("CRC", "duty").get("/pairs/"))
    assert "Your office carries no act that takes two persons" in said
    assert "Free TJ" not in said


def test_what_may_not_be_seen_is_answered_like_what_never_was(house):
    own, high = propose(house), propose(house, office="head", level="H3")
    never = "proposal/CRC/01990000-0000-7000-8000-000000000000"

    def said(client, key):
        answer = client.get(at(key))
        return answer.status_code, re.sub(r'value="\w{64}"', "", answer.content.decode().replace(key, "KEY"))

    for party, office, key in (("CRC", "shift-lead", high), ("CRC", "duty", own), ("KZ", "na-head", own)):
        client = house.client(party, office)
        assert said(client, key) == said(client, never)
        assert said(client, key)[0] == 404
        posted = client.post(at(key), {"act": "end", "ground": "Mine"})
        assert posted.status_code == 404
    assert house.client("CRC", "head").get(at(high)).status_code == 200
    assert house.client().get(at(own)).status_code == 302


def test_earlier_ones_come_in_pages(house):
    client = house.client("CRC", "shift-lead")
    by = actor_of(house.account("CRC", "shift-lead"))
    for number in range(52):
        key = propose(house, party="TJ", ground=f"number {number}")
        pairs.end(by=by, proposal=key, ground=f"ground {number:02}")
        house.clock.tick(seconds=1)
        by.again()
    first, second = words(client.get("/pairs/")), words(client.get("/pairs/?page=2"))
    assert ("ground 51" in first, "ground 02" in first, "ground 01" in first) == (True, True, False)
    assert ("ground 01" in second, "ground 00" in second, "ground 02" in second) == (True, True, False)
    assert client.get("/pairs/?page=99999999999999999999").status_code == 200
