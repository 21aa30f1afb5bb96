"""The pages of releases: chosen and looked at first; two persons where the pack asks; without script all the same."""

import re

import pytest
from django.urls import reverse
from django.utils.html import escape

from commonwatch.access import pairs
from commonwatch.access.models import Proposal
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.models import Release
from tests.exchange.test_release import VALUES, head, officer, read, release, report

PROVE = reverse("account_reauthenticate")


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def chosen(**changes):
    base = {"chosen": "1", "audience": "members", "level": "H1", "ground": "Others ask", "act": "release"}
    return base | {"field": ["change", "events", "text"]} | changes


def seen(answer):
    return re.search(r'name="seen" value="([0-9a-f]{64})"', answer.content.decode()).group(1)


@pytest.fixture
def at_by(house):
    return house.client("BY", "na-officer")


@pytest.fixture
def at_kz(house):
    return house.client("KZ", "na-officer")


def test_the_dialogue_names_readers_before_and_after_and_what_they_will_read(house, at_by):
    done = report(house)
    shown = text(at_by.get(f"/reports/{done.subject}/release/?audience=members&level=H1"))

    assert re.search(r"May be read by: (Center, Belarus|Belarus, Center|[^.]*Belarus[^.]*)\.</b>", shown)
    new = re.search(r"<dt>New readers</dt> <dd> ([^<]*)</dd>", shown).group(1)
    assert "Kazakhstan" in new
    assert "Belarus" not in new
    assert "H1 INTERNAL TO THE ORGANISATION" in shown
    assert "SAMPLE: A bridge was closed." in shown


def test_a_choice_is_followed_in_part_by_a_script(house, at_by):
    done = report(house)
    address = f"/reports/{done.subject}/release/?chosen=1&audience=members&level=H1&field=events"
    part = at_by.get(address, headers={"HX-Request": "true"})

    assert b"<html" not in part.content
    assert "2 fields are left out" in text(part)
    assert "bridge" not in text(part)


def test_what_was_looked_at_is_released_and_its_readers_read_who_and_why(house, at_by, at_kz):
    done = report(house)
    address = f"/reports/{done.subject}/release/"
    looked = at_by.post(address, chosen(act="look", field=["events"], ground="Others <ask>"))
    assert escape("Others <ask>") in text(looked)
    came = at_by.post(
        address, chosen(field=["events"], ground="Others <ask>", seen=seen(looked)), follow=True
    )
    (row,) = read(house.na("KZ"))
    theirs = text(at_kz.get(f"/releases/{row.key}/"))

    assert "Released: Daily situation return" in text(came)
    assert "The report stands as it was released." in text(came)
    assert f'href="/reports/{done.subject}/"' in text(came)
    assert "Belarus: Officer of the national authority" in theirs
    assert escape("Others <ask>") in theirs
    assert "a part of the report" in theirs
    assert done.hash in theirs
    assert done.subject not in theirs
    assert "You may read the report itself" not in theirs
    receipt = at_kz.get(f"/receipts/{row.entry}/")
    assert b"BY/real/h1-members/1" in receipt.content


def test_nothing_is_released_that_was_not_looked_at(house, at_by):
    done = report(house)
    address = f"/reports/{done.subject}/release/"
    blind = at_by.post(address, chosen())
    looked = at_by.post(address, chosen(act="look"))
    other = at_by.post(address, chosen(seen=seen(looked), field=["events"]))

    for answer in (blind, other):
        assert answer.status_code == 409
        assert "have changed since this was shown" in text(answer)
        assert "Others ask" in text(answer)
    assert read(house.na("BY")) == []


def test_a_refused_release_keeps_what_was_chosen(house, at_by):
    done = report(house)
    looked = at_by.post(f"/reports/{done.subject}/release/", chosen(act="look", field=["events"]))
    answer = at_by.post(
        f"/reports/{done.subject}/release/", chosen(field=["events"], ground=" ", seen=seen(looked))
    )
    shown = text(answer)

    assert answer.status_code == 422
    assert "Say why" in shown
    assert re.search(r'value="members" required checked', shown)
    assert re.search(r'name="field" value="events" checked', shown)
    assert not re.search(r'name="field" value="text" checked', shown)


