"""The pages and files of the journals. What a reader may not read is absent."""

import functools
import gzip
from collections.abc import Callable, Sequence

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from commonwatch.access import logs
from commonwatch.access.actor import Actor, ConfirmItIsYou, SignInFirst, anybody
from commonwatch.access.asking import actor_for
from commonwatch.errors import Refusal
from commonwatch.federation import board, cosigning, erasing, forking, heads, own, peers, serving, settling
from commonwatch.federation import card as cards
from commonwatch.federation.asking import NotAPeer, TokenLate, node_of
from commonwatch.register import node, vouching
from commonwatch.register.models import Journal
from commonwatch.ui.page import page
from commonwatch.ui.refusals import problem

OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
VARY = "Cookie, Authorization"


def reader(request: HttpRequest) -> Actor:
    """Return who reads: the actor, or the public."""
    return actor_for(request) or anybody()


@require_safe
def journals(request: HttpRequest) -> HttpResponse:
    """List the journals within reach."""
    by = reader(request)
    pack = node.current().pack
    rows = Journal.objects.in_bulk(by.reach)
    within = {shelf.origin for shelf in by.shelves}
    nodes, lines, forks = cosigning.nodes_known(), cosigning.lines(within), forking.of(within)
    choices = settling.last_choices(by) if forks else {}
    found = [
        {
            "origin": shelf.origin,
            "party": shelf.party,
            "mode": shelf.mode,
            "level": pack.level(shelf.label.level),
            "readers": readers(shelf.label.parties),
            "everybody": shelf.label.parties == ("*",),
            "size": shelf.size,
            "last_at": shelf.last_at,
            "hosted": rows[shelf.id].ours and shelf.party != node.current().party,
            "root": rows[shelf.id].root,
            "closed": shelf.closed,
            "continued": shelf.continued if shelf.continued in within else "",
            "cosigned": cosigning.counted(
                rows[shelf.id], shelf.label.parties, lines.get(shelf.origin, ()), nodes
            ),
            "forks": forks.get(shelf.origin, ()),
            "choice": choices.get(shelf.origin),
            "changed": bool(rows[shelf.id].changes),
        }
        for shelf in by.shelves
    ]
    if request.headers.get("Accept", "").startswith("text/plain"):
        return HttpResponse("".join(f"{each['origin']}\n" for each in found), content_type=TEXT)
    return page(request, "ui/journals.html", {"journals": found, "title": "journals"})


def readers(parties: tuple[str, ...]) -> list[object]:
    """Name the parties of an audience."""
    pack = node.current().pack
    return [pack.party(code).short for code in parties if pack.has_party(code)]


