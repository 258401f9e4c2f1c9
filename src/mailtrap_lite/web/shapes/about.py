"""What this program is and what it can do."""

from __future__ import annotations

from typing import Annotated, TypedDict

from mailtrap_lite.store import Counts
from mailtrap_lite.version import __version__


class RuntimeStatsJson(TypedDict):
    """What happened since the start."""

    Uptime: Annotated[int, "seconds"]
    Memory: Annotated[int, "octets that the process had at most"]
    MessagesDeleted: int
    SMTPAccepted: int
    SMTPAcceptedSize: Annotated[int, "octets of the mail that is here"]
    SMTPRejected: Annotated[int, "0: it is not counted; the sessions tell"]
    SMTPIgnored: Annotated[int, "0: no mail is ignored here"]


class AppInformationJson(TypedDict):
    """Version and totals. LatestVersion is this version: nothing here asks anybody for a newer one."""

    Version: str
    LatestVersion: str
    Database: Annotated[str, "the file that keeps the mail, or memory"]
    DatabaseSize: Annotated[int, "octets of the mail in it"]
    Messages: int
    Unread: int
    Tags: Annotated[dict[str, int], "how many messages have each tag"]
    RuntimeStats: RuntimeStatsJson


class MessageRelayJson(TypedDict):
    """Whether and how messages can be released."""

    Enabled: bool
    SMTPServer: str
    ReturnPath: str
    AllowedRecipients: str
    BlockedRecipients: str
    OverrideFrom: str
    PreserveMessageIDs: bool


class WebUIConfigurationJson(TypedDict):
    """What a page may offer."""

    Label: str
    MessageRelay: MessageRelayJson
    SpamAssassin: bool
    ChaosEnabled: bool
    DuplicatesIgnored: bool
    HideDeleteAllButton: bool


def information(
    counts: Counts,
    *,
    tags: dict[str, int],
    store: str,
    memory: int,
    accepted: int,
    deleted: int,
    uptime: int,
) -> AppInformationJson:
    """Return the JSON of the version and the totals."""
    return {
        "Version": __version__,
        "LatestVersion": __version__,
        "Database": store,
        "DatabaseSize": counts.octets,
        "Messages": counts.total,
        "Unread": counts.unread,
        "Tags": tags,
        "RuntimeStats": {
            "Uptime": uptime,
            "Memory": memory,
            "MessagesDeleted": deleted,
            "SMTPAccepted": accepted,
            "SMTPAcceptedSize": counts.octets,
            "SMTPRejected": 0,
            "SMTPIgnored": 0,
        },
    }


def configuration() -> WebUIConfigurationJson:
    """Return the JSON of what can be done: what is not there is off."""
    return {
        "Label": "",
        "MessageRelay": {
            "Enabled": False,
            "SMTPServer": "",
            "ReturnPath": "",
            "AllowedRecipients": "",
            "BlockedRecipients": "",
            "OverrideFrom": "",
            "PreserveMessageIDs": True,
        },
        "SpamAssassin": False,
        "ChaosEnabled": True,
        "DuplicatesIgnored": False,
        "HideDeleteAllButton": False,
    }
