"""A summary on paper: PDF with banner, label, number and the entry's hash on every page, the same bytes each time.

The library loads Pango, which not every machine has: it is loaded when a PDF is asked for. Nothing is fetched from
anywhere; fonts are those of the machine.
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from commonwatch.errors import Broken, Refusal, _


class NoPango(Refusal):
    """The machine has no library to set type with."""

    code, status = "summaries.no-pango", 501
    says = _("This machine cannot make PDF files: the library Pango is not installed.")
    hint = _(
        "Print the summary's page instead, or ask the operator to install libpango-1.0-0, libpangoft2-1.0-0 and"
        " libharfbuzz-subset0."
    )


def markup(context: dict[str, Any]) -> str:
    """Write a summary, as `shown.body` gives it, as the page that is set on paper."""
    language = (get_language() or "en").split("-")[0]
    return render_to_string("summaries/paper.html", context | {"language": language})


def pdf(context: dict[str, Any]) -> bytes:
    """Set a summary on paper: tagged, with an outline; the same entry gives the same bytes in one language.

    :raises NoPango: where the machine has no Pango, saying what to install.
    """
    try:
        import weasyprint  # noqa: PLC0415 - heavy, and it needs libraries that not every machine has
    except (ImportError, OSError) as error:
        raise NoPango from error
    style = weasyprint.CSS(string=render_to_string("summaries/paper.css", context), url_fetcher=refuse)
    page = weasyprint.HTML(string=markup(context), url_fetcher=refuse)
    identifier = bytes.fromhex(context["hash"][:32])
    written = page.write_pdf(
        stylesheets=[style], pdf_identifier=identifier, pdf_tags=True, pdf_variant="pdf/ua-1"
    )
    if written is None:
        raise Broken("no PDF was written")
    return bytes(written)


def refuse(url: str, *_args: Any, **_more: Any) -> dict[str, Any]:
    """Fetch nothing: whatever a summary says, its paper asks nobody for anything.

    :raises ValueError: always.
    """
    raise ValueError(f"nothing is fetched for a summary: {url[:80]}")
