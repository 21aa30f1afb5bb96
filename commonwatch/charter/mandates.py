"""The acts that an office may be given: each mandate is the name of an act of a desk.

The list is closed, so that a misspelt mandate is a fault of the pack and not an office that silently may do
nothing. An act that asks for a mandate is listed here with the words that a person reads when it is given or
missed.
"""

from collections.abc import Mapping
from typing import Final

MANDATES: Final[Mapping[str, str]] = {
    "access.adopt-pack": "put a version of the organisation pack in force",
    "access.administer-people": "invite people of its own party, give them offices and end them",
    "access.read-log": "read who opened what its party wrote, and what was tried at its doors",
    "drills.answer-drill": "answer a drill; at the Center, write down what came by telephone and what was found",
    "drills.keep-score": "keep the score of a drill in the real record",
    "drills.run-drill": "plan, start and end a drill of the posts",
    "federation.change-key": "let, with a second person, another key sign the journals of a party",
    "federation.declare-lost": "say, with a second person, that nobody has the end of a journal any more",
    "federation.erase-entry": "have the bytes of an entry of its party erased by law, with a second person",
    "federation.follow-past": "choose, with a second person, which of two pasts of a journal its party's node follows",
    "federation.manage-peers": "take in the nodes with which its party's node exchanges journals, and end them",
    "federation.revoke-key": "say, with a second person, that a key counts no more",
    "exchange.see-board": "see which reports are due, late and missing",
    "exchange.draft-report": "prepare a report without sending it",
    "exchange.submit-report": "send a report for its own party",
    "exchange.submit-on-behalf": "enter a report that another party gave by telephone or on paper",
    "exchange.confirm-report": "confirm or refute what another has reported",
    "exchange.correct-report": "correct a report that was sent",
    "exchange.withdraw-report": "withdraw a report that was sent",
    "exchange.mark-seen": "record that a report was read and acknowledged",
    "exchange.activate-type": "switch on an information type that is owed only while active",
    "exchange.deactivate-type": "switch such a type off again",
    "exchange.grant-waiver": "free a party from a duty for a time",
    "exchange.end-waiver": "end such a waiver early",
    "exchange.import-series": "take in a series of past figures with the days on which they were known",
    "exchange.release-report": "release a report of its own party to more readers or at a lower level",
    "shifts.plan-roster": "plan who has which shift, and swap shifts",
    "shifts.take-watch": "have a shift, and take the watch",
    "shifts.write-log": "write into the log of the shift",
    "shifts.log-call": "write down calls to posts",
    "shifts.sign-handover": "hand the watch over and take it over, by signature",
    "traffic.ask-question": "ask another party something, on a report or on nothing in particular",
    "traffic.answer-question": "answer what its party was asked, or say why it does not",
    "traffic.close-question": "close a question of its own party",
    "traffic.relay-notice": "pass an urgent notice on to those who may read it",
    "traffic.acknowledge-relay": "take note of an urgent notice for its party",
    "traffic.log-call": "write down a call to a post that has not acknowledged",
    "notices.see-notices": "see which chairs of its own party were reminded, by which way, and what became of it",
    "notices.set-webhook": "set the address at which its party's own system is told that something waits",
    "summaries.compose-summary": "prepare the day's summary and situation reports, and note calls about them",
    "summaries.release-summary": "release, revise and withdraw a summary",
    "summaries.acknowledge-summary": "acknowledge a summary for its own party",
}

# What an office may do without a second factor: it reads, and prepares for others to send.
READING: Final[frozenset[str]] = frozenset(
    {"access.read-log", "exchange.see-board", "exchange.draft-report", "notices.see-notices"}
)

# What only a person does who has just proved who they are: no program's key carries it.
PERSONS: Final[frozenset[str]] = frozenset(
    {
        "access.administer-people",
        "access.adopt-pack",
        "exchange.release-report",
        "federation.change-key",
        "federation.declare-lost",
        "federation.erase-entry",
        "federation.follow-past",
        "federation.manage-peers",
        "federation.revoke-key",
        "notices.set-webhook",
        "shifts.sign-handover",
    }
)
