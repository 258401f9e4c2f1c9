"""Mail on its way out: what a release would do, what waits and why, and what was tried. All of it is ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, TypedDict

from mailtrap_lite.message.queued import Attempt, QueueEntry, QueueState
from mailtrap_lite.web.shapes.messages import timestamp

if TYPE_CHECKING:
    from mailtrap_lite.sandbox.releasing import Release


class ReleaseLegJson(TypedDict):
    """One recipient of a release."""

    Address: str
    Server: Annotated[str, 'HOST:PORT where it goes; "" for nowhere']
    Refusal: Annotated[str, 'why not; "" if it may']


class ReleasePreviewJson(TypedDict):
    """What a release would do. Nothing is sent by looking at it."""

    ID: Annotated[str, "of the message"]
    Possible: Annotated[bool, "whether it would be done"]
    Refusal: Annotated[str, 'why nothing can be sent at all; "" if it can']
    Sender: Annotated[str, 'the reverse-path; "" is the null sender']
    Size: Annotated[int, "octets of what is sent"]
    Field: Annotated[str, "the Received field that is put before the message; the rest goes as it came"]
    Recipients: list[ReleaseLegJson]


class QueueEntryJson(TypedDict):
    """One recipient of one message on its way out."""

    ID: str
    Message: Annotated[str, "the id of the message"]
    Sender: Annotated[str, 'the reverse-path; "" is the null sender']
    Recipient: str
    Why: Annotated[str, "who wanted it to move on: rule, forward or release"]
    State: Annotated[str, "waiting, in flight, paused, sent, failed or cancelled"]
    Reason: Annotated[str, "what was said last, by the next server or by us"]
    Queued: Annotated[str, "when it was queued"]
    NextTry: Annotated[str, 'when it is tried next; "" once it is finished']
    Settled: Annotated[str, 'when it was finished; "" before']
    Tries: Annotated[int, "how often it was tried"]
    Ambiguous: Annotated[int, "how often nobody knows whether the next server took it"]


class AttemptJson(TypedDict):
    """One try, as this recipient met it."""

    At: str
    Took: Annotated[float, "seconds"]
    Server: Annotated[str, 'HOST:PORT; "" if there was no way']
    TLS: Annotated[str, 'the version; "" without TLS']
    Said: Annotated[str, "what came of it"]
    Transcript: Annotated[
        list[str], "`> ` is what we said, `< ` what the server did, `* ` what happened; no secrets and no mail"
    ]


class QueueEntryWholeJson(QueueEntryJson):
    """An entry with all that was tried for it, oldest first."""

    Attempts: list[AttemptJson]


class QueueCountsJson(TypedDict):
    """How many entries are in each state."""

    Waiting: int
    InFlight: int
    Paused: int
    Sent: int
    Failed: int
    Cancelled: int


class QueueJson(TypedDict):
    """A page of the queue, oldest first. The next one is `after` the last ID."""

    Paused: Annotated[bool, "whether the whole queue is"]
    Counts: QueueCountsJson
    More: Annotated[bool, "whether there are more behind these"]
    Entries: list[QueueEntryJson]


def preview(value: Release) -> ReleasePreviewJson:
    """Return the JSON of what a release would do."""
    return {
        "ID": str(value.message.id),
        "Possible": value.possible,
        "Refusal": value.refusal or "",
        "Sender": value.sender,
        "Size": value.octets,
        "Field": value.field,
        "Recipients": [
            {"Address": leg.recipient.address, "Server": leg.server, "Refusal": leg.refusal or ""} for leg in value.legs
        ],
    }


def entry(value: QueueEntry) -> QueueEntryJson:
    """Return the JSON of an entry in a list."""
    return {
        "ID": str(value.id),
        "Message": str(value.message),
        "Sender": value.sender,
        "Recipient": value.recipient.address,
        "Why": str(value.why),
        "State": str(value.state),
        "Reason": value.reason,
        "Queued": timestamp(value.queued_at),
        "NextTry": "" if value.next_try is None else timestamp(value.next_try),
        "Settled": "" if value.settled_at is None else timestamp(value.settled_at),
        "Tries": value.tries,
        "Ambiguous": value.ambiguous,
    }


def entry_whole(value: QueueEntry, attempts: Iterable[Attempt]) -> QueueEntryWholeJson:
    """Return the JSON of an entry with its attempts."""
    return {**entry(value), "Attempts": [_attempt(each) for each in attempts]}


def counts(of: Mapping[QueueState, int]) -> QueueCountsJson:
    """Return the JSON of the counts."""
    return {
        "Waiting": of[QueueState.WAITING],
        "InFlight": of[QueueState.IN_FLIGHT],
        "Paused": of[QueueState.PAUSED],
        "Sent": of[QueueState.SENT],
        "Failed": of[QueueState.FAILED],
        "Cancelled": of[QueueState.CANCELLED],
    }


def _attempt(value: Attempt) -> AttemptJson:
    return {
        "At": timestamp(value.at),
        "Took": round(value.seconds, 6),
        "Server": value.host,
        "TLS": value.tls or "",
        "Said": value.said,
        "Transcript": list(value.transcript),
    }
