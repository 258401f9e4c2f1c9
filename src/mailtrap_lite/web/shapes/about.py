"""What this program is and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from mailtrap_lite.store import Counts
from mailtrap_lite.version import __version__

if TYPE_CHECKING:
    from mailtrap_lite.relaying import Policy


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

    Enabled: Annotated[bool, "whether any mail may leave"]
    SMTPServer: Annotated[str, "HOST:PORT of each server that mail may go to, separated by commas"]
    ReturnPath: Annotated[str, "empty: the sender of the envelope stays, or is chosen with the release"]
    AllowedRecipients: Annotated[str, "patterns of addresses, as *@example.test, separated by commas"]
    BlockedRecipients: Annotated[str, "empty: who is not allowed is blocked"]
    OverrideFrom: Annotated[str, "empty: the header stays as it came"]
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


def configuration(policy: Policy | None) -> WebUIConfigurationJson:
    """Return the JSON of what can be done: what is not there is off. policy: what may leave; None for nothing."""
    servers = dict.fromkeys(map(str, policy.routes)) if policy else ()
    return {
        "Label": "",
        "MessageRelay": {
            "Enabled": policy is not None,
            "SMTPServer": ", ".join(servers),
            "ReturnPath": "",
            "AllowedRecipients": ", ".join(policy.recipients) if policy else "",
            "BlockedRecipients": "",
            "OverrideFrom": "",
            "PreserveMessageIDs": True,
        },
        "SpamAssassin": False,
        "ChaosEnabled": True,
        "DuplicatesIgnored": False,
        "HideDeleteAllButton": False,
    }
