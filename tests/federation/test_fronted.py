"""Exported journals behind a real nginx: verified over HTTP, kept from others by a token, cached by another nginx."""

import re
import urllib.error
import urllib.request

import pytest

from commonwatch.charter.label import Label
from commonwatch.config.commands import exporting, fronting
from commonwatch.journal import verify
from commonwatch.register.models import Journal
from tests.federation import nginx
from tests.journal import peer
from tests.register.conftest import CENTER, small, write

__all__ = ["small"]
pytestmark = pytest.mark.nginx
PUBLIC = "small/BY/real/h0-public/1"
NARROW = "small/BY/real/h2-center/1"
EVERYBODY = Label(level="H0", parties=("*",))

CACHE = """\
    proxy_cache_path {folder} keys_zone=journals:1m;
"""
PASSED = """\
    location / {{
        proxy_pass {url};
        proxy_cache journals;
        proxy_cache_lock on;
    }}
"""


@pytest.fixture
def told(small):
    """A node with a journal for everybody and one for Belarus and the Center."""
    by = small.officer(party="BY")
    write(by=by, subject="report/BY/open", label=EVERYBODY, times=600)
    write(by=by, subject="report/BY/narrow", label=CENTER, times=3)
    return small


class Fronted:
    """An exported tree behind nginx, and what was told to whom."""

    def __init__(self, front, out, beside):
        self.front, self.out = front, out
        self.token, self.tree = re.search(r'"Bearer (\w+)" "(\w+)"', beside.read_text()).groups()

    @property
    def narrow(self):
        return f"/{self.tree}/journals/{NARROW}"


@pytest.fixture
def fronted(told, tmp_path):
    """The journals of the node, exported and given out by nginx with the lines that the command wrote."""
    out, lines = tmp_path / "out", tmp_path / "journals.conf"
    done = exporting.export(out, audiences=["public", NARROW])
    paths = fronting.write(lines, out, done["trees"])
    http = f"include {paths[1]};"
    with nginx.running(tmp_path / "front", http=http, server=f"include {paths[0]};") as front:
        yield Fronted(front, out, lines.with_name(f"{lines.name}.tokens"))


def get(url, **headers):
    """Ask for an address; return status, headers and body."""
    try:
        asked = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own nginx
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


class Fetched(verify.FolderSource):
    """A journal read over HTTP."""

    def __init__(self, url, **headers):
        self.url, self.headers = url, headers

    def _get(self, path):
        status, _headers, body = get(f"{self.url}/{path}", **self.headers)
        if status == 404:
            raise FileNotFoundError(path)
        assert status == 200, (status, path)
        return body

    def checkpoint(self):
        return self._get("checkpoint").decode()

    def tile(self, path):
        return self._get(str(path))


def test_our_verifier_reads_a_public_journal_over_http(fronted):
    url = f"{fronted.front.url}/journals/{PUBLIC}"
    key = get(f"{url}/key")[2].decode().strip()
    assert key == Journal.objects.get(origin=PUBLIC).key
    done = verify.verify_journal(Fetched(url), vkey=key, entries="strict")
    assert done.checkpoint.size == 601
    assert get(f"{fronted.front.url}/journals/")[2].decode() == f"{PUBLIC}\n"


@pytest.mark.go
def test_go_reads_a_public_journal_over_http(fronted, tmp_path):
    program = peer.build(tmp_path)
    url = f"{fronted.front.url}/journals/{PUBLIC}"
    assert peer.ask(program, url, Journal.objects.get(origin=PUBLIC).key) == "ok 601 0"


def test_a_tree_of_some_readers_is_given_to_its_token_alone(fronted):
    url = fronted.front.url + fronted.narrow
    paths = ("checkpoint", "key", "tile/0/000.p/4", "tile/entries/000.p/4", "tile/0/absent", "absent")
    for path in paths:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {fronted.token}"}):
            status, said, body = get(f"{url}/{path}", **headers)
            assert (status, said["WWW-Authenticate"]) == (401, "Bearer"), path
            assert b"small" not in body
    assert get(f"{fronted.front.url}/{fronted.tree}/journals/")[0] == 401
    bearer = {"Authorization": f"Bearer {fronted.token}"}
    row = Journal.objects.get(origin=NARROW)
    assert verify.verify_journal(Fetched(url, **bearer), vkey=row.key).checkpoint.size == row.size == 4
    assert get(f"{url}/absent", **bearer)[0] == 404


def test_nothing_beside_the_trees_is_given_out(fronted):
    bearer = {"Authorization": f"Bearer {fronted.token}"}
    for path in (
        f"/journals/{NARROW}/checkpoint",
        f"/journals/../{fronted.tree}/journals/{NARROW}/checkpoint",
        f"/journals/%2e%2e/%2e%2e/{fronted.tree}/journals/{NARROW}/checkpoint",
        f"/{exporting.MARK}",
        "/public/journals/index.txt",
        f"/{fronted.tree}/journals/{PUBLIC}/checkpoint",
    ):
        assert get(fronted.front.url + path)[0] in {400, 401, 404}, path
        assert get(fronted.front.url + path, **bearer)[0] in (
            {400, 404} if NARROW not in path else {200, 400, 404}
        )


def test_caches_are_told_what_lasts(fronted):
    def told_of(path, **headers):
        status, said, _body = get(fronted.front.url + path, **headers)
        assert status == 200
        return said["Cache-Control"]

    public = f"/journals/{PUBLIC}"
    assert told_of(f"{public}/tile/0/000") == "public, max-age=31536000, immutable"
    for path in ("tile/entries/000", "checkpoint", "key"):
        assert told_of(f"{public}/{path}") == "public, no-cache"
    bearer = {"Authorization": f"Bearer {fronted.token}"}
    assert told_of(f"{fronted.narrow}/tile/0/000.p/4", **bearer) == "private, max-age=31536000, immutable"
    assert told_of(f"{fronted.narrow}/checkpoint", **bearer) == "private, no-cache"
    absent = get(f"{fronted.front.url}{public}/tile/0/009")
    assert (absent[0], absent[1]["Cache-Control"]) == (404, None)


def test_a_cache_in_front_asks_for_a_hash_tile_once_and_for_a_checkpoint_each_time(fronted, told, tmp_path):
    http = CACHE.format(folder=tmp_path / "cached")
    tile, bundle = f"/journals/{PUBLIC}/tile/0/000", f"/journals/{PUBLIC}/tile/entries/000"
    signed = f"/journals/{PUBLIC}/checkpoint"
    key = Journal.objects.get(origin=PUBLIC).key
    with nginx.running(tmp_path / "cache", http=http, server=PASSED.format(url=fronted.front.url)) as cache:
        source = Fetched(f"{cache.url}/journals/{PUBLIC}")
        assert verify.verify_journal(source, vkey=key).checkpoint.size == 601
        first = fronted.front.asked()
        assert verify.verify_journal(source, vkey=key).checkpoint.size == 601
        again = fronted.front.asked()[len(first) :]
        assert tile in first
        assert not [path for path in again if re.search("/tile/[0-9]", path)]
        assert {signed, bundle} <= set(again)
        write(by=told.officer(party="BY"), subject="report/BY/late", label=EVERYBODY, times=400)
        exporting.export(fronted.out)
        assert verify.verify_journal(source, vkey=key).checkpoint.size == 1001
        assert fronted.front.asked().count(tile) == 1
        narrow = get(cache.url + fronted.narrow + "/checkpoint", Authorization=f"Bearer {fronted.token}")
        assert narrow[0] == 200
        assert get(cache.url + fronted.narrow + "/checkpoint")[0] == 401
