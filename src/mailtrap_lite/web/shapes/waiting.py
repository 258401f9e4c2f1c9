"""What a wait answers. All of it is ours."""

from __future__ import annotations

from typing import Annotated, TypedDict

from mailtrap_lite.web.shapes.messages import MessageSummaryJson


class WaitedJson(TypedDict):
    """The message that came."""

    Cursor: Annotated[int, "for `after` of the next wait"]
    Message: MessageSummaryJson


class NothingCameJson(TypedDict):
    """What did come instead, newest first, the last twenty."""

    Error: Annotated[str, "what was expected, and how each differs"]
    Cursor: int
    Messages: list[MessageSummaryJson]
