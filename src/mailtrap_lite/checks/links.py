"""Where the links of a mail lead: those of its HTML and of its text, each once, as far as the web goes."""

from __future__ import annotations

import re

from mailtrap_lite.message.content import Content
from mailtrap_lite.message.links import Source

MOST_LINKS = 1_000
_LONGEST = 2_048
_WEB = re.compile(r"https?://[^\s\x00-\x20]+", re.IGNORECASE)


def links_of(content: Content) -> tuple[str, ...]:
    """Return the web addresses that a reader can follow, and those that the HTML would fetch, in order."""
    written = {source: [link.url for link in content.links if link.source is source] for source in Source}
    loaded = [f"https:{address}" if address.startswith("//") else address for address in content.remote]
    found: dict[str, None] = {}
    for address in (*written[Source.HTML], *loaded, *written[Source.TEXT]):
        if len(found) < MOST_LINKS and len(address) <= _LONGEST and _WEB.fullmatch(address):
            found.setdefault(address)
    return tuple(found)
