"""People and offices: whoever administers a party's people sees its own, invites, gives, ends, renews and closes."""

import re
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from commonwatch.access import invitations, pairs
from commonwatch.access.actor import actor_of, operator
from commonwatch.access.acts import give_office
from commonwatch.access.models import Account, Invitation, Seat
from commonwatch.access.seats import porter
from tests.ui.test_pages import LATIN, NAMES, Page
from tests.ui.test_pairs import ACT, carry_out, propose, show, stale, words

PASSWORD = "seven quiet unrelated words beside a lake"
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]{5}")
TOKEN = re.compile(r'value="\w{64}"')
NEW = {"handle": "by-na-7", "office": "na-officer", "manner": "holder", "since": "", "until": ""}
DAY = 24 * 3_600_000_000


@pytest.fixture
def client(house):
    """Belarus' administrator."""
    return house.client("BY", "administrator")


def seats(handle, party="BY"):
    return list(Seat.objects.visible_to(porter(party)).filter(account=handle).order_by("given_at"))


def one(handle):
    return reverse("ui:person", args=[handle])


def row(answer, handle):
    """The words of one line of the list."""
    text = answer.content.decode()
    found = re.search(rf"<tr>(?:(?!</tr>).)*>{handle}</a>.*?</tr>", text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group())) if found else None


def test_each_person_stands_with_offices_way_in_factor_and_last_sign_in(house, client):
    house.account("BY", "na-officer")
    now = house.clock()
    give_office(
        by=operator("BY"), account="by-na-officer", office="na-head", manner="acting", until=now + 30 * DAY
    )
    give_office(by=operator("BY"), account="by-na-officer", office="auditor", since=now + DAY)
    account = Account.objects.get(handle="by-na-officer")
    Account.objects.filter(pk=account.pk).update(last_login=datetime(2026, 9, 13, 22, 59, tzinfo=UTC))
    Authenticator.objects.create(user=account, type="totp", data={})

    said = row(client.get("/people/"), "by-na-officer")

    assert "Officer of the national authority From 05:00 UTC, without an end." in said
    assert (
        "Head of the national authority ◔ acting (the chair is vacant) From 05:00 until 14 Oct 05:00 UTC."
        in said
    )
    assert "Auditor ○ not yet begun" in said
    assert "✓ can sign in ✓ set 2026-09-13" in said
    assert "22:59" not in said
    own = row(client.get("/people/"), "by-administrator")
    assert "you Administrator of accounts" in own
    assert "○ not set" in own


def test_chairs_that_nobody_holds_are_listed(house, client):
    def vacant():
        said = words(client.get("/people/"))
        return said[said.index("Chairs that nobody holds") :]

    assert "Officer of the national authority ○ vacant" in vacant()
    assert "Administrator of accounts ○ vacant" not in vacant()
    house.account("BY", "na-officer")
    assert "Officer of the national authority ○ vacant" not in vacant()


def test_an_invitation_shows_its_code_once_with_what_to_do(house, client):
    answer = client.post("/people/", NEW)

    assert answer.status_code == 200
    (code,) = CODE.findall(answer.content.decode())
    said = words(answer)
    assert "The code for by-na-7" in said
    assert "It serves once, within 7 days" in said
    assert "after you have made sure who it is" in said
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert code not in str(Invitation.objects.values_list())
    for page in ("/people/", one("by-na-7")):
        assert not CODE.findall(client.get(page).content.decode())
    assert "◔ invited" in row(client.get("/people/"), "by-na-7")

    account = invitations.accept(handle="by-na-7", code=code, password=PASSWORD)
    assert actor_of(account).office == "na-officer"
    assert "✓ can sign in" in row(client.get("/people/"), "by-na-7")


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"handle": "by na"}, "handle", "cannot be used as a handle"),
        ({"handle": "kz-na-1"}, "handle", "begins with “by-”"),
        ({"handle": "by-administrator"}, "handle", "cannot be had"),
        ({"office": "duty"}, "office", "has no office"),
        ({"manner": "owner"}, "manner", "no way of holding"),
        ({"manner": "deputy", "until": ""}, "until", "it has no end"),
        ({"since": "2026-02-30"}, "since", "is not a day"),
        ({"until": "soon"}, "until", "is not a day"),
        ({"until": "2020-01-01"}, "until", "cannot be kept"),
    ],
)
def test_wrong_input_keeps_what_was_typed_and_marks_the_field(house, client, typed, field, says):
    wanted = {
        "handle": "by-na-7",
        "office": "auditor",
        "manner": "acting",
        "since": "2026-09-20",
        "until": "2026-10-01",
    }
    answer = client.post("/people/", wanted | typed)

    text = answer.content.decode()
    assert answer.status_code in {409, 422}
    assert says in words(answer)
    marked = re.findall(r'<(?:input|select)[^>]*name="(\w+)"[^>]*aria-invalid="true"', text)
    assert marked == [field]
    for name, value in (wanted | typed).items():
        if name in {"handle", "since", "until"}:
            assert re.search(rf'name="{name}"\s+value="{re.escape(value)}"', text), name
        elif value in {"auditor", "acting", "deputy"}:
            assert f'<option value="{value}" selected>' in text
    assert seats("by-na-7") == []
    assert client.post("/people/", wanted).status_code == 200


