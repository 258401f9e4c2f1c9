"""The header block of a message or a part (RFC 5322 section 2.2): its raw fields, and their decoded view."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import overload

from mailtrap_lite.message.charsets import guess
from mailtrap_lite.message.limits import HEADER_FIELD
from mailtrap_lite.message.words import decode_words

_NAME = re.compile(rb"[!-9;-~]{1,998}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it was sent, unfolded: the name as spelled, the value without its line ends."""

    name: str
    value: bytes

    @property
    def text(self) -> str:
        """The value as text, encoded words still encoded, cut to what is decoded at most."""
        return guess(self.value).strip()[:HEADER_FIELD]


@dataclass(frozen=True, slots=True)
class Block:
    """A header block: its fields, where the body begins, and what was wrong."""

    fields: tuple[Field, ...]
    body: int
    defects: tuple[str, ...]

    def first(self, name: str) -> Field | None:
        """Return the first field of that name (lower case)."""
        return next((field for field in self.fields if field.name.lower() == name), None)

    def all(self, name: str) -> list[Field]:
        """Return all fields of that name (lower case)."""
        return [field for field in self.fields if field.name.lower() == name]


def read_block(raw: bytes, start: int, *, end: int, body: int | None, most_octets: int, most_fields: int) -> Block:
    """Read the header block raw[start:end].

    body: where the body begins after an empty line, None when there is no such line. Then it begins at the first line
    that is no field; and a block whose very first line is none is no header block at all, but body.
    """
    fields: list[tuple[str, list[bytes]]] = []
    defects: list[str] = []
    offset = start
    last: list[bytes] | None = None
    lines = raw[start : min(end, start + most_octets)].split(b"\n")
    for number, line in enumerate(lines):
        at, offset = offset, offset + len(line) + 1
        line = line.removesuffix(b"\r")
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and number:
            if last is not None:
                last.append(line)
        elif colon and _NAME.fullmatch(name := name.rstrip(b" \t")):
            if len(fields) == most_fields:
                defects.append(f"more than {most_fields} header fields; the others are not shown")
                break
            last = [value]
            fields.append((name.decode("ascii"), last))
        elif number == 0 and line.startswith((b"From ", b">From ")):
            continue  # the line with which a mail begins in an mbox file
        elif not line:
            continue
        elif number == 0 or body is None:
            defects.append("no empty line between header and body" if fields else "no header fields")
            body = at
            break
        else:
            last = None
            defects.append("a line in the header that is no field")
    if end - start > most_octets:
        defects.append(f"the header is longer than {most_octets} octets; the rest of it is not shown")
    joined = tuple(Field(name, b"".join(pieces)) for name, pieces in fields)
    long = [field.name[:60] for field in joined if len(field.value) > HEADER_FIELD]
    defects.extend(f"the field {name} is cut to {HEADER_FIELD} characters" for name in long)
    return Block(joined, end if body is None else body, tuple(dict.fromkeys(defects)))


class Headers:
    """The decoded header fields, in order, names in any case. Immutable."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)

    @classmethod
    def of(cls, block: Block) -> Headers:
        """Return the decoded view of a block."""
        return cls((field.name, decode_words(field.text)) for field in block.fields)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: str) -> str: ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of that name, or default."""
        wanted = name.lower()
        return next((value for key, value in self._fields if key.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """Return all values of that name, in order."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return self._fields == other._fields if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({list(self._fields)!r})"
