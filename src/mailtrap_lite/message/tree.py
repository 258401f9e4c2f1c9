"""Where the parts of a mail begin and end (RFC 2046 section 5.1). Knows nothing of what is in them.

One pass over the raw bytes with all open boundaries in a dict, so nesting and number of parts cost nothing extra.
The standard library's parser recurses and copies; mails of 100,000 parts or 10,000 levels are what this is for.
A message/rfc822 part is a leaf: the mail in it is opened by who asks for it.
"""

from __future__ import annotations

from typing import NamedTuple

from mailtrap_lite.message import limits
from mailtrap_lite.message.headers import read_block
from mailtrap_lite.message.parts import Part, Span


def read_tree(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Return the root part, and what is wrong with the structure."""
    splitter = _Splitter(raw)
    root = splitter.split()
    return root, tuple(dict.fromkeys(splitter.defects))


class _Delimiter(NamedTuple):
    level: int
    closing: bool
    start: int
    after: int


class _Draft:
    """A part whose end is not known yet."""

    def __init__(self, start: int, body: int, part: Part) -> None:
        self.start = start
        self.body = body
        self.part = part
        self.boundary = b""
        self.children: list[Part] = []


class _Splitter:
    def __init__(self, raw: bytes) -> None:
        self.defects: list[str] = []
        self._raw = raw
        self._blanks = _Blanks(raw)
        self._stack: list[_Draft] = []
        self._closed: list[_Draft] = []
        self._levels: dict[bytes, int] = {}
        self._parts = 0
        self._candidates = 0

    def split(self) -> Part:
        root = self._draft(0, len(self._raw), identity="0", default_type="text/plain")
        self._open(root)
        position = root.body - 1
        leaf: _Draft | None = None
        while self._stack and (delimiter := self._delimiter(position, len(self._raw))):
            if leaf is not None:
                self._finish(leaf, delimiter.start)
                leaf = None
            self._close(delimiter.level + 1, "has no closing delimiter")
            self._finish_closed(delimiter.start)
            position = delimiter.after - 1
            if delimiter.closing:
                self._close(delimiter.level, "")
                continue
            if self._parts == limits.PARTS:
                self.defects.append(f"more than {limits.PARTS} parts; the others are not shown")
                self._close(0, "")
                break
            draft = self._child(delimiter.after)
            if self._open(draft):
                position = draft.body - 1
            else:
                leaf = draft
        if leaf is not None:
            self._finish(leaf, len(self._raw))
        self._close(0, "has no closing delimiter")
        self._finish_closed(len(self._raw))
        return root.part

    def _child(self, start: int) -> _Draft:
        """Begin the next part of the innermost multipart."""
        parent = self._stack[-1]
        number = len(parent.children) + 1
        _, body = self._blanks.after(start)
        # A header block without an empty line ends where the part does.
        following = self._delimiter(start - 1, len(self._raw) if body is None else body)
        draft = self._draft(
            start,
            following.start if following else len(self._raw),
            identity=str(number) if parent.part.id == "0" else f"{parent.part.id}.{number}",
            # RFC 2046 section 5.1.5
            default_type="message/rfc822" if parent.part.content_type == "multipart/digest" else "text/plain",
        )
        parent.children.append(draft.part)
        self._parts += 1
        return draft

    def _draft(self, start: int, end: int, *, identity: str, default_type: str) -> _Draft:
        block_end, body = self._blanks.after(start)
        if body is None or block_end > end:
            block_end, body = end, None
        root = identity == "0"
        block = read_block(
            self._raw,
            start,
            end=block_end,
            body=body,
            most_octets=limits.HEADER_BLOCK if root else limits.PART_BLOCK,
            most_fields=limits.HEADER_FIELDS if root else limits.PART_FIELDS,
        )
        # Bodies that are never ended reach to the end of the mail.
        span = Span(start, block.body, len(self._raw))
        return _Draft(start, block.body, Part(self._raw, span, block, identity=identity, default_type=default_type))

    def _open(self, draft: _Draft) -> bool:
        """Open a multipart; return whether it is one that can be split."""
        part = draft.part
        if not part.content_type.startswith("multipart/"):
            return False
        boundary = part.boundary.rstrip()
        octets = boundary.encode("utf-8", "replace")
        if not boundary:
            part.note("a multipart without a boundary")
        elif len(octets) > limits.BOUNDARY:
            part.note(f"a boundary of more than {limits.BOUNDARY} octets; the parts are not shown")
        elif octets in self._levels:
            part.note("the boundary of the multipart around it is used again")
        elif len(self._stack) == limits.DEPTH:
            self.defects.append(f"parts nested more than {limits.DEPTH} deep; those inside are not shown")
        else:
            draft.boundary = octets
            self._levels[octets] = len(self._stack)
            self._stack.append(draft)
            if part.encoding not in ("", "7bit", "8bit", "binary"):
                part.note(f"a multipart with Content-Transfer-Encoding {part.encoding[:40]!a}")
            return True
        return False

    def _close(self, level: int, defect: str) -> None:
        """Close the multiparts from the innermost to that of the level; what follows them is their epilogue."""
        while len(self._stack) > level:
            draft = self._stack.pop()
            del self._levels[draft.boundary]
            draft.part.children = tuple(draft.children)
            self._closed.append(draft)
            if not draft.children:
                draft.part.note("a multipart without parts")
            elif defect:
                draft.part.note(f"a multipart {defect}")

    def _finish_closed(self, delimiter: int) -> None:
        while self._closed:
            self._finish(self._closed.pop(), delimiter)

    def _finish(self, draft: _Draft, delimiter: int) -> None:
        """Set where a part ends: the line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1)."""
        end = delimiter
        for octet in (b"\n", b"\r"):
            if delimiter < len(self._raw) and end > draft.body and self._raw[end - 1 : end] == octet:
                end -= 1
        draft.part.place(Span(draft.start, min(draft.body, end), end))

    def _delimiter(self, position: int, limit: int) -> _Delimiter | None:
        """Return the next delimiter line of an open multipart from the line end at position on."""
        raw = self._raw
        position = max(position, 0)
        while (found := raw.find(b"\n--", position, limit)) >= 0:
            self._candidates += 1
            if self._candidates > limits.DELIMITERS:
                self.defects.append(f"more than {limits.DELIMITERS} lines begin with two hyphens; parts may be missing")
                return None
            start = found + 1
            end = raw.find(b"\n", start + 2)
            end = len(raw) if end < 0 else end
            text = raw[start + 2 : min(end, start + limits.BOUNDARY + 8)].rstrip(b" \t\r")
            if (level := self._levels.get(text)) is not None:
                return _Delimiter(level, closing=False, start=start, after=min(end + 1, len(raw)))
            if text.endswith(b"--") and (level := self._levels.get(text[:-2])) is not None:
                return _Delimiter(level, closing=True, start=start, after=min(end + 1, len(raw)))
            position = end
        return None


class _Blanks:
    """Finds empty lines. Asked with rising positions, it looks at each octet once."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._next = {b"\n\n": -2, b"\n\r\n": -2}  # -2: not looked for, -1: none

    def after(self, start: int) -> tuple[int, int | None]:
        """Return where the header block that begins at start ends, and where the body begins (None: no empty line)."""
        for ending in (b"\n", b"\r\n"):
            if self._raw.startswith(ending, start):
                return start, start + len(ending)
        for pattern, known in self._next.items():
            if known != -1 and known < start:
                self._next[pattern] = self._raw.find(pattern, start)
        hits = [(place, len(pattern)) for pattern, place in self._next.items() if place >= 0]
        if not hits:
            return len(self._raw), None
        place, length = min(hits)
        return place + 1, place + length
