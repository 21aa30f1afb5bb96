"""The acts of the exchange: the only way in. Each requires its mandate, reads, checks, appends, answers."""

from commonwatch.desks.exchange.acts.found import NoSuchReport, NotYours, new_subject
from commonwatch.desks.exchange.acts.reports import (
    Filed,
    confirm_report,
    correct_report,
    mark_seen,
    submit_report,
    submit_reports,
    withdraw_report,
)
from commonwatch.desks.exchange.acts.switches import (
    NoSuchWaiver,
    NotSwitched,
    activate_type,
    deactivate_type,
    end_waiver,
    grant_waiver,
)

__all__ = [
    "Filed",
    "NoSuchReport",
    "NoSuchWaiver",
    "NotSwitched",
    "NotYours",
    "activate_type",
    "confirm_report",
    "correct_report",
    "deactivate_type",
    "end_waiver",
    "grant_waiver",
    "mark_seen",
    "new_subject",
    "submit_report",
    "submit_reports",
    "withdraw_report",
]
