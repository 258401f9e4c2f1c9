"""A mail from the values that a program names: addresses, a subject, texts and files. It knows no request.

Nothing that is named can become a header field of its own: what holds a line end or another control is refused.
"""

from __future__ import annotations

import binascii
import mimetypes
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.message.html import image_type
from mailtrap_lite.web.fields import addresses, file_part, multipart, text_part, unstructured

_FIELD = re.compile(r"[!-9;-~]{1,100}")  # RFC 5322 section 2.2
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,200}")
_NOT_IN_ADDRESSES = frozenset(' \t<>(),;:\\"')
# Fields that are written from the other values, or that say how the mail is built.
_OURS = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "mime-version"})


class BadField(MailtrapError, ValueError):
    """A value cannot be in a mail; the text names the field."""

    http = 422


@dataclass(frozen=True, slots=True)
class Person:
    """An address and a name, which may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file. kind: its type, "" to be told from the name and the octets. content_id: makes it inline."""

    name: str
    octets: bytes
    kind: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a mail is to say. fields: further header fields."""

    sender: Person
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[Person, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[File, ...] = ()

    @property
    def recipients(self) -> list[str]:
        """To whom it goes."""
        return [*(person.address for person in (*self.to, *self.cc)), *self.bcc]


def compose(draft: Draft, *, now: float) -> bytes:
    """Return the mail. Its Bcc is in no field. Raises BadField."""
    for number, address in enumerate(draft.bcc):
        _check_address(f"Bcc[{number}]", address)
    given = {name.lower() for name, _ in draft.fields}
    head = [_people("From", "From", [draft.sender], many=False)]
    for name, field, people in (
        ("To", "To", draft.to),
        ("Cc", "Cc", draft.cc),
        ("Reply-To", "ReplyTo", draft.reply_to),
    ):
        if people:
            head.append(_people(name, field, people))
    head.append(unstructured("Subject", checked("Subject", draft.subject)))
    if "date" not in given:
        head.append(f"Date: {format_datetime(datetime.fromtimestamp(now, UTC))}")
    if "message-id" not in given:
        head.append(f"Message-ID: <{secrets.token_hex(12)}@mailtrap.localhost>")
    head += _further(draft.fields)
    head.append("MIME-Version: 1.0")
    return "\r\n".join(head).encode("utf-8") + b"\r\n" + _body(draft)


def checked(field: str, value: str) -> str:
    """Return a value that stays on its line; raises BadField."""
    for character in value:
        # Cc: CR, LF, NUL and the like. Zl, Zp: U+2028 and U+2029, line ends for some readers. Cs: half a character.
        if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} and character != "\t":
            raise BadField(f"{field}: U+{ord(character):04X} cannot be in it")
    return value


def decoded(field: str, text: str) -> bytes:
    """Return the octets of base64, in which white space does not count; raises BadField."""
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True) if text else b""
    except (binascii.Error, ValueError):
        raise BadField(f"{field}: this is not base64") from None


def _further(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in fields:
        where = f"Headers.{ascii(name[:60])[1:-1]}"
        if not _FIELD.fullmatch(name):
            raise BadField(f"{where}: this is no name of a header field (RFC 5322 section 2.2)")
        if name.lower() in _OURS or name.lower().startswith("content-"):
            raise BadField(f"{where}: this field is written from the other values")
        yield unstructured(name, checked(where, value))


def _body(draft: Draft) -> bytes:
    inline = [number for number, file in enumerate(draft.files) if file.content_id and draft.html]
    files = [_file(f"Attachments[{number}]", file) for number, file in enumerate(draft.files)]
    shown = [text_part("plain", draft.text)] if draft.text or not draft.html else []
    if draft.html:
        related = [part for number, part in enumerate(files) if number in inline]
        shown.append(multipart("related", [text_part("html", draft.html), *related]))
    others = [part for number, part in enumerate(files) if number not in inline]
    return multipart("mixed", [multipart("alternative", shown), *others])


def _file(where: str, file: File) -> bytes:
    checked(f"{where}.Filename", file.name)
    checked(f"{where}.ContentType", file.kind)
    checked(f"{where}.ContentID", file.content_id)
    kind = file.kind or image_type(file.octets[:16]) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if not _TYPE.fullmatch(kind):
        raise BadField(f"{where}.ContentType: this is no media type, for example image/png")
    # What a message or a multipart is made of is never encoded (RFC 2045 section 6.4), and the octets of a file are.
    if kind.lower().startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    content_id = file.content_id.removeprefix("<").removesuffix(">")
    if file.content_id and not _CONTENT_ID.fullmatch(content_id):
        raise BadField(f"{where}.ContentID: it has 1 to 200 characters of ASCII without spaces and angle brackets")
    return file_part(kind.lower(), file.name, file.octets, content_id=content_id)


def _people(name: str, field: str, people: Sequence[Person], *, many: bool = True) -> str:
    for number, person in enumerate(people):
        where = f"{field}[{number}]" if many else field
        checked(f"{where}.Name", person.name)
        _check_address(f"{where}.Email", person.address)
    return addresses(name, [(person.name, person.address) for person in people])


def _check_address(where: str, address: str) -> None:
    checked(where, address)
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or len(address) > 320 or _NOT_IN_ADDRESSES & set(address):
        raise BadField(f"{where}: {address[:60]!a} is no address")
