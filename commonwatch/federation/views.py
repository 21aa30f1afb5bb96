"""The pages and files of the journals. What a reader may not read is absent."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from commonwatch.access import logs
from commonwatch.access.actor import Actor, anybody
from commonwatch.access.asking import actor_for
from commonwatch.federation import serving
from commonwatch.register import node
from commonwatch.register.models import Journal
from commonwatch.ui.page import page

OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"


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
            "hosted": shelf.party != node.current().party,
            "root": rows[shelf.id].root,
            "closed": shelf.closed,
            "continued": shelf.continued if shelf.continued in within else "",
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


@require_safe
def checkpoint(request: HttpRequest, origin: str) -> HttpResponse:
    """Give the signed checkpoint of a journal."""
    return _file(serving.journal(origin, reader=reader(request)).checkpoint, kind=TEXT, cache="no-cache")


@require_safe
def key(request: HttpRequest, origin: str) -> HttpResponse:
    """Give the verifier key of a journal."""
    return _file(serving.journal(origin, reader=reader(request)).key + "\n", kind=TEXT, cache="no-cache")


@require_safe
def tile(request: HttpRequest, origin: str, path: str) -> HttpResponse:
    """Give a hash tile (it never changes) or an entry bundle (an erasure may change it)."""
    by = reader(request)
    row = serving.journal(origin, reader=by)
    data = serving.tile(row, f"tile/{path}")
    lasting = not path.startswith("entries/")
    if not lasting:
        opened = logs.Thing(row.pk, origin, detail=serving.span(f"tile/{path}"))
        logs.opened(by=by, things=[opened], how="journal")
    scope = "public" if row.parties == "*" else "private"
    cache = f"{scope}, max-age=31536000, immutable" if lasting else f"{scope}, no-cache"
    return _file(data, kind=OCTETS, cache=cache)


def _file(data: str | bytes, *, kind: str, cache: str) -> HttpResponse:
    return HttpResponse(
        data, content_type=kind, headers={"Cache-Control": cache, "Vary": "Cookie, Authorization"}
    )
