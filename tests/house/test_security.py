"""What holds for every answer and for the house: headers, limits, plain error pages, no secret in the source."""

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from types import ModuleType

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import path

from commonwatch.access.models import Event
from commonwatch.config import urls as street
from tests.house.test_reading import opened_paths, told  # noqa: F401 - the fixture
from tests.house.tree import ROOT, list_of

PLAIN = {
    "health",
    *(f"federation:{name}" for name in ("tile", "checkpoint", "key", "key-changes", "card")),
}


def checked(*words, **env):
    """Run a management command with the settings of an operator."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COMMONWATCH", "DATABASE"))
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *words],
        cwd=ROOT, env=kept | env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_node_behind_tls_passes_the_framework_s_own_check_for_deployment(tmp_path):
    env = {"COMMONWATCH_HOME": str(tmp_path), "COMMONWATCH_HTTPS": "1", "COMMONWATCH_PROXIES": "1"}
    done = checked(
        "check", "--deploy", "--fail-level", "WARNING", COMMONWATCH_HOSTS="watch.example.org", **env
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_behind_tls_cookies_are_bound_to_the_host_and_browsers_keep_to_https(tmp_path):
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS",
             "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_PROXY_SSL_HEADER")  # fmt: skip
    asks = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    env = {"COMMONWATCH_HOME": str(tmp_path), "COMMONWATCH_HTTPS": "1"}
    alone = json.loads(checked("shell", "-v", "0", "-c", asks, **env).stdout)
    assert alone == ["__Host-commonwatch", "__Host-csrftoken", True, 31536000, False, None]
    more = {"COMMONWATCH_PROXIES": "1", "COMMONWATCH_HSTS_SUBDOMAINS": "1"}
    behind = json.loads(checked("shell", "-v", "0", "-c", asks, **env, **more).stdout)
    assert behind[4:] == [True, ["HTTP_X_FORWARDED_PROTO", "https"]]


def test_behind_tls_pages_are_led_to_https_and_programs_are_refused(house):
    behind = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"), "SECURE_SSL_REDIRECT": True}
    with override_settings(**behind, SECURE_REDIRECT_EXEMPT=["^health$"]):
        client = house.client()
        page = client.get("/sign-in/")
        assert (page.status_code, page["Location"]) == (301, "https://testserver/sign-in/")
        refused = client.get("/api/reports")
        assert (refused.status_code, refused.json()["code"]) == (403, "api.https-needed")
        assert client.get("/health").status_code == 200
        over = {"X-Forwarded-Proto": "https"}
        assert client.get("/sign-in/", headers=over).status_code == 200
        assert client.get("/api/reports", headers=over).status_code == 401


def test_every_answer_carries_the_headers_and_nothing_that_is_not_public_stays_in_a_cache(told):  # noqa: F811
    client, faults = told.client("BY", "na-officer"), []
    for name, address in opened_paths(told):
        answer = client.get(address)
        for header, wanted in (
            ("Permissions-Policy", "camera=()"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Content-Security-Policy", "default-src 'none'"),
        ):
            if wanted not in answer.get(header, ""):
                faults.append(f"{address} lacks {header}")
        kept = answer.get("Cache-Control", "")
        if name not in PLAIN and kept not in {"no-store", "private, no-cache", "private, no-store"}:
            caching = {each.strip() for each in kept.split(",")}
            if not caching & {"no-store", "private"}:
                faults.append(f"{address} may stay in a cache: {kept}")
    assert not faults, list_of(sorted(set(faults)))


def test_a_body_larger_than_anything_here_is_refused_before_it_is_read(house):
    client = house.client("BY", "na-officer")
    Event.objects.all().delete()
    for address, kind, body in (
        ("/waivers/", "application/x-www-form-urlencoded", b"a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)),
        ("/reports/new/D1/sheet/", "multipart/form-data; boundary=x", b"a" * (settings.UPLOAD_MOST + 1)),
    ):
        answer = client.post(address, body, content_type=kind)
        assert answer.status_code == 413
        assert "more than is taken at once" in answer.content.decode()
    assert set(Event.objects.values_list("kind", flat=True)) == {"too-large"}


def test_a_program_hears_of_a_body_that_is_too_large_as_a_problem(house):
    body = b"a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = house.client().post("/api/reports", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "ui.too-large"


def test_a_form_with_more_fields_than_any_of_ours_is_refused(house):
    fields = {f"f{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert house.client("BY", "na-officer").post("/waivers/", fields).status_code == 413


def fails(_request):
    raise RuntimeError("the reactor is at 10.0.0.7")


@pytest.fixture
def failing_street(monkeypatch):
    """The street with two addresses more, at which something fails."""
    made = ModuleType("tests.house.failing_street")
    vars(made).update({name: value for name, value in vars(street).items() if name.startswith("handler")})
    made.urlpatterns = [path("fails/", fails), path("api/fails", fails), *street.urlpatterns]
    monkeypatch.setitem(sys.modules, made.__name__, made)
    with override_settings(ROOT_URLCONF=made.__name__):
        yield


@pytest.mark.parametrize(
    ("address", "status"), [("/nowhere/", 404), ("/api/nowhere", 404), ("/fails/", 500), ("/api/fails", 500)]
)
def test_what_no_view_answers_tells_nothing(house, failing_street, address, status):
    answer = house.client("BY", "na-officer", raise_request_exception=False).get(address)
    text = answer.content.decode()
    assert answer.status_code == status
    assert "10.0.0.7" not in text
    assert "Traceback" not in text
    assert answer["Content-Type"].startswith("application/problem+json") is address.startswith("/api/")


def test_a_request_for_another_host_is_refused_in_our_words(house):
    answer = house.client().get("/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "could not make sense" in answer.content.decode()
    assert "elsewhere" not in answer.content.decode()


SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|PRIVATE\+KEY\+|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{20,}|xox[bap]-|"
    r"\bcw_[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.|otpauth://totp/[^\s\"']*secret=[A-Z2-7]{16,}"
)
TOKEN = re.compile(r"[A-Za-z0-9+_=-]{32,}")
TEXT = {
    ".py",
    ".md",
    ".yaml",
    ".toml",
    ".html",
    ".js",
    ".css",
    ".json",
    ".in",
    ".sh",
    ".cfg",
    ".ini",
    ".env",
    "",
}
PUBLIC = (
    "requirements",
    "tests/vectors/",
    "tests/journal/",
    "commonwatch/ui/static/vendor/",
    "docs/images/",
    "docs/formats/journal.md",
    "docs/formats/bundle.md",
)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def bits(text):
    """Shannon's entropy of a text, in bits a character."""
    counts = Counter(text)
    return -sum(each / len(text) * math.log2(each / len(text)) for each in counts.values())


