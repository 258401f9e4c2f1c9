"""Responses made of a mail's own bytes: its HTML, its text, its source and its parts.

What a mail contains is hostile. Each of these responses carries a policy of its own, under which nothing runs:
that, not a sanitiser, is the border. Nothing here is fetched from anywhere else.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response

from mailtrap_lite.message import Message, Part
from mailtrap_lite.message.html import image_type

FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
MAIL_CSP = (
    f"sandbox {FRAME_SANDBOX}; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# When a person asked for it, for one view. Scripts, frames, forms and connections stay out.
REMOTE_CSP = (
    f"sandbox {FRAME_SANDBOX}; default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline' http: https:; "
    "font-src data: http: https:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
BYTES_CSP = "sandbox; default-src 'none'"

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^<>]{0,1000})?>|<!doctype[^<>]{0,1000}>", re.IGNORECASE)
_MOST_NAME = 150


def html(message: Message, *, embed: bool, remote: bool) -> Response:
    """Return the HTML of a mail for a sandboxed frame.

    embed: links open in a new window. remote: load the pictures, styles and fonts that it refers to.
    """
    text = message.content.render_html()
    response = Response(_with_new_windows(text) if embed else text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = REMOTE_CSP if remote else MAIL_CSP
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def text(message: Message) -> Response:
    """Return the text of a mail."""
    return _inert(message.content.text.encode("utf-8", "replace"), "text/plain; charset=utf-8")


def source(message: Message) -> Response:
    """Return the bytes of a mail as they came, to be saved."""
    response = _inert(message.raw, "text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="message-{message.id}.eml"'
    return response


def part(value: Part) -> Response:
    """Return the decoded bytes of a part: an image to be shown, anything else to be saved."""
    data = value.data
    kind = image_type(data)  # by its first octets, never by what the mail calls it; no SVG, PDF or HTML
    response = _inert(data, kind or "application/octet-stream")
    disposition = "inline" if kind else "attachment"
    name = safe_name(value.filename, instead=f"part-{value.id}")
    # RFC 6266 section 4.3 and RFC 8187: a plain name for old clients, the real one beside it.
    plain = re.sub(r"[^\w. ()+-]", "_", name, flags=re.ASCII)
    encoded = quote(name, safe="")
    response.headers["Content-Disposition"] = f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    return response


def picture(octets: bytes) -> Response:
    """Return a JPEG that we made."""
    return _inert(octets, "image/jpeg")


def safe_name(name: str, *, instead: str) -> str:
    """Return a name under which a file can be saved anywhere: no path, no control, no reserved or hidden name."""
    last = re.split(r"[/\\:]", name)[-1]
    # isprintable leaves out controls, line separators, lone surrogates and the overrides that turn exe.txt round.
    clean = "".join(c for c in last if c.isprintable() and c not in '<>"|?*').strip(" .-")
    if len(clean) > _MOST_NAME:
        stem, dot, suffix = clean.rpartition(".")
        keeps = dot and len(suffix) <= 10
        clean = f"{stem[: _MOST_NAME - 11]}.{suffix}" if keeps else clean[:_MOST_NAME]
    if not clean or _RESERVED.fullmatch(clean):
        return instead
    return clean


def _inert(data: bytes, kind: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers["Content-Security-Policy"] = BYTES_CSP
    return response


def _with_new_windows(text: str) -> str:
    """Let links open in a new window: inside the frame they would lead nowhere."""
    found = _HEAD.search(text, 0, 65536)
    place = found.end() if found else 0
    return f'{text[:place]}<base target="_blank">{text[place:]}'