def test_who_was_not_there_within_the_last_minutes_is_asked_first(house):
    done = report(house)
    stale = house.client("BY", "na-officer")
    went_stale(stale)
    shown = stale.get(f"/reports/{done.subject}/release/?audience=members&level=H1&chosen=1&field=events")

    assert "Before you release, confirm that it is you." in text(shown)
    assert "field%253Devents" in text(shown) or "field%3Devents" in text(shown)
    answer = stale.post(f"/reports/{done.subject}/release/", chosen(seen="x"))
    assert answer.status_code == 403
    assert "Others ask" in text(answer)
    assert read(house.na("BY")) == []


def test_a_release_of_official_use_waits_for_a_second_person(house, at_by):
    done = report(house, level="H2")
    address = f"/reports/{done.subject}/release/"
    looked = at_by.post(address, chosen(act="look", level="H2"))
    assert "Officer of the national authority; Head of the national authority" in text(looked)
    assert "Propose the release" in text(looked)
    waits = text(at_by.post(address, chosen(level="H2", seen=seen(looked)), follow=True))
    (proposal,) = Proposal.objects.visible_to(head(house))

    assert "It waits for a second person." in waits
    assert f'href="/pairs/{proposal.key}/"' in waits
    second = house.client("BY", "na-head")
    second.post(f"/pairs/{proposal.key}/", {"act": "join", "digest": proposal.digest})
    (row,) = read(house.na("KZ"))
    shown = text(second.get(f"/releases/{row.key}/"))
    assert "Officer of the national authority; Head of the national authority" in shown
    assert "waits for a second person" not in text(at_by.get(f"/reports/{done.subject}/"))


def test_a_reports_page_says_what_was_released_and_that_it_is_behind(house, at_by):
    done = report(house)
    came = release(house, done)
    assert "is behind" not in text(at_by.get(f"/reports/{done.subject}/"))
    acts.correct_report(
        by=house.na("BY"), report=done.subject, values=VALUES | {"events": 9}, reason="More", channel="form"
    )
    shown = text(at_by.get(f"/reports/{done.subject}/"))

    assert "released to: All members and organs" in shown
    assert f'href="/releases/{came.release}/"' in shown
    assert "The released version is behind" in shown
    assert "The released version is behind" in text(at_by.get(f"/releases/{came.release}/"))
    assert "is behind" not in text(house.client("KZ", "na-officer").get(f"/releases/{came.release}/"))


def test_a_report_marked_as_seen_is_no_newer_than_its_release(house, at_by):
    done = report(house)
    release(house, done)
    for by in (house.na("BY"), house.duty()):
        acts.mark_seen(by=by, report=done.subject)

    assert "is behind" not in text(at_by.get(f"/reports/{done.subject}/"))


def test_releases_stand_in_the_stream_and_in_what_others_released(house, at_kz):
    came = release(house, report(house))

    assert re.search(rf'<b>BLR</b> released <a href="/releases/{came.release}/">', text(at_kz.get("/")))
    assert f"/releases/{came.release}/" in text(at_kz.get("/mine/"))
    acts.withdraw_release(by=house.na("BY"), release=came.release, ground="Too early")
    assert "withdrew its release of" in text(at_kz.get("/"))


def test_a_release_is_withdrawn_by_its_page(house, at_by, at_kz):
    came = release(house, report(house))
    address = f"/releases/{came.release}/"
    assert "Withdraw the release" not in text(at_kz.get(address))
    assert at_kz.post(f"{address}withdraw/", {"ground": "x"}).status_code == 403
    assert at_by.post(f"{address}withdraw/", {"ground": ""}).status_code == 422
    at_by.post(f"{address}withdraw/", {"ground": "Sent too early"})

    assert "Sent too early" in text(at_kz.get(address))
    assert "Belarus has withdrawn this release." in text(at_kz.get(address))


def test_absent_and_forbidden_are_the_same_bytes(house, at_kz):
    hidden = report(house)
    own = release(house, report(house, "RU", audience="center"), by=house.na("RU"), audience="caucasus")
    here = {"hidden": hidden.subject, "own": own.release}
    absent = {
        "hidden": "report/BY/01996f2e-0000-7000-8000-000000000000",
        "own": "release/RU/01996f2e-0000-7000-8000-000000000000",
    }
    mask = lambda answer, name: answer.content.replace(name.encode(), b"NAME")  # noqa: E731

    for kind, ways in {
        "hidden": ["/reports/{}/release/"],
        "own": ["/releases/{}/", "/releases/{}/withdraw/"],
    }.items():
        for way in ways:
            for ask in (at_kz.get, lambda to: at_kz.post(to, {"ground": "x", "act": "release"})):
                there = ask(way.format(here[kind]))
                gone = ask(way.format(absent[kind]))
                assert there.status_code == gone.status_code
                assert scrubbed(mask(there, here[kind])) == scrubbed(mask(gone, absent[kind]))
                assert there.status_code in {404, 405}


