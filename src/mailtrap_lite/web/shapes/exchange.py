"""What came in through the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypedDict


class SentJson(TypedDict):
    """The message that it became."""

    ID: Annotated[str, "usable at once"]


class ImportedJson(TypedDict):
    """Ours: the messages that they became, in their order."""

    IDs: list[str]


def sent(message: int) -> SentJson:
    """Return the JSON of a message that came in."""
    return {"ID": str(message)}


def imported(messages: Iterable[int]) -> ImportedJson:
    """Return the JSON of messages that came in."""
    return {"IDs": [str(message) for message in messages]}
