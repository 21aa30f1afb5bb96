"""What goes to and fro about reports: questions and answers, relays of urgent notices and their acknowledgements."""

from commonwatch.register.fact import Fact, fact


@fact("traffic.question.asked")
class QuestionAsked(Fact, frozen=True, omit_defaults=True):
    """A party is asked something, on a report, a part of it, or on nothing in particular.

    `wants` is "answer", "confirmation" (of an urgent notice: confirmed, refuted or in part) or "release" (of a report
    to more readers). `urgency` is "routine" or "urgent"; `due` is when the answer is due (microseconds UTC).
    `report` is the subject of the report asked about and `part` the code of one of its fields; `type`, `owes` and
    `period` say which duty that report was for.
    """

    to: str
    text: str
    due: int
    urgency: str = "routine"
    wants: str = "answer"
    report: str = ""
    part: str = ""
    type: str = ""
    owes: str = ""
    period: str = ""


@fact("traffic.question.answered")
class QuestionAnswered(Fact, frozen=True, omit_defaults=True):
    """The party asked has answered: an addition to the question.

    `outcome` is "confirmed", "refuted" or "partly" where a confirmation was wanted; `report` is the subject of a report
    in which the answer stands, when there is one. `supplement` says that it adds to an earlier answer or refusal.
    """

    text: str
    outcome: str = ""
    report: str = ""
    supplement: bool = False


@fact("traffic.question.refused")
class QuestionRefused(Fact, frozen=True, omit_defaults=True):
    """The party asked does not answer, and says why: an addition to the question."""

    reason: str


@fact("traffic.question.closed")
class QuestionClosed(Fact, frozen=True, omit_defaults=True):
    """Who asked needs no further answer: "satisfied" after one, "withdrawn" without, each by its own word.

    "readers-changed" closes what was open when the journal closed: it is asked anew of those who read today.
    """

    how: str
    ground: str = ""


@fact("traffic.notice.relayed")
class NoticeRelayed(Fact, frozen=True, omit_defaults=True):
    """The Center passes an urgent notice on as it stands; a remark stands beside it and edits nothing.

    `notice` is the subject of the report, `version` which of its versions, `due` until when each of `recipients` is to
    acknowledge it (microseconds UTC).
    """

    notice: str
    type: str
    owes: str
    recipients: tuple[str, ...]
    due: int
    version: int = 1
    remark: str = ""


@fact("traffic.relay.acknowledged")
class RelayAcknowledged(Fact, frozen=True, omit_defaults=True):
    """A recipient has taken note of a relay: an addition to it by that party."""

    version: int = 1


@fact("traffic.relay.called")
class RelayCalled(Fact, frozen=True, omit_defaults=True):
    """The Center telephoned a recipient that had not acknowledged.

    `outcome` is "acknowledged" (told by telephone), "no-answer" or "unreachable".
    """

    party: str
    outcome: str
    note: str = ""
