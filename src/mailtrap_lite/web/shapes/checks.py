"""What checks find in a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypedDict

from mailtrap_lite.checks import Report, Warned
from mailtrap_lite.checks.support import FEATURES, PROGRAMS
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


class HTMLCheckResultJson(TypedDict):
    """How a program shows a feature."""

    Name: str
    Platform: str
    Family: str
    Version: Annotated[str, "empty: the table knows programs, not their versions"]
    Support: Literal["yes", "partial", "no"]
    NoteNumber: str


class HTMLCheckScoreJson(TypedDict):
    """Of a hundred programs, how many show a feature well, in part and not. Found: how often it is used."""

    Found: int
    Supported: float
    Partial: float
    Unsupported: float


class HTMLCheckWarningJson(TypedDict):
    """A feature that the mail uses and that some program does not show."""

    Slug: str
    Title: str
    Description: str
    URL: Annotated[str, "empty: the table is ours"]
    Category: Literal["css", "html"]
    Tags: list[str]
    Keywords: str
    Results: list[HTMLCheckResultJson]
    NotesByNumber: dict[str, str]
    Score: HTMLCheckScoreJson


class HTMLCheckTotalJson(TypedDict):
    """The same over all features that were looked for. Tests: how many; Nodes: elements of the mail."""

    Tests: int
    Nodes: int
    Supported: float
    Partial: float
    Unsupported: float


class HTMLCheckResponseJson(TypedDict):
    """What mail programs make of the HTML of a message."""

    Total: HTMLCheckTotalJson
    Platforms: Annotated[dict[str, list[str]], "programs of each platform"]
    Warnings: list[HTMLCheckWarningJson]


class LinkJson(TypedDict):
    """A link. StatusCode is 0 when no server answered."""

    URL: str
    StatusCode: int
    Status: str


class LinkCheckResponseJson(TypedDict):
    """What the links of a message answer."""

    Errors: int
    Links: list[LinkJson]


class LinksJson(TypedDict):
    """Ours: the web addresses in a message; nobody asked them anything."""

    Links: list[str]


class RuleJson(TypedDict):
    """A rule of SpamAssassin."""

    Name: str
    Description: str
    Score: float


class SpamAssassinResponseJson(TypedDict):
    """What SpamAssassin finds."""

    Error: str
    IsSpam: bool
    Score: float
    Rules: list[RuleJson]


def lint(values: Iterable[Finding]) -> LintJson:
    """Return the JSON of what lint found."""
    return {"Findings": [finding(value) for value in values]}


def finding(value: Finding) -> FindingJson:
    """Return the JSON of one thing that lint found."""
    return {"Code": value.code, "Text": value.text, "Refusable": value.refusable, "RFC": value.rfc}


def link_check(answers: Mapping[str, tuple[int, str]]) -> LinkCheckResponseJson:
    """Return the JSON of what links answered. answers: status and reason of each."""
    return {
        "Errors": sum(not 200 <= status < 400 for status, _ in answers.values()),
        "Links": [{"URL": url, "StatusCode": status, "Status": text} for url, (status, text) in answers.items()],
    }


def html_check(report: Report) -> HTMLCheckResponseJson:
    """Return the JSON of what mail programs make of HTML."""
    platforms: dict[str, list[str]] = {}
    for program, places in PROGRAMS.items():
        for place in places:
            platforms.setdefault(place, []).append(program)
    return {
        "Total": {
            "Tests": len(FEATURES),
            "Nodes": report.nodes,
            "Supported": report.share("yes"),
            "Partial": report.share("partial"),
            "Unsupported": report.share("no"),
        },
        "Platforms": platforms,
        "Warnings": [_warning(warned) for warned in report.warnings],
    }


def _warning(warned: Warned) -> HTMLCheckWarningJson:
    feature = warned.feature
    return {
        "Slug": feature.slug,
        "Title": feature.title,
        "Description": feature.text,
        "URL": "",
        "Category": "css" if feature.css else "html",
        "Tags": [],
        "Keywords": "",
        "Results": [
            {
                "Name": f"{result.program} ({result.platform})",
                "Platform": result.platform,
                "Family": result.program,
                "Version": "",
                "Support": "yes" if result.support == "yes" else "no" if result.support == "no" else "partial",
                "NoteNumber": "",
            }
            for result in warned.results
        ],
        "NotesByNumber": {},
        "Score": {
            "Found": warned.found,
            "Supported": warned.share("yes"),
            "Partial": warned.share("partial"),
            "Unsupported": warned.share("no"),
        },
    }
