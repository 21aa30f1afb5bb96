"""How a message leaves the house: one module for each way, one function in each, and this table of them.

A further way is a module with a function `send(message, begin)`: it makes everything ready, calls `begin` right before
the message leaves, and raises an outcome when it is not known to have arrived. docs/operating/reminders.md tells more.
"""

from collections.abc import Mapping
from typing import Final

from commonwatch.desks.notices.sending import mail, webhook
from commonwatch.desks.notices.sending.outcome import Message, NotNow, Outcome, Refused, Send, Unsure

WAYS: Final[Mapping[str, Send]] = {"mail": mail.send, "webhook": webhook.send}

__all__ = ["WAYS", "Message", "NotNow", "Outcome", "Refused", "Send", "Unsure"]
