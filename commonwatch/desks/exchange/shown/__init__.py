"""What the pages of the exchange show: plain values and whole sentences, read through the gate.

Everything here is for one viewer: what the viewer may not read does not appear, and is in no count.
"""

from commonwatch.desks.exchange.shown.duties import duty
from commonwatch.desks.exchange.shown.filing import form
from commonwatch.desks.exchange.shown.regulation import type_page, types
from commonwatch.desks.exchange.shown.reports import receipt, receipt_name, report
from commonwatch.desks.exchange.shown.stretches import active, waivers
from commonwatch.desks.exchange.shown.wording import (
    UNREADABLE,
    Choice,
    codes,
    kind_of,
    office_name,
    period_text,
    values,
    writer,
)
from commonwatch.desks.exchange.wording import utc

__all__ = [
    "UNREADABLE",
    "Choice",
    "active",
    "codes",
    "duty",
    "form",
    "kind_of",
    "office_name",
    "period_text",
    "receipt",
    "receipt_name",
    "report",
    "type_page",
    "types",
    "utc",
    "values",
    "waivers",
    "writer",
]
