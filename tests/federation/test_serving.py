"""Journals as any tlog client reads them: our own verifier over HTTP, and Go's checksum database code."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.core.handlers.wsgi import WSGIHandler

from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.journal import verify
from commonwatch.register import node as nodes
from commonwatch.register import rekey
from commonwatch.register.models import Journal
from tests.exchange.test_acts import file
from tests.journal import peer

PUBLIC = "csto/BY/real/h0-public/1"


@pytest.fixture
def told(house):
    """A house with a journal for everybody and some for others."""
    acts.activate_type(by=house.lead(), type="T1", ground="Cases reported", since=0)
    reports = [
        Sent(type="T1", period=f"{year}-{month:02d}-{day:02d}", level="H0", audience="public",
             values={"cases_total": day, "deaths_total": 0})
        for year in (2020, 2021) for month in range(2, 13) for day in range(1, 28)
    ]  # fmt: skip
    acts.submit_reports(by=house.na("BY"), reports=reports, channel="api")
    file(house, "BY", level="H2", audience="center")
    return house


class Served(verify.FolderSource):
    """A journal read through the pages of a node."""

    def __init__(self, client, origin):
        self.client, self.origin = client, origin

    def checkpoint(self):
        return self.client.get(f"/journals/{self.origin}/checkpoint").content.decode()

    def tile(self, path):
        answer = self.client.get(f"/journals/{self.origin}/{path}")
        if answer.status_code == 404:
            raise FileNotFoundError(path)
        return answer.content


def test_a_served_journal_verifies_tile_by_tile(told):
    source = Served(told.client(), PUBLIC)
    key = told.client().get(f"/journals/{PUBLIC}/key").content.decode().strip()
    verified = verify.verify_journal(source, vkey=key, entries="strict")
    assert verified.checkpoint.size == Journal.objects.get(origin=PUBLIC).size == 595


def test_every_reader_finds_the_journals_of_its_audiences_and_no_other(told):
    def listed(*seat):
        text = told.client(*seat).get("/journals/", headers={"Accept": "text/plain"}).content.decode()
        return set(text.split())

    narrow, members, public = "csto/BY/real/h2-center/1", "csto/BY/real/h1-members/1", PUBLIC
    crc = "csto/CRC/real/h1-members/1"
    assert listed() == {public}
    own = "csto/KZ/real/h1-own/1"
    assert listed("KZ", "na-officer") == {public, members, crc, own}
    assert listed("BY", "na-officer") == {public, members, crc, narrow} | {"csto/BY/real/h1-own/1"}
    assert listed("CRC", "duty") == {public, members, crc, narrow} | {"csto/CRC/real/h1-own/1"}
    for path in ("checkpoint", "key", "tile/0/000.p/2", "tile/entries/000.p/2"):
        forbidden = told.client("KZ", "na-officer").get(f"/journals/{narrow}/{path}")
        absent = told.client("KZ", "na-officer").get(f"/journals/csto/BY/real/h2-nobody/1/{path}")
        assert (forbidden.status_code, forbidden.content) == (absent.status_code, absent.content)
        assert forbidden.status_code == 404
        assert told.client("CRC", "duty").get(f"/journals/{narrow}/{path}").status_code == 200


def test_only_what_the_present_size_has_is_served(told):
    client = told.client()
    for path in (
        "tile/0/003",
        "tile/0/002",
        "tile/0/002.p/84",
        "tile/1/000",
        "tile/0/0",
        "tile/entries/002",
        "tile/x",
    ):
        assert client.get(f"/journals/{PUBLIC}/{path}").status_code == 404, path
    assert len(client.get(f"/journals/{PUBLIC}/tile/0/001").content) == 256 * 32
    assert len(client.get(f"/journals/{PUBLIC}/tile/0/002.p/83").content) == 83 * 32
    assert len(client.get(f"/journals/{PUBLIC}/tile/1/000.p/2").content) == 2 * 32
    kept = client.get(f"/journals/{PUBLIC}/tile/0/000")["Cache-Control"]
    assert "immutable" in kept
    assert "no-cache" in client.get(f"/journals/{PUBLIC}/tile/entries/000")["Cache-Control"]


class Quiet(WSGIRequestHandler):
    """Says nothing on the screen."""

    def log_message(self, *_args):
        return


@pytest.mark.go
def test_go_s_checksum_database_reads_a_journal_that_we_serve(told, tmp_path):
    program = peer.build(tmp_path)
    from django.db import connections

    handler = WSGIHandler()

    def answer(environ, start_response):
        with nodes.use(told.node):
            try:
                return list(handler(environ, start_response))
            finally:
                connections["default"].close()

    server = WSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/journals/{PUBLIC}"
        said = peer.ask(program, url, Journal.objects.get(origin=PUBLIC).key)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "595" in said, said


def test_how_a_key_changed_is_served_and_the_page_leads_there(told):
    client = told.client("BY", "na-officer")
    served = Served(client, PUBLIC)
    first = Journal.objects.get(origin=PUBLIC).key
    assert client.get(f"/journals/{PUBLIC}/key-changes").content == b""
    assert f"{PUBLIC}/key-changes" not in client.get("/journals/").content.decode()

    persons = rekey.Two(told.na("BY"), told.lead(), "SAMPLE: yearly")
    rekey.change("BY", persons)
    more = Sent(
        type="T1",
        period="2022-02-01",
        level="H0",
        audience="public",
        values={"cases_total": 1, "deaths_total": 0},
    )
    acts.submit_reports(by=told.na("BY"), reports=[more], channel="api")
    changes = client.get(f"/journals/{PUBLIC}/key-changes").content.decode()
    assert f"{PUBLIC}/key-changes" in client.get("/journals/").content.decode()
    now = client.get(f"/journals/{PUBLIC}/key").content.decode().strip()
    assert now != first
    for key in (first, now):
        proved = verify.verify_journal(served, vkey=key, changes=changes)
        assert proved.checkpoint.size == Journal.objects.get(origin=PUBLIC).size
