"""What people do about the ways by which they are told. Ways are papers of this node, no entries."""

import hmac
from collections.abc import Iterable
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest

from commonwatch.access import limits, secrets
from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.logs import note
from commonwatch.access.models import Account
from commonwatch.desks.notices import rules
from commonwatch.desks.notices.models import PLANNED, REFUSED, UNSURE, Told, Way, Webhook
from commonwatch.errors import Refusal, _
from commonwatch.register import node


class WrongCode(Refusal):
    """Wrong, used, and too old look alike."""

    code, status = "notices.wrong-code", 422
    says = _("This is not the code that was sent.")
    hint = _("Type the eight figures of the last message, or let a new code be sent.")


class NoSuchMessage(Refusal):
    """Absent, somebody else's, and one that is known to have arrived look alike."""

    code, status = "notices.no-such-message", 404
    says = _("There is no such message that could be sent again.")
    hint = _("Only what was perhaps sent, or was refused, is sent again by hand.")


class NoWebhook(Refusal):
    """The party has none."""

    code, status = "notices.no-webhook", 404
    says = _("Your party has no webhook.")
    hint = _("Set an address first.")


class NoLanguage(Refusal):
    """A language in which there are no messages."""

    code, status = "notices.no-language", 422
    says = _("There are no messages in that language.")
    hint = _("Choose one of those listed.")


def way_of(account: Account, *, language: str = "en") -> Way:
    """Return how an account is told; one that is not kept yet when there is none."""
    found = Way.objects.filter(account=account).first()
    return found or Way(account=account, language=language if language in dict(settings.LANGUAGES) else "en")


def want_address(account: Account, *, text: str, language: str, request: HttpRequest) -> tuple[Way, str]:
    """Keep an address that is to be verified; return the way, and the code that is to be sent there.

    Until the code is given, messages go where they went before.

    :raises BadAddress: when nothing can be sent there.
    :raises TooManyTries: when too many codes were asked for, by this account or for this address.
    """
    address = rules.check_address(text)
    limits.count("notices-code", handle=account.handle, request=request)
    limits.count("notices-address", handle=address.lower())
    way = way_of(account, language=language)
    code = f"{int.from_bytes(node.current().random(8)) % 10**8:08d}"
    way.wanted, way.code = address, _digest(account, address, code)
    way.code_until = node.current().clock() + rules.CODE_LASTS * rules.MINUTE
    way.save()
    return way, code


def give_code(account: Account, *, typed: str, request: HttpRequest) -> None:
    """Take the code that came to an address: from now on messages go there.

    :raises WrongCode: also when there is none, or it is too old.
    :raises TooManyTries: before anything is examined.
    """
    limits.count("notices-try", handle=account.handle, request=request)
    way, now = way_of(account), node.current().clock()
    code = "".join(each for each in typed[:40] if each.isdecimal() and each.isascii())
    good = way.wanted and now < way.code_until
    if not good or not hmac.compare_digest(way.code, _digest(account, way.wanted, code)):
        raise WrongCode
    limits.forget("notices-try", handle=account.handle, request=request)
    way.address, way.verified_at, way.stopped = way.wanted, now, ""
    way.wanted, way.code, way.code_until = "", "", 0
    way.save()
    note("told-by-mail", party=account.party, account=account.handle)


def forget_address(account: Account) -> None:
    """Send this account nothing more by mail, and keep no address of it."""
    Way.objects.filter(account=account).update(
        address="", verified_at=None, wanted="", code="", code_until=0, stopped=""
    )
    note("not-told-by-mail", party=account.party, account=account.handle)


def keep_choices(
    account: Account, *, language: str, hours: rules.Quiet | None, wanted: Iterable[str], pause: str
) -> None:
    """Keep in which language, when and of which kinds an account is told.

    :raises NoLanguage: when there are no messages in it.
    """
    if language not in dict(settings.LANGUAGES):
        raise NoLanguage
    way = way_of(account)
    way.language = language
    way.quiet_since, way.quiet_until = (hours.since, hours.until) if hours else (None, None)
    way.zone = hours.zone if hours else way.zone
    way.quiet_days = "".join(str(each) for each in sorted(hours.days)) if hours else ""
    way.unwanted = ",".join(each for each in rules.KINDS if each not in set(wanted))
    way.paused_until = pause
    way.save()


def send_again(*, by: Actor, id: str) -> None:
    """Let what was perhaps sent, or was refused, be sent once more: one's own, or of one's party's webhook.

    The worker sends it if it still waits.

    :raises NoSuchMessage: also when it is somebody else's, or arrived.
    """
    names = [by.account, *([f"@{by.party}"] if by.may("notices.set-webhook") else [])]
    found = Told.objects.filter(account__in=names, pk=id, account_party=by.party, mode=by.mode)
    known = id.isalnum() and found.filter(state__in=(UNSURE, REFUSED)).exists()
    if not known:
        raise NoSuchMessage
    found.update(state=PLANNED, reason="", next_at=0, at=node.current().clock())


def webhook_of(by: Actor) -> Webhook | None:
    """Return the webhook of an actor's party.

    :raises NotMandated: when the office may not see to it.
    """
    require(by, "notices.set-webhook")
    return Webhook.objects.filter(account_party=by.party).first()


def set_webhook(*, by: Actor, account: Account, text: str) -> str:
    """Set where the party's own system is told, and return its new secret, this once.

    :raises NotMandated, ConfirmItIsYou: who sets it proves first who they are.
    :raises BadHook: when nothing is sent there.
    """
    require(by, "notices.set-webhook")
    require_fresh(by)
    url = rules.check_hook(text, plain=rules.plain_hosts(settings.WEBHOOKS_ALLOW))
    secret = rules.write_secret(node.current().random(32))
    values = {
        "account": account,
        "url": url,
        "secret": secrets.encrypt(secret),
        "stopped": "",
        "tried_at": None,
    }
    values["set_at"] = node.current().clock()
    Webhook.objects.update_or_create(account_party=by.party, defaults=values)
    note("webhook-set", party=by.party, account=by.account)
    return secret


def remove_webhook(*, by: Actor) -> None:
    """Tell the party's own system nothing more.

    :raises NotMandated, ConfirmItIsYou: as for setting it.
    :raises NoWebhook: when there is none.
    """
    require(by, "notices.set-webhook")
    require_fresh(by)
    if not Webhook.objects.filter(account_party=by.party).delete()[0]:
        raise NoWebhook
    note("webhook-removed", party=by.party, account=by.account)


def secret_of(*, by: Actor, request: HttpRequest) -> tuple[str, str]:
    """Return address and secret of the party's webhook, for a message by which somebody tries it.

    :raises NotMandated: when the office may not see to it.
    :raises NoWebhook: when there is none.
    :raises TooManyTries: when it was tried too often.
    """
    found = webhook_of(by)
    if found is None:
        raise NoWebhook
    limits.count("notices-trial", handle=by.party, request=request)
    return found.url, secrets.decrypt(found.secret)


def keep_trial(*, by: Actor, stopped: str | None) -> None:
    """Keep what a trial showed: `stopped` is why the address was refused, "" that it works, None what nobody knows."""
    values = {"tried_at": node.current().clock()} | ({} if stopped is None else {"stopped": stopped})
    Webhook.objects.filter(account_party=by.party).update(**values)


def _digest(account: Account, address: str, code: str) -> str:
    return sha256(f"{account.handle}\x1f{address}\x1f{code}".encode()).hexdigest()
