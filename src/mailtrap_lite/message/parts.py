"""One part of a mail (RFC 2045): its fields, its octets, its text.

A view on the raw bytes: nothing is copied before it is asked for. It does not know where parts begin and end.
"""

from __future__ import annotations

import binascii
import io
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple  # Any: what JSON can be

from mailtrap_lite.message.charsets import decode
from mailtrap_lite.message.headers import Block, Headers
from mailtrap_lite.message.limits import DEFECTS, TEXT, UUENCODED_LINES, WIDE_TEXT
from mailtrap_lite.message.reading import guarded, reading
from mailtrap_lite.message.words import Parametered, base64_octets, decode_words

_TYPE = re.compile(r"[a-z0-9!#$%&'*+.^_`{|}~-]{1,127}/[a-z0-9!#$%&'*+.^_`{|}~-]{1,127}")
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]{0,80}\r?\n|$)")
_KEPT = 1024 * 1024  # octets of a part that are worth keeping decoded
_UNENCODED = {"", "7bit", "8bit", "binary"}
_UUENCODED = {"x-uuencode", "uuencode", "x-uue", "uue"}

_LONGEST_NAME = 60  # of a file, and of its suffix


class Span(NamedTuple):
    """Where a part lies in the raw mail: its header block begins at start, its body at `body`; `end` is behind it."""

    start: int
    body: int
    end: int


