"""What the templates of each view of a message are given. Only the view that is open is read.

It knows the message and what was chosen; it knows no request and no route.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any  # Any: what a template is given

from mailtrap_lite.checks import check_html
from mailtrap_lite.message import Content, Message, Part, Protocol, Session, Speaker
from mailtrap_lite.message.authentication import signatures, verdicts
from mailtrap_lite.message.charsets import decode, guess
from mailtrap_lite.message.compared import authors, receivers
from mailtrap_lite.message.filenames import Danger, dangers
from mailtrap_lite.message.html import image_type
from mailtrap_lite.message.links import Link
from mailtrap_lite.message.nested import part_at, rows
from mailtrap_lite.message.prose import blocks
from mailtrap_lite.message.received import hops
from mailtrap_lite.message.unsubscribe import unsubscribe_in
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web import bodies, coloured
from mailtrap_lite.web.dark import has_dark
from mailtrap_lite.web.view import Scheme, Show, Tab, View

MOST_SOURCE = 64 * 1024  # octets of a source that are shown at first
MOST_TEXT = 128 * 1024  # characters of a text or of HTML that are shown at first
MOST_WHOLE = 4 * 1024 * 1024  # of either, when all is asked for; the rest is for downloading
MOST_FILES = 200  # attachments that are listed
MOST_HEX = 1024  # octets of a part that are shown in hexadecimal
MOST_PREVIEW = 4096  # octets of an attached text that are shown beside its name

_TEXTS = ("text/plain", "text/csv", "text/calendar", "text/markdown", "application/json", "application/ics")
_TEXT_NAMES = (".txt", ".csv", ".ics", ".json", ".md", ".log")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a mail. picture: a browser may show it. preview: the beginning of a text, "" for others."""

    part: Part
    picture: str
    checksum: str
    preview: str
    dangers: tuple[Danger, ...]
    inline: bool

    @property
    def claims(self) -> bool:
        """Whether a picture is of another type than the mail says."""
        says = self.part.content_type.replace("image/jpg", "image/jpeg")
        return bool(self.picture) and says.startswith("image/") and says != self.picture


@dataclass(frozen=True, slots=True)
class Fetch:
    """A POP3 session that retrieved the message. at: seconds since the epoch. deleted: None when it cannot be told."""

    session: Session
    at: float
    times: int
    deleted: bool | None


def values(message: Message, view: View, sandbox: Sandbox) -> dict[str, Any]:
    """Return what the template of the view is given."""
    tab = view.tab or Tab.TEXT
    if tab is Tab.SESSIONS:
        return {"session": message.session, "fetches": fetches(message, sandbox.sessions)}
    return _PANELS[tab](message, view)


def _html(message: Message, view: View) -> dict[str, Any]:
    content = message.content
    most = MOST_WHOLE if view.whole else MOST_TEXT
    by_kind = sorted(content.remote_content, key=lambda item: item.kind)
    return {
        "remote_kinds": [(kind, list(alike)) for kind, alike in groupby(by_kind, key=lambda item: item.kind)],
        "frame_sandbox": bodies.FRAME_SANDBOX,
        "no_dark": view.scheme is Scheme.DARK and not has_dark(content.html),
        "code": coloured.html(content.html[:most]) if view.show is Show.CODE else "",
        "code_is_cut": len(content.html) > most,
        "html_part": _html_part(content),
        **(_text(message, view) if view.show is Show.BESIDE else {}),
    }


def _html_part(content: Content) -> str:
    return next((part.id for part in content.parts if part.content_type == "text/html"), "0")


def _text(message: Message, view: View) -> dict[str, Any]:
    text = message.content.text
    most = MOST_WHOLE if view.whole else MOST_TEXT
    shown = text[:most]
    parameters = _text_parameters(message.content)
    flowed = parameters.get("format", "").lower() == "flowed"
    delsp = parameters.get("delsp", "").lower() == "yes"
    return {
        "text": shown,
        "text_is_cut": len(text) > most,
        "flowed": flowed,
        "blocks": []
        if view.show is Show.CODE
        else [(block, coloured.prose(block.text)) for block in blocks(shown, flowed=flowed, delsp=delsp)],
    }


def _text_parameters(content: Content) -> Mapping[str, str]:
    """Return the parameters of the one part that is the text; nothing when it is made of several."""
    texts = [part for part in content.parts if part.content_type == "text/plain" and part.text == content.text]
    return texts[0].parameters if len(texts) == 1 else {}


def _headers(message: Message, view: View) -> dict[str, Any]:
    content = message.content
    raw = content.raw[: content.root.block.body]
    most = MOST_WHOLE if view.whole else MOST_SOURCE
    return {
        "raw_header": coloured.lines(guess(raw[:most])) if view.raw else "",
        "raw_is_cut": len(raw) > most,
        "hops": hops(content.headers.all("received")),
        "verdicts": verdicts(content.headers),
        "signatures": signatures(content.headers),
    }


