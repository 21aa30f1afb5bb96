"""The bytes that differ by nature. Each mask is as narrow as can be, gives its reason, and is tested to be needed.

What comes by chance or by the clock mostly needs no mask: dice and clocks of both worlds are alike.
"""

import re
from typing import NamedTuple


class Mask(NamedTuple):
    """`pattern` has one group: what is taken out. It is looked for in the body or in one header."""

    name: str
    where: str
    pattern: re.Pattern[str]
    reason: str


MASKS = (
    Mask(
        "form token",
        "body",
        re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"'),
        "made by chance for every answer; how often chance was asked before, say for a password, shows nowhere",
    ),
)


def masked(record, masks=MASKS):
    """Take what differs by nature out of an answer."""
    body, headers = record.body, record.headers
    for mask in masks:
        if mask.where == "body":
            body = cut(mask, body.decode("latin-1")).encode("latin-1")
        else:
            headers = tuple(
                (name, cut(mask, value) if name == mask.where else value) for name, value in headers
            )
    return record._replace(body=body, headers=headers)


def cut(mask, text):
    """Put the mask's name where its group was found."""
    return mask.pattern.sub(lambda found: _without(found, mask.name), text)


def _without(found, name):
    start, end = found.start(1) - found.start(), found.end(1) - found.start()
    return f"{found[0][:start]}[{name}]{found[0][end:]}"
