"""What is answered when something cannot be done."""

from __future__ import annotations

from typing import Annotated, TypedDict

from mailtrap_lite.web.schema import facts


class ErrorJson(TypedDict):
    """Why not."""

    Error: Annotated[str, "a sentence for people", facts(example="no message has the id 7, or it was deleted")]


def error(text: str) -> ErrorJson:
    """Return the JSON of an error."""
    return {"Error": text}
