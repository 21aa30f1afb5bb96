"""A refusal stands above the form that was sent: what was typed is not taken away."""

from django.test import Client

ASKED = {"HTTP_HX_REQUEST": "true"}
FORM = "/reports/new/D1/"


def test_a_form_sent_after_the_session_ended_is_not_replaced(house):
    answer = Client().post(FORM, {"act": "send"}, **ASKED)

    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#notice"
    assert answer.headers["HX-Reswap"] == "innerHTML"
    assert b"<html" not in answer.content


def test_a_form_without_the_mark_of_its_session_is_not_replaced(house):
    client = house.client("KZ", "na-officer", enforce_csrf_checks=True)

    answer = client.post(FORM, {"act": "send"}, **ASKED)

    assert answer.status_code == 403
    assert answer.headers["HX-Retarget"] == "#notice"
    assert b"What you typed still stands here" in answer.content
    assert b"<html" not in answer.content


def test_without_script_the_same_is_a_page(house):
    client = house.client("KZ", "na-officer", enforce_csrf_checks=True)

    answer = client.post(FORM, {"act": "send"})

    assert answer.status_code == 403
    assert b"<html" in answer.content


def test_a_switch_of_theme_leads_back_with_the_question_of_the_page(house):
    page = house.client("KZ", "na-officer").get("/series/?type=D1").content.decode()

    assert page.count('name="next" value="/series/?type=D1"') == 2