def test_no_secret_is_in_the_source():
    faults = []
    for name in tracked():
        data = (ROOT / name).read_bytes()
        text = data.decode("utf-8", errors="replace")
        if not name.startswith("tests/vectors/") and (hit := SECRETS.search(text)) and name != HERE:
            faults.append(f"{name}: {hit.group()[:24]}…")
        if name == HERE or name.startswith(PUBLIC) or (ROOT / name).suffix not in TEXT:
            continue
        found = filter(looks_random, TOKEN.findall(text))
        faults.extend(f"{name}: {each[:16]}… may be a key" for each in found)
    assert not faults, list_of(faults)


HERE = "tests/house/test_security.py"


def looks_random(token):
    """Say whether a run of characters looks like a key: letters of both cases and figures, without any order."""
    kinds = [any(map(test, token)) for test in (str.isupper, str.islower, str.isdigit)]
    return all(kinds) and bits(token) > 4.5 and not token.startswith(("http", "sha256"))


def test_the_look_for_secrets_finds_some():
    assert looks_random("kT7vQ2mZx9LpR4sWb8YcN3dHf6JgA1eU")
    assert SECRETS.search("-----BEGIN " + "PRIVATE KEY-----")
    assert not looks_random("commonwatch_config_commands_looking_and_more")