def scrubbed(body):
    """Leave out the mark against forgery, which is new in every answer."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", body)


def test_another_partys_report_is_not_released_from_its_page(house, at_kz):
    done = report(house, audience="members")

    assert "/release/" not in text(at_kz.get(f"/reports/{done.subject}/"))
    assert at_kz.get(f"/reports/{done.subject}/release/").status_code == 302
    at_kz.post(f"/reports/{done.subject}/release/", chosen(audience="public", level="H0", seen="x"))
    assert not Release.objects.visible_to(house.na("BY")).exists()


def test_a_proposal_is_shown_to_who_may_join_it_and_to_nobody_else(house):
    wait = release(house, report(house, level="H2"), by=officer(house))
    proposal = pairs.find(wait.proposal, by=head(house))

    assert "bridge" in text(house.client("BY", "na-head").get(f"/pairs/{proposal.key}/"))
    for party, office in (("CRC", "head"), ("KZ", "na-head"), ("BY", "na-segment")):
        assert house.client(party, office).get(f"/pairs/{proposal.key}/").status_code == 404


def went_stale(client):
    """Let the last proof of identity of a signed-in client lie long back."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1}, {"method": "mfa", "at": 1}]
    session.save()


def form_of(answer):
    """Read the release's form as a browser without script would send it back."""
    body = answer.content.decode().partition('id="release"')[2].partition("</form>")[0]
    found = [
        (re.search(r'name="(\w+)"', tag).group(1), re.search(r'value="([^"]*)"', tag).group(1))
        for tag in re.findall(r"<input [^>]*>", body)
        if "checked" in tag or 'type="hidden"' in tag
    ]
    sent = {}
    for name, value in found:
        sent.setdefault(name, []).append(value)
    ground = re.search(r"<textarea [^>]*>([^<]*)</textarea>", body).group(1)
    return sent | {"ground": ground, "act": "release"}


@pytest.mark.parametrize("level", ["H1", "H2"])
def test_a_dialogue_whose_proof_went_stale_keeps_what_was_typed_and_is_sent_again(house, at_kz, level):
    password = "SAMPLE long enough to be one"
    done = report(house, level=level)
    house.account("BY", "na-officer", password)
    by = house.client("BY", "na-officer", enforce_csrf_checks=True)
    address = f"/reports/{done.subject}/release/"
    first = form_of(by.get(f"{address}?audience=members&level=H1&chosen=1&field=events"))
    went_stale(by)
    answer = by.post(address, first | {"ground": "Others ask & wait"})
    shown = text(answer)

    assert answer.status_code == 403
    way = re.findall(rf'<a href="({PROVE}[^"]*)"([^>]*)>', answer.content.decode())
    assert [" ".join(more.split()) for _to, more in way] == ['target="_blank" rel="noopener"']
    kept = form_of(answer)
    assert kept["ground"] == escape("Others ask & wait")
    assert (kept["audience"], kept["level"], kept["field"]) == (["members"], ["H1"], ["events"])
    assert kept["seen"] == first["seen"]
    assert "Before you release, confirm that it is you." not in shown
    assert read(house.na("KZ")) == []

    beside = by.get(way[0][0])
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', beside.content.decode()).group(1)
    assert by.post(way[0][0], {"password": password, "csrfmiddlewaretoken": token}).status_code == 302
    again = by.post(address, kept | {"ground": "Others ask & wait"})
    assert again.status_code == 302
    if level == "H2":
        assert Proposal.objects.visible_to(head(house)).get().body["ground"] == "Others ask & wait"
    else:
        assert [row.ground for row in read(house.na("KZ"))] == ["Others ask & wait"]


def test_the_way_to_confirm_opens_beside_a_ground_that_was_typed(house, at_by):
    done = report(house)
    went_stale(at_by)
    address = f"/reports/{done.subject}/release/"
    link = rf'<a href="{PROVE}[^"]*"([^>]*)>'

    assert "_blank" not in re.search(link, text(at_by.get(address))).group(1)
    looked = at_by.post(address, chosen(act="look"))
    assert looked.status_code == 200
    assert "_blank" in re.search(link, text(looked)).group(1)
