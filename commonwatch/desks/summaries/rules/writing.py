"""Quotes in paragraphs, and what of a draft is left out because it says nothing.

A single figure stands in the text as a token, {a1.events}, and resolves to its entry.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commonwatch.desks.summaries.facts import Block, Heading, Paragraph
from commonwatch.errors import Refusal, _

TOKEN = re.compile(r"\{(a\d{1,6}\.[A-Za-z0-9_-]{1,60})\}")


class QuoteUnknown(Refusal):
    """A token that names nothing that was chosen."""

    code, status = "summaries.quote-unknown", 422
    says = _("Nothing that was chosen stands behind {token}.")
    hint = _(
        "Choose the report first; beside it stands how each of its figures is quoted. Or take the token out."
    )


def tokens(text: str) -> list[str]:
    """List the tokens of a paragraph, each once, in order."""
    return list(dict.fromkeys(TOKEN.findall(text)))


def parts(text: str) -> list[tuple[str, str]]:
    """Cut a paragraph into ("text", words) and ("quote", token)."""
    found, last = [], 0
    for hit in TOKEN.finditer(text):
        if hit.start() > last:
            found.append(("text", text[last : hit.start()]))
        found.append(("quote", hit.group(1)))
        last = hit.end()
    if last < len(text):
        found.append(("text", text[last:]))
    return found


def check_quotes(texts: Iterable[str], *, known: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a token that resolves to no figure of what was chosen; `known` maps ids to values.

    :raises QuoteUnknown: naming the first.
    """
    for text in texts:
        for token in tokens(text):
            name, _dot, field = token.partition(".")
            if field not in known.get(name, {}):
                raise QuoteUnknown(token=f"{{{token}}}")


def filled(blocks: Sequence[Block]) -> list[Block]:
    """Leave out paragraphs without a word, and headings under which nothing stands.

    A heading in the writer's own words stands under the one of the form before it, and is something under it.
    """
    found: list[Block] = []
    under = inner = False
    for each in reversed(blocks):
        if isinstance(each, Heading):
            keeps = under if each.code else inner and bool(each.text)
            under, inner = (False, False) if each.code else (under, False)
            if keeps:
                found.append(each)
        elif not isinstance(each, Paragraph) or each.text:
            found.append(each)
            under = inner = True
    return found[::-1]