def _parts(message: Message, view: View) -> dict[str, Any]:
    tree = rows(message.content)
    known = {row.path for row in tree}
    path = view.part or next((row.path for row in tree if not row.part.children), "0")
    try:
        mail, part = part_at(message.content, path)
    except KeyError:
        path = "0"
        mail, part = part_at(message.content, path)
    most = MOST_WHOLE if view.whole else MOST_SOURCE
    nested = Content(part.data) if part.content_type in ("message/rfc822", "message/global") else None
    raw = view.raw or bool(part.children)
    is_text = part.content_type.startswith(("text/", "message/")) or _is_plain(part)
    return {
        "rows": tree,
        "path": path if path in known else "0",
        "part": part,
        "within": mail,
        "nested": nested,
        "picture": image_type(part.data),
        "is_text": is_text,
        "checksum": _checksum(part),
        "part_source": coloured.lines(guess(part.raw[:most])) if raw else "",
        "part_text": part.text[:most] if is_text and not raw and nested is None else "",
        "part_is_cut": (len(part.raw) if raw else part.size) > most,
        "hexdump": "" if raw or is_text else coloured.hexdump(part.data[:MOST_HEX]),
    }


def _attachments(message: Message, view: View) -> dict[str, Any]:
    content = message.content
    both = [*((part, False) for part in content.attachments), *((part, True) for part in content.inline)]
    return {"attached": [attached(part, inline=inline) for part, inline in both[:MOST_FILES]], "files": len(both)}


def attached(part: Part, *, inline: bool) -> Attached:
    """Return what is worth knowing of a file."""
    picture = image_type(part.data)
    preview = ""
    if not picture and _is_plain(part):
        preview = decode(part.data[:MOST_PREVIEW], part.charset or "utf-8")[0].rstrip("\ufffd")
    return Attached(part, picture, _checksum(part), preview, dangers(part.filename), inline)


def _is_plain(part: Part) -> bool:
    return part.content_type in _TEXTS or part.filename.lower().endswith(_TEXT_NAMES)


def _checksum(part: Part) -> str:
    return "" if part.children else hashlib.sha256(part.data).hexdigest()


def _links(message: Message, view: View) -> dict[str, Any]:
    content = message.content
    counted: dict[Link, int] = {}
    for link in content.links:
        counted[link] = counted.get(link, 0) + 1
    return {
        "links": [(link, times, coloured.clickable(link)) for link, times in counted.items()],
        "unsubscribe": unsubscribe_in(content.headers),
        "pixels": [item for item in content.remote_content if item.pixel],
    }


def _envelope(message: Message, view: View) -> dict[str, Any]:
    return {
        "session": message.session,
        "authors": authors(message.content, message.envelope),
        "receivers": receivers(message.content, message.envelope),
    }


def _checks(message: Message, view: View) -> dict[str, Any]:
    found = sorted(message.lint, key=lambda finding: not finding.refusable)
    content = message.content
    links = list(dict.fromkeys(content.links))
    return {
        "findings": found,
        "refusable": sum(finding.refusable for finding in found),
        "report": check_html(content.html) if content.html else None,
        "links": links,
        "suspects": [link for link in links if link.pretends or link.has_user],
        "unsubscribe": unsubscribe_in(content.headers),
    }


def _source(message: Message, view: View) -> dict[str, Any]:
    most = MOST_WHOLE if view.whole else MOST_SOURCE
    return {"source": coloured.lines(guess(message.raw[:most])), "source_is_cut": len(message.raw) > most}


_PANELS: Mapping[Tab, Callable[[Message, View], dict[str, Any]]] = {
    Tab.HTML: _html,
    Tab.TEXT: _text,
    Tab.HEADERS: _headers,
    Tab.PARTS: _parts,
    Tab.ATTACHMENTS: _attachments,
    Tab.LINKS: _links,
    Tab.ENVELOPE: _envelope,
    Tab.CHECKS: _checks,
    Tab.SOURCE: _source,
}


def fetches(message: Message, sessions: tuple[Session, ...]) -> list[Fetch]:
    """Return every POP3 session that is remembered and retrieved the message whole, in the order of their beginning."""
    return [
        _fetch(message, session)
        for session in sessions
        if session.protocol is Protocol.POP3 and message.id in session.messages
    ]


def _fetch(message: Message, session: Session) -> Fetch:
    # A session's messages are in the order of their first RETR, when each of them was sent whole.
    numbers = list(dict.fromkeys(session.retrieved))
    number = numbers[session.messages.index(message.id)] if len(numbers) == len(session.messages) else None
    deleted = number in session.deleted if number is not None else _was_deleted(message, session)
    wanted = f"RETR {number}"
    said = (line.at for line in session.lines if line.speaker is Speaker.CLIENT and line.text.upper() == wanted)
    times = session.retrieved.count(number) if number is not None else 1
    return Fetch(session, session.started + next(said, 0.0), times, deleted)


def _was_deleted(message: Message, session: Session) -> bool | None:
    """Tell from the deliveries; None when they say no more."""
    ended = session.ended or float("inf")
    times = (each.deleted_at for each in message.deliveries if each.deleted_by == session.user and each.deleted_at)
    return True if any(session.started <= at <= ended + 1 for at in times) else None
