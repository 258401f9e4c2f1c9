"""The nouns: an envelope, a message, its content and lint, a delivery, a session. No door, no store, no clock."""

from mailtrap_lite.message.content import Address, Content, Headers, Part
from mailtrap_lite.message.envelope import Envelope, Origin, Recipient
from mailtrap_lite.message.message import MOST_FETCHES, Delivery, Fetch, Message
from mailtrap_lite.message.recorder import Recorder
from mailtrap_lite.message.rules import Finding, Rule
from mailtrap_lite.message.session import Ending, Exchange, Line, Protocol, Session, Speaker, readable
from mailtrap_lite.message.summary import Summary

__all__ = [
    "MOST_FETCHES",
    "Address",
    "Content",
    "Delivery",
    "Ending",
    "Envelope",
    "Exchange",
    "Fetch",
    "Finding",
    "Headers",
    "Line",
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
    "readable",
]
