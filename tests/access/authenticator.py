"""An app that gives one-time codes (RFC 6238), and what the tests do with it."""

import base64
import hmac
import re
import struct
import time


def code_at(secret, *, steps=0):
    """The code of the present half minute, or of one `steps` later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def typed_key(html):
    """The key as the page of the set-up shows it in letters."""
    return re.search(r'id="secret">([A-Z2-7]+)<', html)[1]


def sign_in(client, handle, password, to=""):
    return client.post("/sign-in/", {"handle": handle, "password": password, "next": to})


def with_app(client, handle, password):
    """Sign in for the first time and set up an app; return its key."""
    sign_in(client, handle, password)
    secret = typed_key(client.get("/account/factor/app/").content.decode())
    answer = client.post("/account/factor/app/", {"code": code_at(secret)})
    assert answer["Location"] == "/account/factor/codes/", answer.content.decode()
    return secret
