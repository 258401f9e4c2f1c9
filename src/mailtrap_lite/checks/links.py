"""Where the links of a mail lead: those of its HTML and of its text, each once."""

from __future__ import annotations

import re
from html import unescape

from mailtrap_lite.message.content import Content
from mailtrap_lite.message.limits import MARKUP

MOST_LINKS = 1_000
_LONGEST = 2_048
_HREF = re.compile(
    r"""<(?:a|area)\b[^<>]{0,4096}?[\s"'/]href\s{0,20}=\s{0,20}(?:"([^"<>]{0,4096})|'([^'<>]{0,4096})|([^\s"'<>]{0,4096}))""",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(r"""\bhttps?://[^\s<>"'\x00-\x20\x7f]{1,2048}""", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s\x00-\x20]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}"


def links_of(content: Content) -> tuple[str, ...]:
    """Return the web addresses that a reader can follow, and those that the HTML would fetch, in order."""
    found: dict[str, None] = {}
    for match in _HREF.finditer(content.html, 0, MARKUP):
        _add(found, unescape(next((value for value in match.groups() if value is not None), "")).strip())
    for address in content.remote:
        _add(found, f"https:{address}" if address.startswith("//") else address)
    for match in _IN_TEXT.finditer(content.text, 0, MARKUP):
        _add(found, match[0].rstrip(_TRAILING))
    return tuple(found)


def _add(found: dict[str, None], address: str) -> None:
    if len(found) < MOST_LINKS and len(address) <= _LONGEST and _WEB.fullmatch(address):
        found.setdefault(address)
