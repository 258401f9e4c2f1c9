"""The HTML of a mail as it looks in light or dark, whatever the reader's own colours are.

A browser can be told its colours only as a whole, so the mail's own conditions are answered here, in its text.
It is for a look: what a mail program really does with colours differs from one to the next.
It cannot show programs that turn only some colours round, or that change single ones to keep them readable.
"""

from __future__ import annotations

import re

from mailtrap_lite.message.limits import MARKUP
from mailtrap_lite.web.view import Scheme

_PREFERS = re.compile(r"(\(\s{0,80})prefers-color-scheme\s{0,80}:\s{0,80}(dark|light)", re.IGNORECASE)
_OWN = re.compile(r"(?<!prefers-)(?:color-scheme|supported-color-schemes)[^;{}<>]{0,200}?\bdark\b", re.IGNORECASE)
# A condition on the width that is always true, and one that never is.
_TRUE, _FALSE = "min-width:0px", "max-width:0px"
_LIGHT = "<style>:root{color-scheme:only light!important}</style>"
_DARK = "<style>:root{color-scheme:dark!important}</style>"
# What some programs do to every mail: all colours turned round, pictures turned back.
_TURNED = (
    "<style>:root{color-scheme:only light!important;background:#fff;filter:invert(1) hue-rotate(180deg)!important}"
    "img,video,svg,[background],[style*='url(']{filter:invert(1) hue-rotate(180deg)!important}</style>"
)


def has_dark(html: str) -> bool:
    """Return whether a mail says anything about how it looks in the dark."""
    head = html[:MARKUP]
    return any(found[2].lower() == "dark" for found in _PREFERS.finditer(head)) or bool(_OWN.search(head))


def in_scheme(html: str, scheme: Scheme) -> tuple[str, str]:
    """Return the HTML with its conditions on the scheme answered, and a style that goes before everything else."""
    dark = scheme is Scheme.DARK

    def answered(found: re.Match[str]) -> str:
        return found[1] + (_TRUE if (found[2].lower() == "dark") == dark else _FALSE)

    style = _DARK if dark and _OWN.search(html, 0, MARKUP) else _LIGHT
    if scheme is Scheme.FORCED:
        style = _TURNED
    return _PREFERS.sub(answered, html[:MARKUP]) + html[MARKUP:], style
