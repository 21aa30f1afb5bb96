"""Passwords: long, of any characters, and not those that somebody who knows the place would try."""

import random
from hashlib import sha1

import pytest
from django.test import override_settings

from commonwatch.access import passwords
from commonwatch.access.models import Account
from tests.access.authenticator import sign_in

GOOD = "copper lantern sideways"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "aa bb cc dd ee ff gg",
        "пятнадцать знаков есть",
        "🦊🦉🦇🐝🐞🦋🐌🐛🦀🐙🦑🐬🐳🦈🐊",
        "commonwatch but five oddly glued",
        "".join(random.Random(3).choices("abcdefgh ijklmnop", k=1000)),
    ],
)
def test_long_passwords_of_any_characters_are_taken(house, password):
    passwords.check(password, handle="by-na-officer", party="BY")
    account = house.account("BY", "analyst", password=password)
    assert account.check_password(password)
    assert not account.check_password(password[:-1])


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("fourteen chars", "It has 14 characters; at least 15 are needed."),
        ("", "at least 15"),
        ("aaaaaaaaaaaaaaaaaa", "repeats itself"),
        ("abcabcabcabcabcabc", "repeats itself"),
        ("1234567890123456", "repeats itself"),
        ("zyxwvutsrqponmlk", "repeats itself"),
        ("commonwatch-2026-!", "words that anybody here would try: commonwatch"),
        ("by-na-officer-2026", "words that anybody here would try: by-na-officer"),
        ("Belarus.Minsk.1994", "words that anybody here would try: belarus, minsk"),
        ("Беларусь-Минск-1994", "words that anybody here would try"),
        ("csto password 12345", "words that anybody here would try"),
        ("z" * 3 + GOOD * 44, "more than 1000"),
    ],
)
def test_what_is_easily_found_is_refused_with_the_reason(house, password, why):
    with pytest.raises(passwords.WeakPassword) as refused:
        passwords.check(password, handle="by-na-officer", party="BY")
    assert why in refused.value.fields["reasons"]


def test_common_passwords_are_refused_whatever_their_case(house):
    found = passwords.CommonPasswordValidator().passwords
    for each in [each for each in sorted(found) if len(each) >= 15][:5]:
        with pytest.raises(passwords.WeakPassword):
            passwords.check(each.upper())


def test_the_same_word_in_another_form_of_unicode_opens(house):
    composed, apart = "café au lait, sept tasses", "cafe\u0301 au lait, sept tasses"
    account = house.account("BY", "analyst", password=apart)
    assert account.check_password(composed)
    assert account.check_password(apart)
    assert sign_in(house.client(), "by-analyst", composed).status_code == 302
    assert sign_in(house.client(), "by-analyst", composed.upper()).status_code == 403


def test_spaces_at_both_ends_belong_to_the_password(house):
    house.account("BY", "analyst", password=f"  {GOOD} ")
    assert sign_in(house.client(), "by-analyst", GOOD).status_code == 403
    assert sign_in(house.client(), "by-analyst", f"  {GOOD} ").status_code == 302


@pytest.mark.parametrize(
    "password", ["", "\0", "x\0y", "x" * 100_000, "\ud800".encode("utf-8", "surrogatepass")]
)
@pytest.mark.parametrize("handle", ["by-analyst", "", "\0", "x" * 5000, "'--", " by-analyst"])
def test_whatever_is_typed_at_the_entrance_is_answered(house, quick_hasher, handle, password):
    house.account("BY", "analyst", password=GOOD)
    assert sign_in(house.client(), handle, password).status_code == 403
    sent = {"handle": handle, "code": password, "password": password, "again": password}
    assert house.client().post("/join/", sent).status_code == 403


def test_passwords_are_hashed_by_a_slow_function(house):
    house.account("BY", "analyst", password=GOOD)
    kept = Account.objects.get(handle="by-analyst").password
    assert kept.startswith("scrypt$")
    assert GOOD not in kept


def digests(words):
    return sorted(sha1(each.encode(), usedforsecurity=False).hexdigest().upper() for each in words)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 500])
def test_a_stolen_password_is_found_in_a_sorted_file(tmp_path, size, counted, ending):
    there, absent = [f"stolen {n}" for n in range(size)], [f"never {n}" for n in range(200)]
    lines = [f"{each}:{number * 7}" if counted else each for number, each in enumerate(digests(there))]
    path = tmp_path / "breached"
    path.write_text("".join(f"{each}{ending}" for each in lines), newline="")
    assert [each for each in digests(there) if not passwords.stands_in(path, each)] == []
    assert [each for each in digests(absent) if passwords.stands_in(path, each.lower())] == []


def test_a_file_without_a_last_line_break_is_read_whole(tmp_path):
    path = tmp_path / "breached"
    path.write_text("\n".join(digests(["one", "two"])))
    assert all(passwords.stands_in(path, each) for each in digests(["one", "two"]))


def test_a_password_in_the_operators_file_is_refused(house, tmp_path):
    path = tmp_path / "breached"
    path.write_text("\n".join(f"{each}:3" for each in digests([GOOD])) + "\n")
    with override_settings(BREACHED=str(path)), pytest.raises(passwords.WeakPassword) as refused:
        passwords.check(GOOD)
    assert "theft" in refused.value.fields["reasons"]


class Counted:
    """A file that counts how much of it is read."""

    def __init__(self, path):
        self.path, self.read = path, 0

    def stat(self):
        return self.path.stat()

    def open(self, mode):
        opened = self.path.open(mode, buffering=0)
        outer = self

        class Reading:
            def __enter__(self):
                return self

            def __exit__(self, *_fault):
                opened.close()

            def __getattr__(self, name):
                return getattr(opened, name)

            def readline(self):
                line = opened.readline()
                outer.read += len(line)
                return line

        return Reading()


def test_of_a_large_file_a_few_lines_are_read(tmp_path):
    path = tmp_path / "breached"
    path.write_text("".join(f"{each}:1\n" for each in digests(str(n) for n in range(30_000))))
    file = Counted(path)
    assert not passwords.stands_in(file, "0" * 40)
    assert 0 < file.read < path.stat().st_size / 500
