"""Mail: to the server that COMMONWATCH_MAIL names, or into a folder, for trying.

SMTP is spoken step by step (RFC 5321), so that it is known whether a message was handed over when a line breaks.
"""

import re
import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings

from commonwatch.desks.notices.sending.outcome import Begin, Message, NotNow, Refused, Unsure
from commonwatch.errors import _

WAIT: Final = 20
PORTS: Final = {"smtp": 25, "smtps": 465}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def send(message: Message, begin: Begin) -> None:
    """Send a message by mail.

    :raises NotNow: when it was not taken and may be later: also when nothing is set up.
    :raises Refused: when the server takes nothing for that address.
    :raises Unsure: when the line broke after the message was handed over.
    """
    where = urlsplit(settings.MAIL)
    data = written(message)
    if where.scheme == "file":
        _put(Path(unquote(where.path)), message, data, begin)
    elif where.scheme in PORTS and where.hostname:
        _carry(where.scheme, message, data, begin)
    else:
        raise NotNow(_("No mail is set up on this node"), everybody=True)


def written(message: Message) -> bytes:
    """Write a message as it goes over the wire: plain text, named so that a second copy is known as one."""
    sender = settings.MAIL_FROM
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(addr_spec=sender)
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(EPOCH + timedelta(microseconds=message.at))
    mail["Message-ID"] = f"<{message.name}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte="quoted-printable")
    mail["Content-Language"] = message.language  # set_content takes away what begins with Content-
    return mail.as_bytes()


def _put(folder: Path, message: Message, data: bytes, begin: Begin) -> None:
    """Put a message into a folder, whole or not at all; a second copy takes the place of the first."""
    begin()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f".{message.name}"
        draft.write_bytes(data)
        draft.replace(folder / f"{message.name}.eml")
    except OSError as fault:
        raise NotNow(
            _("The folder for mail cannot be written"), fault.strerror or "", everybody=True
        ) from None


def _carry(scheme: str, message: Message, data: bytes, begin: Begin) -> None:
    try:
        server = _reached(scheme)
    except (OSError, smtplib.SMTPException) as fault:
        raise NotNow(_("The mail server cannot be reached"), _said(fault), everybody=True) from None
    try:
        _agree(server, message.to)
        begin()
        _hand_over(server, data)
    finally:
        server.close()


def _reached(scheme: str) -> smtplib.SMTP:
    """Connect and sign in. TLS is used where the server offers it, and demanded where a password is sent."""
    where = urlsplit(settings.MAIL)
    host, port = where.hostname or "", where.port or PORTS[scheme]
    safe = ssl.create_default_context()
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=WAIT, context=safe)
    else:
        server = smtplib.SMTP(host, port, timeout=WAIT)
    try:
        server.ehlo_or_helo_if_needed()
        if scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=safe)
            server.ehlo()
        if where.username:
            _sign_in(server, unquote(where.username), unquote(where.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _sign_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("it offers no TLS, and a password does not travel in clear")
    server.login(user, password)


def _agree(server: smtplib.SMTP, to: str) -> None:
    """Name sender and receiver, and be told to go on. Nothing has left the house yet."""
    try:
        code, says = server.docmd("MAIL", f"FROM:<{settings.MAIL_FROM}>")
        if code != 250:
            raise NotNow(_("The mail server refuses the sender"), f"{code} {_text(says)}", everybody=True)
        code, says = server.docmd("RCPT", f"TO:<{to}>")
        if code not in {250, 251}:
            raise _refusal(code, says)
        code, says = server.docmd("DATA")
        if code != 354:
            raise _refusal(code, says)
    except (OSError, smtplib.SMTPException) as fault:
        raise NotNow(_("The mail server broke off"), _said(fault)) from None


def _hand_over(server: smtplib.SMTP, data: bytes) -> None:
    """Send the message itself, and hear whether it was taken."""
    lines = re.sub(rb"(?m)^\.", b"..", data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    try:
        server.send(lines.removesuffix(b"\r\n") + b"\r\n.\r\n")
        code, says = server.getreply()
    except (OSError, smtplib.SMTPException) as fault:
        raise Unsure(_("The mail server broke off after the message was handed over"), _said(fault)) from None
    if code != 250:
        raise _refusal(code, says)


def _refusal(code: int, says: bytes) -> NotNow | Refused:
    """Tell a refusal for good (5xx) from one for the moment (4xx); 552 and 452 are of a mailbox that is full."""
    text = f"{code} {_text(says)}"
    if 500 <= code < 600 and code not in {521, 552}:
        return Refused(_("The mail server refuses the address or the message"), text)
    return NotNow(_("The mail server takes nothing at present"), text)


def _text(says: bytes) -> str:
    return says.decode("utf-8", errors="replace")


def _said(fault: Exception) -> str:
    """Say what went wrong, without what was sent: no password stands in it."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error if isinstance(fault.smtp_error, bytes) else b'')}"
    if isinstance(fault, socket.gaierror | OSError) and fault.strerror:
        return str(fault.strerror)
    return str(fault) or type(fault).__name__
