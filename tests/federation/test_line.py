"""The line to a peer: whose certificate is believed, and what a peer that means harm can cost."""

import gzip
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from commonwatch.federation import line as lines
from commonwatch.federation.line import NotReached, Wire

LOOPBACK = frozenset({"127.0.0.1"})


class Speaker(BaseHTTPRequestHandler):
    """Answers a path by what the server was told to do."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.act(self)

    def log_message(self, *_args):
        pass


def whole(body, **headers):
    def act(handler):
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return act


@contextmanager
def speaking(act, *, context=None):
    """Serve on the loopback for the length of the block; give the server and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    server.act, server.asked = act, []
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        scheme = "https" if context else "http"
        yield server, f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def secured(tmp_path):
    """A certificate for the loopback that signs itself: the context of a server, the file, the digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SAMPLE node")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "node.pem", tmp_path / "node.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, pem, sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def ask(address, *, most=1000, **given):
    return Wire(party="BY", address=address, **given).get("/x", headers={"A": "b"}, most=most)


def test_an_answer_comes_whole_with_its_headers(secured):
    with speaking(whole(b"hello", X_Clock="5")) as (server, address):
        answer = ask(address, plain=LOOPBACK)
    assert (answer.status, answer.body, answer.headers["x-clock"]) == (200, b"hello", "5")
    assert server.asked[0][1]["A"] == "b"


def test_a_private_authority_is_believed_where_it_is_named_and_nowhere_else(secured):
    context, pem, _digest = secured
    with speaking(whole(b"hello"), context=context) as (_server, address):
        assert ask(address, ca=str(pem)).body == b"hello"
        with pytest.raises(NotReached, match=r"(?i)certificate"):
            ask(address)


def test_a_pinned_certificate_is_the_only_one_that_is_believed(secured):
    context, _pem, digest = secured
    with speaking(whole(b"hello"), context=context) as (_server, address):
        assert ask(f"{address}#sha256:{digest}").body == b"hello"
        with pytest.raises(NotReached, match=r"(?i)fingerprint"):
            ask(f"{address}#sha256:{'0' * 64}")


def test_an_answer_without_end_costs_what_was_set_aside_for_it():
    def act(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    with speaking(act) as (_server, address), pytest.raises(NotReached, match="longer"):
        ask(address, plain=LOOPBACK, most=1_000_000)


def test_an_answer_that_unpacks_to_a_thousand_times_its_size_is_given_up():
    body = gzip.compress(bytes(300_000_000), 9)
    sent = whole(body, Content_Encoding="gzip")
    with speaking(sent) as (_server, address), pytest.raises(NotReached, match="longer"):
        ask(address, plain=LOOPBACK, most=1_000_000)


def test_a_byte_now_and_then_is_given_up(monkeypatch):
    monkeypatch.setattr(lines, "WHOLE", 0.5)
    monkeypatch.setattr(lines, "CHUNK", 1)

    def act(handler):
        handler.send_response(200)
        handler.end_headers()
        for _turn in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    with speaking(act) as (_server, address), pytest.raises(NotReached, match="slowly"):
        ask(address, plain=LOOPBACK)


def test_nobody_is_followed_elsewhere():
    def act(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with speaking(act) as (server, address):
        assert ask(address, plain=LOOPBACK).status == 302
    assert [path for path, _headers in server.asked] == ["/x"]


def test_an_answer_that_breaks_off_is_no_answer():
    def act(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    with speaking(act) as (_server, address), pytest.raises(NotReached):
        ask(address, plain=LOOPBACK)
