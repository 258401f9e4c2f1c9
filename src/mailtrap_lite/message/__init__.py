"""The nouns: an envelope, a message, its content and lint, a delivery, a session. No door, no store, no clock."""

from mailtrap_lite.message.codes import Code
from mailtrap_lite.message.content import Address, Content, Headers, Part
from mailtrap_lite.message.envelope import Envelope, Origin, Recipient
from mailtrap_lite.message.links import Link
from mailtrap_lite.message.message import Delivery, Message
from mailtrap_lite.message.recorder import Recorder
from mailtrap_lite.message.rules import Finding, Rule
from mailtrap_lite.message.session import Ending, Exchange, Line, Protocol, Session, Speaker, readable
from mailtrap_lite.message.signed import DkimSignature
from mailtrap_lite.message.summary import Summary
from mailtrap_lite.message.unsubscribing import UnsubscribeTarget

__all__ = [
    "Address",
    "Code",
    "Content",
    "Delivery",
    "DkimSignature",
    "Ending",
    "Envelope",
    "Exchange",
    "Finding",
    "Headers",
    "Line",
    "Link",
    "Message",
    "Origin",
    "Part",
    "Protocol",
    "Recipient",
    "Recorder",
    "Rule",
    "Session",
    "Speaker",
    "Summary",
    "UnsubscribeTarget",
    "readable",
]
