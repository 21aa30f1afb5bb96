"""Putting an organisation pack in force, as an entry tells all members; where one comes or goes, by two persons."""

from collections.abc import Sequence

from django.utils.translation import gettext

from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.acts import new_subject
from commonwatch.access.pairs import Body, Shown, agreed, declare
from commonwatch.charter import compare
from commonwatch.charter.label import Label
from commonwatch.errors import Refusal, _
from commonwatch.register import adoption, log, node
from commonwatch.register.fact import PackAdopted

ADOPT = "access.adopt-pack"


class TakesTwo(Refusal):
    """Admitting or dismissing a member takes two persons."""

    code, status = "access.takes-two", 409
    says = _("Membership changes: {changes}. That takes two persons.")
    hint = _("Propose it; a colleague whose office has the same mandate joins.")


class NotTheCenters(Refusal):
    """Only the node's own party adopts."""

    code, status = "access.not-the-centers", 403
    says = _("The pack of this node is adopted by {center}, not by {party}.")
    hint = _("Ask {center} to adopt it.")


class BehindAdoption(Refusal):
    """Another pack was adopted meanwhile."""

    code, status = "access.behind-adoption", 409
    says = _("Another version of the pack was adopted since this one was compared.")
    hint = _("Compare it again, and adopt it then.")


@log.turn
def adopt(  # noqa: PLR0913 - what an adoption says, by name
    *,
    by: Actor,
    digest: str,
    version: str,
    summary: Sequence[str] = (),
    before: str = "",
    proposal: str = "",
) -> str:
    """Put the pack of this digest in force; return the subject of the adoption. It binds nodes from their next start.

    `summary` lists in codes what it changes (`charter.compare`), `before` is the digest with which it was compared.

    :raises NotMandated, ConfirmItIsYou, NotTheCenters, TakesTwo, BehindAdoption: naming what is wrong.
    """
    require(by, ADOPT)
    require_fresh(by)
    at = node.current()
    if by.party != at.party:
        raise NotTheCenters(center=at.party, party=by.party)
    said = body(digest=digest, version=version, summary=summary, before=before)
    if compare.takes_two(summary) and not agreed(proposal, act=ADOPT, body=said, reader=by):
        changes = [code for code in summary if compare.takes_two([code])]
        raise TakesTwo(changes=", ".join(changes))
    if before != adoption.in_force(at):
        raise BehindAdoption
    subject = new_subject("pack", by.party)
    fact = PackAdopted(
        version=version, digest=digest, before=before, changes=tuple(summary), proposal=proposal
    )
    log.append(fact, by=by, subject=subject, label=members_label(), settled=True)
    return subject


def members_label() -> Label:
    """Return the label of what all members and organs of the day are told."""
    at = node.current()
    today = node.today(at)
    parties = tuple(each.code for each in at.pack.parties if each.member_on(today))
    return Label(level=at.pack.labels.internal, parties=parties)


def body(*, digest: str, version: str, summary: Sequence[str], before: str) -> Body:
    """Write down an adoption for two persons."""
    return {"digest": digest, "version": version, "changes": list(summary), "before": before}


def carry_out(*, by: Actor, body: Body, proposal: str) -> str:
    """Adopt what two persons have agreed on."""
    return adopt(
        by=by,
        digest=str(body["digest"]),
        version=str(body["version"]),
        summary=[str(each) for each in body["changes"]],
        before=str(body["before"]),
        proposal=proposal,
    )


def show(_by: Actor, body: Body) -> Shown:
    """Put an adoption in words for both persons."""
    return Shown(
        gettext("Adopt version {version} of the organisation pack").format(version=body["version"]),
        (
            (gettext("Digest"), str(body["digest"])),
            (gettext("In force now"), str(body["before"])),
            *((gettext("Changes"), str(each)) for each in body["changes"]),
        ),
    )


declare(ADOPT, carry_out=carry_out, show=show)
