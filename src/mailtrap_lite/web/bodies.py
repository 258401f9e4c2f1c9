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
from mailtrap_lite.web.dark import in_scheme
from mailtrap_lite.web.view import Scheme

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


def html(message: Message, *, embed: bool, remote: bool, scheme: Scheme | None = None) -> Response:
    """Return the HTML of a mail for a sandboxed frame.

    embed: links open in a new window. remote: load the pictures, styles and fonts that it refers to.
    scheme: the colours to show it in; as it is if None.
    """
    return page(message.content.render_html(), embed=embed, remote=remote, scheme=scheme)


def page(text: str, *, embed: bool, remote: bool, scheme: Scheme | None = None, before: str = "") -> Response:
    """Return HTML of a mail under the policy of mail. before: HTML of ours that goes first."""
    style = ""
    if scheme:
        text, style = in_scheme(text, scheme)
    if embed:
        style = f'<base target="_blank">{style}'
    response = Response(_with(text, style + before), content_type="text/html; charset=utf-8")
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
    name = safe_name(value.filename, instead=f"part-{value.id}")
    response.headers["Content-Disposition"] = _disposition("inline" if kind else "attachment", name)
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


def octets(data: bytes, *, name: str) -> Response:
    """Return bytes of a mail to be saved, whatever they are."""
    response = _inert(data, "application/octet-stream")
    response.headers["Content-Disposition"] = _disposition("attachment", safe_name(name, instead="part"))
    return response


def _inert(data: bytes, kind: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers["Content-Security-Policy"] = BYTES_CSP
    return response


def _disposition(word: str, name: str) -> str:
    # RFC 6266 section 4.3 and RFC 8187: a plain name for old clients, the real one beside it.
    plain = re.sub(r"[^\w. ()+-]", "_", name, flags=re.ASCII)
    return f"{word}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _with(text: str, ours: str) -> str:
    """Put something of ours first into HTML, but behind its doctype, so that it is shown as it would be without."""
    found = _HEAD.search(text, 0, 65536)
    place = found.end() if found else 0
    return f"{text[:place]}{ours}{text[place:]}"