def test_another_office_is_given_and_an_office_is_ended_with_its_ground(house, client):
    house.account("BY", "na-officer")
    given = {
        "act": "give",
        "office": "auditor",
        "manner": "deputy",
        "since": "2026-09-14",
        "until": "2026-10-01",
    }
    answer = client.post(one("by-na-officer"), given, follow=True)
    assert "The office was given." in words(answer)
    deputy = next(each for each in seats("by-na-officer") if each.office == "auditor")
    assert (deputy.manner, deputy.given_by) == ("deputy", "by-administrator")

    empty = client.post(one("by-na-officer"), {"act": "end", "seat": deputy.key, "ground": " "})
    assert empty.status_code == 422
    assert re.search(r'id="end-seat/BY/[^"]*"[^>]*aria-invalid="true"', empty.content.decode())

    answer = client.post(
        one("by-na-officer"), {"act": "end", "seat": deputy.key, "ground": "Back at work"}, follow=True
    )
    said = words(answer)
    assert "The office was ended." in said
    assert re.search(r"Offices held before 1 .*Auditor deputy .*given by by-administrator Back at work", said)


def test_a_seat_is_ended_on_the_page_of_its_own_holder_alone(house, client):
    house.account("BY", "na-officer")
    seat = seats("by-na-officer")[0]
    answer = client.post(one("by-administrator"), {"act": "end", "seat": seat.key, "ground": "Mixed up"})
    assert answer.status_code == 404
    assert seats("by-na-officer")[0].until is None


def test_an_office_given_by_its_own_holder_is_marked(house, client):
    house.clock.tick(minutes=1)
    client.post(one("by-administrator"), {"act": "give", "office": "na-head", "manner": "holder"})
    assert "given by its own holder" in words(client.get(one("by-administrator")))


def test_the_last_administrator_stays(house, client):
    own = seats("by-administrator")[0]
    answer = client.post(one("by-administrator"), {"act": "end", "seat": own.key, "ground": "Leaving"})
    assert answer.status_code == 409
    assert "Nobody could administer the people" in words(answer)
    assert 'value="Leaving"' in answer.content.decode()

    house.account("BY", "analyst")
    client.post(one("by-analyst"), {"act": "give", "office": "administrator", "manner": "holder"})
    answer = client.post(one("by-administrator"), {"act": "end", "seat": own.key, "ground": "Leaving"})
    assert answer.status_code == 302
    assert client.get("/people/").status_code == 302


def test_a_lost_password_is_renewed_by_a_code(house, client):
    house.account("BY", "na-officer", password=PASSWORD)
    answer = client.post(one("by-na-officer"), {"act": "renew"})
    (code,) = CODE.findall(answer.content.decode())
    assert "Their old password, second factors and sessions end when the code is used" in words(answer)
    assert "a code waits until 21 Sep 05:00 UTC" in words(client.get(one("by-na-officer")))
    invitations.accept(handle="by-na-officer", code=code, password=PASSWORD + " and more")