def for_nodes(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Tell a node that asks what time it is here, and refuse it in the form for programs."""

    @functools.wraps(view)
    def told(request: HttpRequest, **given: str) -> HttpResponse:
        try:
            answer = view(request, **given)
        except (NotAPeer, TokenLate) as refusal:
            answer = problem(refusal)
        if "Authorization" in request.headers:
            answer.headers["X-Clock"] = str(node.current().clock())
        return answer

    return told


def eyes(request: HttpRequest) -> Sequence[Actor]:
    """Return by whose eyes a request reads: a peer's (several), an actor's, the public's.

    :raises NotAPeer, TokenLate: when a node shows a token that does not hold.
    """
    peer = node_of(request)
    return peers.readers(peer) if peer else (reader(request),)


@require_safe
@for_nodes
def heads_for_peer(request: HttpRequest) -> HttpResponse:
    """Tell a peer how far every journal within its reach stands; 304 when it knows that already."""
    peer = node_of(request)
    if peer is None:
        raise Http404
    body, tag = heads.written(heads.of(peer))
    known = request.headers.get("If-None-Match") == tag
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": VARY}
    if known:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=JSON, headers=headers)


@require_safe
def peers_page(request: HttpRequest) -> HttpResponse:
    """Show the nodes with which this one exchanges journals, to those of its own party."""
    by = seated(request)
    at = node.current()
    context = {
        "peers": board.peers_of(by) if by.party == at.party else [],
        "owner": at.pack.party(at.party).short,
        "spoken": cards.spoken(own.card_of(at).fingerprint),
    }
    return page(request, "federation/peers.html", context)


def _proposed(request: HttpRequest, propose: Callable[[], str]) -> tuple[Refusal | None, HttpResponse | None]:
    """Propose what a form asks for; return why it was refused, or the way to where a second person joins.

    :raises ConfirmItIsYou: when somebody has to prove who they are first.
    """
    if request.method != "POST":
        return None, None
    try:
        return None, HttpResponseRedirect(reverse("ui:pair", args=[propose()]))
    except ConfirmItIsYou:
        raise
    except Refusal as refused:
        return refused, None


@require_http_methods(["GET", "HEAD", "POST"])
def erasures(request: HttpRequest) -> HttpResponse:
    """List what was erased and who has confirmed it; take an order, which a second person joins."""
    by = seated(request)
    typed = {name: request.POST.get(name, "").strip()[: erasing.LONGEST] for name in ("entry", "ground")}
    refusal, done = _proposed(request, lambda: erasing.propose_erasure(by=by, **typed))
    if done:
        return done
    context = {
        "orders": erasing.orders(by),
        "may": by.may(erasing.ERASE),
        "typed": typed,
        "refusal": refusal,
    }
    return page(request, "federation/erasures.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def forks(request: HttpRequest) -> HttpResponse:
    """List the journals with two pasts and who chose which; take a choice, which a second person joins."""
    by = seated(request)
    names = ("origin", "checkpoint", "ground")
    typed = {name: request.POST.get(name, "").strip()[: settling.LONGEST] for name in names}
    refusal, done = _proposed(request, lambda: settling.propose_past(by=by, **typed))
    if done:
        return done
    context = {
        "forks": settling.forks(by),
        "may": by.may(settling.FOLLOW) and by.party == node.current().party,
        "typed": typed,
        "refusal": refusal,
    }
    return page(request, "federation/forks.html", context, status=refusal.status if refusal else 200)


def seated(request: HttpRequest) -> Actor:
    """Return who sits in an office.

    :raises SignInFirst: when nobody does.
    """
    by = actor_for(request)
    if by is None:
        raise SignInFirst
    return by


@require_safe
def fork(request: HttpRequest, origin: str, digest: str) -> HttpResponse:
    """Give the evidence that a journal within reach has two pasts, as the file that a script verifies."""
    serving.journal_for(origin, readers=eyes(request))
    found = next((each for each in forking.of([origin]).get(origin, ()) if each.digest == digest), None)
    if found is None:
        raise Http404
    return _file(bytes(found.data), kind=TEXT, cache="no-cache")


@require_safe
def card(_request: HttpRequest) -> HttpResponse:
    """Give this node's card: its public keys, for a peer that will compare the fingerprint by voice."""
    return _file(own.signed_card(node.current()), kind=TEXT, cache="no-cache")


@require_safe
@for_nodes
def checkpoint(request: HttpRequest, origin: str) -> HttpResponse:
    """Give the signed checkpoint of a journal, with the lines of those who cosigned it."""
    row, _by = serving.journal_for(origin, readers=eyes(request))
    vouching.check(row)
    signed = cosigning.joined(row.checkpoint, cosigning.lines([origin]).get(origin, ()))
    return _file(signed, kind=TEXT, cache="no-cache")


@require_safe
@for_nodes
def key(request: HttpRequest, origin: str) -> HttpResponse:
    """Give the verifier key of a journal."""
    row, _by = serving.journal_for(origin, readers=eyes(request))
    return _file(row.signed_by + "\n", kind=TEXT, cache="no-cache")


@require_safe
@for_nodes
def key_changes(request: HttpRequest, origin: str) -> HttpResponse:
    """Give the statements by which the key of a journal changed; nothing where it never did."""
    row, _by = serving.journal_for(origin, readers=eyes(request))
    return _file(row.changes, kind=TEXT, cache="no-cache")


@require_safe
@for_nodes
def tile(request: HttpRequest, origin: str, path: str) -> HttpResponse:
    """Give a hash tile (it never changes) or an entry bundle (an erasure may change it)."""
    row, by = serving.journal_for(origin, readers=eyes(request))
    data = serving.tile(row, f"tile/{path}")
    lasting = not path.startswith("entries/")
    if not lasting:
        opened = logs.Thing(row.pk, origin, detail=serving.span(f"tile/{path}"))
        logs.opened(by=by, things=[opened], how="journal")
    scope = "public" if row.parties == "*" else "private"
    cache = f"{scope}, max-age=31536000, immutable" if lasting else f"{scope}, no-cache"
    answer = _file(data, kind=OCTETS, cache=cache)
    if not lasting and by.office == peers.OFFICE:
        _compress(request, answer)
    return answer


def _compress(request: HttpRequest, answer: HttpResponse) -> None:
    """Compress entries for a node, which types nothing into what it asks for; a browser gets them as they are."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.content = gzip.compress(answer.content, 1, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"


def _file(data: str | bytes, *, kind: str, cache: str) -> HttpResponse:
    return HttpResponse(data, content_type=kind, headers={"Cache-Control": cache, "Vary": VARY})
