"""How somebody looks at a message: which tab, and what they chose in it. It is all in the address, so it can be shared.

It knows a request's query; it knows no message and no template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Self, TypeVar

from flask import request


class Tab(StrEnum):
    """The views of a message, in their order."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    PARTS = "parts"
    ATTACHMENTS = "attachments"
    LINKS = "links"
    ENVELOPE = "envelope"
    SESSIONS = "sessions"
    CHECKS = "checks"
    SOURCE = "source"


class Width(StrEnum):
    """How wide the HTML is shown."""

    FULL = "full"
    TABLET = "tablet"
    TURNED = "turned"  # a phone on its side
    PHONE = "phone"


class Scheme(StrEnum):
    """Which colours the HTML is shown in."""

    LIGHT = "light"
    DARK = "dark"  # by a program that honours prefers-color-scheme
    FORCED = "forced"  # by a program that turns the colours of any mail round


class Show(StrEnum):
    """What of the HTML, and of the text, is shown."""

    RENDERED = "rendered"
    BESIDE = "beside"  # the text and the HTML
    CODE = "code"  # the HTML as it is written, the text without marks


# A path of part ids; a "!" goes into an attached mail.
_PART = re.compile(r"[0-9.]{1,400}(?:![0-9.]{1,400}){0,20}")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class View:
    """What was chosen. part: which one the tree is opened at, "" for none. An address says only what is no default."""

    tab: Tab | None = None
    show: Show = Show.RENDERED
    width: Width = Width.FULL
    scheme: Scheme = Scheme.LIGHT
    remote: bool = False
    raw: bool = False
    nowrap: bool = False
    whole: bool = False
    part: str = ""

    @classmethod
    def asked(cls) -> Self:
        """Return what the query asks for; what it does not know is the default."""
        said = request.args
        part = said.get("part", "")
        return cls(
            tab=_choice(Tab, said.get("tab", ""), None),
            show=_choice(Show, said.get("show", ""), Show.RENDERED),
            width=_choice(Width, said.get("width", ""), Width.FULL),
            scheme=_choice(Scheme, said.get("scheme", ""), Scheme.LIGHT),
            remote=said.get("remote") == "1",
            raw=said.get("raw") == "1",
            nowrap=said.get("nowrap") == "1",
            whole=said.get("whole") == "1",
            part=part if _PART.fullmatch(part) else "",
        )

    def query(self, **changes: object) -> dict[str, str]:
        """Return the query of a link to the same, or to what the changes say."""
        changed = replace(self, **changes)  # type: ignore[arg-type]  # the names and types are those of the fields
        said = ((field.name, getattr(changed, field.name), field.default) for field in fields(self))
        return {name: "1" if value is True else str(value) for name, value, default in said if value != default}


def _choice(kind: type[E], said: str, instead: E | None) -> E:
    return kind(said) if said in set(kind) else instead  # type: ignore[return-value]  # None only where it is the default
