"""What checks find in a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypedDict

from mailtrap_lite.message import Finding


class FindingJson(TypedDict):
    """Something that a strict receiver or a reader of the RFCs objects to."""

    Code: str
    Text: str
    Refusable: Annotated[bool, "whether a strict server refuses the mail for it"]
    RFC: str


class LintJson(TypedDict):
    """Ours: what lint found."""

    Findings: list[FindingJson]


def lint(values: Iterable[Finding]) -> LintJson:
    """Return the JSON of what lint found."""
    return {
        "Findings": [
            {"Code": value.code, "Text": value.text, "Refusable": value.refusable, "RFC": value.rfc} for value in values
        ]
    }
