"""`commonwatch remind` as an operator runs it, and what the doctor says of it."""

import time

from tests.config.test_serving import serving


def test_it_goes_one_round_and_the_doctor_knows(shell, tmp_path):
    box = {"COMMONWATCH_MAIL": (tmp_path / "mail").as_uri(), "COMMONWATCH_URL": "https://watch.example.org"}
    before = shell.well("doctor", **box)
    assert "No worker has ever gone its round here." in before
    assert shell.well("remind", "--once", **box) == "0 messages sent, 0 messages not.\n"
    after = shell.well("doctor", **box)
    assert "reminders: the last round ended" in after
    assert "Messages are put into" in after


def test_the_doctor_says_what_is_not_set_up_and_no_password(shell):
    assert "None is set up: nobody is told by mail" in shell.well("doctor")
    said = shell.well("doctor", COMMONWATCH_MAIL="smtp://watch:hunter2@mail.example.org")
    assert "by mail.example.org" in said
    assert "hunter2" not in said


def test_serving_starts_a_worker_unless_told_not_to(shell):
    with serving(shell):
        _until(lambda: (shell.home / "remind.lock").is_file() and (shell.home / "remind.lock").read_text())
    (shell.home / "remind.lock").unlink()
    with serving(shell, "--without-reminders"):
        time.sleep(1.5)
    assert not (shell.home / "remind.lock").exists()


def _until(done):
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)
