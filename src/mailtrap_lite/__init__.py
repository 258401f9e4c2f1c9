"""The mail server that tests and laptops talk to: the whole public API as one list."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mailtrap_lite.version import __version__

if TYPE_CHECKING:
    from mailtrap_lite.errors import (
        BadFault,
        BadMail,
        BadQuery,
        BadSandbox,
        BadSetting,
        BadTag,
        CannotListen,
        CannotRelay,
        CannotShare,
        MaildropInUse,
        MailtrapError,
        MissingExtra,
        NoMailArrived,
        NoRelay,
        NoSuchEntry,
        NoSuchMessage,
        NoSuchSandbox,
        NoSuchSession,
        NotAllowed,
        NotOne,
        NotOneClick,
        NotSettled,
        NotSigned,
        Objection,
        Reply,
        SandboxGone,
        SandboxTaken,
        ServerClosed,
        SharedServerLost,
        StoreBusy,
        StoreError,
        StoreFull,
        StoreUnusable,
        TooLarge,
        TooManySandboxes,
        UnexpectedMail,
        Unmet,
    )
    from mailtrap_lite.expectation import Conditions, Difference, Mail
    from mailtrap_lite.message import (
        Address,
        Delivery,
        Ending,
        Envelope,
        Exchange,
        Fetch,
        Finding,
        Message,
        Part,
        Recipient,
        Session,
    )
    from mailtrap_lite.message.codes import Code
    from mailtrap_lite.message.links import Link
    from mailtrap_lite.message.notices import Notice, Telling
    from mailtrap_lite.message.queued import Attempt, QueueEntry, QueueState, Why
    from mailtrap_lite.message.signed import DkimSignature
    from mailtrap_lite.message.unsubscribing import UnsubscribeTarget
    from mailtrap_lite.remote import RemoteSandbox
    from mailtrap_lite.sandbox import Mailbox, Sandbox, Sandboxes, SearchPage
    from mailtrap_lite.sandbox.mailqueue import MailQueue
    from mailtrap_lite.sandbox.releasing import Release
    from mailtrap_lite.sandbox.turn import Stray
    from mailtrap_lite.sandbox.webhooks import Webhooks
    from mailtrap_lite.server import Server
    from mailtrap_lite.settings import Endpoint, Settings

# Each name is imported when it is first used: `import mailtrap_lite` alone costs next to nothing.
_HOMES = {
    "mailtrap_lite.errors": (
        "BadFault",
        "BadMail",
        "BadQuery",
        "BadSandbox",
        "BadSetting",
        "BadTag",
        "CannotListen",
        "CannotRelay",
        "CannotShare",
        "MaildropInUse",
        "MailtrapError",
        "MissingExtra",
        "NoMailArrived",
        "NoRelay",
        "NoSuchEntry",
        "NoSuchMessage",
        "NoSuchSandbox",
        "NoSuchSession",
        "NotAllowed",
        "NotOne",
        "NotOneClick",
        "NotSettled",
        "NotSigned",
        "Objection",
        "Reply",
        "SandboxGone",
        "SandboxTaken",
        "ServerClosed",
        "SharedServerLost",
        "StoreBusy",
        "StoreError",
        "StoreFull",
        "StoreUnusable",
        "TooLarge",
        "TooManySandboxes",
        "UnexpectedMail",
        "Unmet",
    ),
    "mailtrap_lite.expectation": ("Conditions", "Difference", "Mail"),
    "mailtrap_lite.message": (
        "Address",
        "Delivery",
        "Ending",
        "Envelope",
        "Exchange",
        "Fetch",
        "Finding",
        "Message",
        "Part",
        "Recipient",
        "Session",
    ),
    "mailtrap_lite.message.codes": ("Code",),
    "mailtrap_lite.message.links": ("Link",),
    "mailtrap_lite.message.notices": ("Notice", "Telling"),
    "mailtrap_lite.message.queued": ("Attempt", "QueueEntry", "QueueState", "Why"),
    "mailtrap_lite.message.signed": ("DkimSignature",),
    "mailtrap_lite.message.unsubscribing": ("UnsubscribeTarget",),
    "mailtrap_lite.remote": ("RemoteSandbox",),
    "mailtrap_lite.sandbox": ("Mailbox", "Sandbox", "Sandboxes", "SearchPage"),
    "mailtrap_lite.sandbox.mailqueue": ("MailQueue",),
    "mailtrap_lite.sandbox.releasing": ("Release",),
    "mailtrap_lite.sandbox.webhooks": ("Webhooks",),
    "mailtrap_lite.sandbox.turn": ("Stray",),
    "mailtrap_lite.server": ("Server",),
    "mailtrap_lite.settings": ("Endpoint", "Settings"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Address",
    "Attempt",
    "BadFault",
    "BadMail",
    "BadQuery",
    "BadSandbox",
    "BadSetting",
    "BadTag",
    "CannotListen",
    "CannotRelay",
    "CannotShare",
    "Code",
    "Conditions",
    "Delivery",
    "Difference",
    "DkimSignature",
    "Ending",
    "Endpoint",
    "Envelope",
    "Exchange",
    "Fetch",
    "Finding",
    "Link",
    "Mail",
    "MailQueue",
    "Mailbox",
    "MaildropInUse",
    "MailtrapError",
    "Message",
    "MissingExtra",
    "NoMailArrived",
    "NoRelay",
    "NoSuchEntry",
    "NoSuchMessage",
    "NoSuchSandbox",
    "NoSuchSession",
    "NotAllowed",
    "NotOne",
    "NotOneClick",
    "NotSettled",
    "NotSigned",
    "Notice",
    "Objection",
    "Part",
    "QueueEntry",
    "QueueState",
    "Recipient",
    "Release",
    "RemoteSandbox",
    "Reply",
    "Sandbox",
    "SandboxGone",
    "SandboxTaken",
    "Sandboxes",
    "SearchPage",
    "Server",
    "ServerClosed",
    "Session",
    "Settings",
    "SharedServerLost",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreUnusable",
    "Stray",
    "Telling",
    "TooLarge",
    "TooManySandboxes",
    "UnexpectedMail",
    "Unmet",
    "UnsubscribeTarget",
    "Webhooks",
    "Why",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
