"""The mail server that tests and laptops talk to: the whole public API as one list."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mailtrap_lite.version import __version__

if TYPE_CHECKING:
    from mailtrap_lite.errors import (
        BadMail,
        BadQuery,
        BadSetting,
        BadTag,
        CannotListen,
        MaildropInUse,
        MailtrapError,
        NoMailArrived,
        NoSuchMessage,
        NoSuchSession,
        Objection,
        Reply,
        ServerClosed,
        StoreBusy,
        StoreError,
        StoreFull,
        StoreUnusable,
        TooLarge,
    )
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
    from mailtrap_lite.sandbox import Mailbox, Sandbox, SearchPage
    from mailtrap_lite.server import Server
    from mailtrap_lite.settings import Endpoint, Settings

# Each name is imported when it is first used: `import mailtrap_lite` alone costs next to nothing.
_HOMES = {
    "mailtrap_lite.errors": (
        "BadMail",
        "BadQuery",
        "BadSetting",
        "BadTag",
        "CannotListen",
        "MaildropInUse",
        "MailtrapError",
        "NoMailArrived",
        "NoSuchMessage",
        "NoSuchSession",
        "Objection",
        "Reply",
        "ServerClosed",
        "StoreBusy",
        "StoreError",
        "StoreFull",
        "StoreUnusable",
        "TooLarge",
    ),
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
    "mailtrap_lite.sandbox": ("Mailbox", "Sandbox", "SearchPage"),
    "mailtrap_lite.server": ("Server",),
    "mailtrap_lite.settings": ("Endpoint", "Settings"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Address",
    "BadMail",
    "BadQuery",
    "BadSetting",
    "BadTag",
    "CannotListen",
    "Delivery",
    "Ending",
    "Endpoint",
    "Envelope",
    "Exchange",
    "Fetch",
    "Finding",
    "Mailbox",
    "MaildropInUse",
    "MailtrapError",
    "Message",
    "NoMailArrived",
    "NoSuchMessage",
    "NoSuchSession",
    "Objection",
    "Part",
    "Recipient",
    "Reply",
    "Sandbox",
    "SearchPage",
    "Server",
    "ServerClosed",
    "Session",
    "Settings",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreUnusable",
    "TooLarge",
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