def test_a_code_is_made_anew_or_revoked(house, client):
    (first,) = CODE.findall(client.post("/people/", NEW).content.decode())
    (second,) = CODE.findall(client.post(one("by-na-7"), {"act": "invite-again"}).content.decode())
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-7", code=first, password=PASSWORD)

    client.post(one("by-na-7"), {"act": "revoke"})
    assert "no code waits" in row(client.get("/people/"), "by-na-7")
    with pytest.raises(invitations.CodeNotTaken):
        invitations.accept(handle="by-na-7", code=second, password=PASSWORD)


def test_an_account_is_closed_and_opened_again_with_a_ground(house, client):
    house.account("BY", "na-officer")
    refused = client.post(one("by-na-officer"), {"act": "close", "ground": ""})
    assert refused.status_code == 422
    assert re.search(r'id="door-ground"[^>]*aria-invalid="true"', refused.content.decode())

    client.post(one("by-na-officer"), {"act": "close", "ground": "Long leave"})
    assert "✕ closed: cannot sign in" in row(client.get("/people/"), "by-na-officer")
    client.post(one("by-na-officer"), {"act": "reopen", "ground": "Back"})
    assert "✓ can sign in" in row(client.get("/people/"), "by-na-officer")
    assert "Close the account" not in words(client.get(one("by-administrator")))


def test_without_a_new_proof_nothing_is_done_and_nothing_typed_is_lost(house, client):
    stale(client)
    way = f'href="{reverse("account_reauthenticate")}?next='
    assert way in client.get("/people/").content.decode()

    answer = client.post("/people/", NEW | {"until": "2026-10-01"})

    assert answer.status_code == 403
    text = answer.content.decode()
    assert "Confirm first that it is you" in text
    assert re.search(rf'{re.escape(way)}[^"]*" target="_blank"', text)
    assert 'value="by-na-7"' in text
    assert 'value="2026-10-01"' in text
    assert seats("by-na-7") == []


def test_a_party_sees_its_own_people_alone(house, client):
    house.account("KZ", "na-officer")
    house.account("CRC", "duty")
    text = client.get("/people/").content.decode()
    assert "kz-na-officer" not in text
    assert "crc-duty" not in text

    def said(viewer, handle):
        answer = viewer.get(one(handle))
        return answer.status_code, TOKEN.sub("", answer.content.decode()).replace(handle, "HANDLE")

    center = house.client("CRC", "administrator")
    for viewer in (client, center):
        assert said(viewer, "kz-na-officer") == said(viewer, "kz-nobody-at-all")
        assert said(viewer, "kz-na-officer")[0] == 404
        posted = viewer.post(one("kz-na-officer"), {"act": "renew"})
        assert posted.status_code == 404
        taken, free = (
            viewer.post("/people/", NEW | {"handle": each}) for each in ("kz-na-officer", "kz-na-none")
        )
        assert taken.status_code == free.status_code == 422
        same = [TOKEN.sub("", each.content.decode()) for each in (taken, free)]
        assert same[0].replace("kz-na-officer", "HANDLE") == same[1].replace("kz-na-none", "HANDLE")


def test_other_offices_see_which_chairs_are_taken_and_no_name(house, client):
    officer = house.client("BY", "na-officer")
    answer = officer.get("/people/")
    said = words(answer)
    assert "Officer of the national authority ✓ held 1 0 0" in said
    assert "Head of the national authority ○ vacant 0 0 0" in said
    assert "by-na-officer" not in said
    assert "by-administrator" not in said
    refused = officer.post("/people/", NEW)
    assert refused.status_code == 403
    assert "access.administer-people" in words(refused)
    for handle in ("by-administrator", "by-nobody"):
        assert officer.get(one(handle)).status_code == 403


def test_people_are_not_shown_in_an_exercise(house, client):
    client.post("/mode/", {"mode": "exercise"})
    said = words(client.get("/people/"))
    assert "are not shown in an exercise" in said
    assert "by-administrator" not in said
    assert client.post("/people/", NEW).status_code == 409
    assert client.get(one("by-administrator")).status_code == 409