class Part:
    """A part of a mail, or the whole mail as its root.

    id: "0" is the root, "1" its first child, "1.2" that one's second child. content_type: lower case.
    children: the parts of a multipart; a leaf has none. Reading any attribute never raises. Any thread.
    """

    def __init__(
        self, raw: bytes, span: Span, block: Block, *, identity: str, default_type: str = "text/plain"
    ) -> None:
        self.id = identity
        self.children: tuple[Part, ...] = ()
        self._whole = raw
        self._span = span
        self.block = block
        self._notes = list(block.defects)
        self._octets: bytes | None = None
        self._type = self._field("content-type")
        self.content_type = self._type.value or default_type
        if not _TYPE.fullmatch(self.content_type):
            # RFC 2045 section 5.2: what cannot be understood is plain text.
            self.note(f"bad Content-Type {self.content_type[:60]!a}")
            self.content_type = "text/plain"
        if len(block.all("content-type")) > 1:
            self.note("more than one Content-Type")

    def __repr__(self) -> str:
        return (
            f"<Part {self.id} {self.content_type}{f' {self.filename!r}' if self.filename else ''}, {self.size} octets>"
        )

    def place(self, span: Span) -> None:
        """Say where the part ends, once that is known; only for who builds the tree."""
        self._span = span

    def note(self, defect: str) -> None:
        """Keep a defect; there is a bound on how many."""
        if len(self._notes) < DEFECTS and defect not in self._notes:
            self._notes.append(defect)

    @property
    def raw(self) -> bytes:
        """The part as it was sent: header block, empty line and body, still encoded."""
        return self._whole[self._span.start : self._span.end]

    @property
    def boundary(self) -> str:
        """The boundary parameter of a multipart; "" for none."""
        return self._type.parameters.get("boundary", "") if self.content_type.startswith("multipart/") else ""

    @reading(Headers())
    def headers(self) -> Headers:
        """The decoded header fields of the part."""
        return Headers.of(self.block)

    @property
    def charset(self) -> str:
        """The charset parameter in lower case; "" for none."""
        # RFC 2045 section 5.1 has `charset=us-ascii (Plain text)`; a file name may have brackets, a charset never has.
        return self._type.parameters.get("charset", "").partition("(")[0].strip().lower()

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the Content-Type by their lower-case names."""
        return self._type.parameters

    @reading("")
    def disposition(self) -> str:
        """`attachment`, `inline`, another word in lower case, or "" (RFC 2183)."""
        return self._disposition.value

    @reading("")
    def filename(self) -> str:
        """The name that the mail gives, decoded (RFC 2231, or the RFC 2047 form many send); "" for none.

        One line without control characters, but otherwise hostile: never write to it.
        """
        return self._disposition.parameters.get("filename", "") or self._type.parameters.get("name", "")

    @property
    def name(self) -> str:
        """The same as `filename`."""
        return self.filename

    @property
    def type(self) -> str:
        """The same as `content_type`."""
        return self.content_type

    @reading("")
    def content_id(self) -> str:
        """The Content-ID without its angle brackets; "" for none."""
        field = self.block.first("content-id")
        return identifier(decode_words(field.text)) if field else ""

    @reading("")
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case; "" for none."""
        return self._field("content-transfer-encoding").value

    @reading(0)
    def size(self) -> int:
        """How many octets `data` has."""
        if self.children or self.encoding in _UNENCODED:
            return self._span.end - self._span.body
        return len(self.data)

    @property
    def data(self) -> bytes:
        """The body without its transfer encoding. Large ones are not kept, but decoded anew each time."""
        if self._octets is not None:
            return self._octets
        octets = guarded(self, "data", self._decoded, b"")
        if len(octets) <= _KEPT:
            self._octets = octets
        return octets

    @reading("")
    def text(self) -> str:
        """The body as text, lines ending with LF; octets outside of the charset read U+FFFD."""
        return self._read_text()

    def json(self) -> Any:
        """Return what the body says as JSON; raises ValueError, as json.loads does, for what is none."""
        import json  # costs start-up time that most runs never need

        return json.loads(self.data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write `data` to a file and return its path; in a directory it gets its own name, made harmless."""
        target = Path(path)
        if target.is_dir():
            target /= harmless(self.filename) or f"part-{self.id}"
        target.write_bytes(self.data)
        return target

    @property
    def defects(self) -> tuple[str, ...]:
        """What is wrong with this part alone, in words for people. Decodes it."""
        if self.children:
            return tuple(self._notes)
        if self.content_type.startswith("text/") and "text" not in self.__dict__:
            guarded(
                self, "text", self._read_text, ""
            )  # not kept: a mail may have a thousand texts that nobody looks at
        else:
            _ = self.data
        return tuple(self._notes)

    @reading(Parametered(""))
    def _disposition(self) -> Parametered:
        return self._field("content-disposition")

    def _field(self, name: str) -> Parametered:
        field = self.block.first(name)
        return Parametered.of(field.text) if field else Parametered("")

    def _read_text(self) -> str:
        octets = self.data
        most = TEXT if octets.isascii() else WIDE_TEXT
        if len(octets) > most:
            self.note(f"the text is cut to {most} octets")
            octets = octets[: _character_end(octets, most)]
        if self.charset.startswith("utf-16"):
            text, complaint = decode(octets, self.charset)
            text = text.replace("\r\n", "\n")
        else:
            # In all other charsets CR LF is the two octets, and replacing there takes a quarter of the memory.
            text, complaint = decode(octets.replace(b"\r\n", b"\n"), self.charset)
        if complaint:
            self.note(complaint)
        return text.removeprefix("\ufeff")

    def _decoded(self) -> bytes:
        body = memoryview(self._whole)[self._span.body : self._span.end]
        encoding = self.encoding
        if self.children or self.content_type.startswith("multipart/"):
            return bytes(body)  # RFC 2045 section 6.4: a multipart itself is never encoded
        if encoding == "quoted-printable":
            bad = _BAD_ESCAPE.search(body[: _KEPT + 2])
            if bad and bad.start() < _KEPT:  # an escape is not bad because the look at it ends there
                self.note("bad escapes in quoted-printable")
            return binascii.a2b_qp(body)
        octets = bytes(body)
        if encoding == "base64":
            octets, whole = base64_octets(octets)
            if not whole:
                self.note("broken base64")
        elif encoding in _UUENCODED:
            octets = _uudecoded(octets)
        elif encoding not in _UNENCODED:
            self.note(f"unknown Content-Transfer-Encoding {encoding[:40]!a}")
        return octets


def harmless(name: str) -> str:
    """Return a file name that stays in its directory and hides nothing; "" if nothing is left of it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(each if each.isprintable() and each not in '<>:"|?*' else "_" for each in last)
    stem, dot, suffix = plain.strip(" .").rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{suffix[:_LONGEST_NAME]}"


def identifier(text: str) -> str:
    """Return what stands in the first `<…>` of a Message-ID or Content-ID field, else the whole."""
    inside, bracket, _ = text.partition("<")[2].partition(">")
    return inside.strip() if bracket and inside.strip(" <") else text.strip("<> ")


def _character_end(octets: bytes, cut: int) -> int:
    """Return the place at or before cut where a UTF-8 character ends."""
    for end in range(cut, cut - 4, -1):
        if octets[end] & 0xC0 != 0x80:
            return end
    return cut


def _uudecoded(data: bytes) -> bytes:
    decoded = bytearray()
    lines = islice(io.BytesIO(data), UUENCODED_LINES)
    for line in lines:
        if line.startswith(b"begin "):
            break
    for line in lines:
        if line.rstrip() == b"end":
            break
        # The first character says how many octets there are; some encoders leave garbage behind them.
        octets = (line[0] - 32) & 63
        with suppress(binascii.Error):
            decoded += binascii.a2b_uu(line[: 1 + -(-octets * 4 // 3)].rstrip(b"\r\n"))
    return bytes(decoded)