def test_who_only_administers_people_begins_there_and_sees_no_way_that_is_shut(house, client):
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/people/")
    nav = re.search(r'<nav class="nav".*?</nav>', client.get("/people/").content.decode(), re.DOTALL).group()
    assert re.findall(r'href="([^"]+)"', nav) == [
        "/people/",
        "/pairs/",
        "/drills/",
        "/journals/",
        "/nodes/",
    ]
    refused = client.get("/series/")
    assert refused.status_code == 403
    assert (
        'href="/people/"'
        in re.search(r'<div class="act">.*?</div>', refused.content.decode(), re.DOTALL).group()
    )

    for path in re.findall(
        r'href="(/[^"]*)"', house.client("BY", "na-officer").get("/people/").content.decode()
    ):
        if not path.startswith("/static/"):
            assert house.client("BY", "na-officer").get(path).status_code == 200, path


@pytest.mark.parametrize(
    "office", ["na-officer", "na-head", "na-segment", "permrep", "administrator", "analyst", "auditor"]
)
def test_every_way_that_is_offered_opens(house, office):
    viewer = house.client("BY", office)
    page = viewer.get("/journals/").content.decode()
    ways = re.findall(r'href="(/[^"]*)"', page[page.index("<header") : page.index("</header>")])
    assert {"/", "/journals/", "/people/", "/audiences/", "/account/"} <= set(ways)
    assert ("/reads/" in ways) is (office in {"na-head", "administrator", "auditor"})
    for way in ways:
        assert viewer.get(way, follow=True).status_code == 200, way


def test_the_first_of_a_party_finds_how_to_begin(house, monkeypatch, client):
    monkeypatch.setattr("commonwatch.ui.people.people.people_of", lambda _by: [])
    assert "Nobody is here yet. Invite the first" in words(client.get("/people/"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_its_pages_are_whole_labelled_and_in_one_language(house, monkeypatch, language):
    monkeypatch.setattr(pairs, "_PAIRS", {ACT: pairs.Pair(ACT, carry_out, show)})
    key = propose(house)
    give_office(by=operator("BY"), account="by-na-9", office="analyst", since=house.clock() + DAY)
    visits = (
        ("BY", "administrator", ("/people/", "/people/by-administrator/", "/people/by-na-9/")),
        ("BY", "na-officer", ("/people/", "/audiences/")),
        ("CRC", "head", ("/pairs/", reverse("ui:pair", args=[key]))),
    )
    for party, office, paths in visits:
        viewer = house.client(party, office)
        viewer.post("/language/", {"language": language})
        drawn = [viewer.get(path) for path in paths]
        if office == "administrator":
            drawn += [viewer.post("/people/", NEW | {"handle": "by na"}), viewer.post("/people/", NEW)]
        for answer in drawn:
            held_to_the_house(answer.content.decode(), language)


def held_to_the_house(html, language):
    """One heading, no id twice, a label for every field, nothing in the other language."""
    page = Page(html)
    ids = [attrs["id"] for _tag, attrs, _within in page.elements if "id" in attrs]
    assert page.open == []
    assert sorted(ids) == sorted(set(ids))
    assert len(page.all("h1")) == 1
    labelled = {attrs.get("for") for attrs in page.all("label")}
    for attrs in page.all("input", "select", "textarea"):
        assert attrs.get("type") == "hidden" or attrs.get("id") in labelled, attrs
    named = {
        each for _tag, attrs, _w in page.elements for each in (attrs.get("aria-describedby") or "").split()
    }
    assert named <= set(ids)
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        assert "<caption" in table
        assert table.count('scope="col"') == len(re.findall(r"<th[ >]", table.partition("</thead>")[0]))
    left = [each for each in page.words if LATIN.search(LEFT.sub("", NAMES.sub("", each)))]
    assert language == "en" or left == []


LEFT = re.compile(  # handles, codes, origins, marks of TLP, what the proposal of the test says
    r"(?:by|crc)-[\w-]+|operator|TLP:\S+|TLP|CLEAR|GREEN|AMBER|RED|CERT|access\.\S+|proposal/\S+|csto/\S+|"
    r"(?:[0-9A-Z]{5}-){5}[0-9A-Z]{5}|by na|Free TJ from D1|Type|Party|Ground given|TJ|<b>The post is closed</b>|"
    r"[0-9a-f]{4}…[0-9a-f]{2}|own|center|staff|leadership|incident-centre|caucasus|eastern-europe|central-asia|members|public"
)
