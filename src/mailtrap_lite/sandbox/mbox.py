"""An mbox file, read and written in the quoting that loses nothing, which is called mboxrd (RFC 4155, appendix A).

Each mail stands behind a line that begins with "From ". A line of the mail that would be taken for one, or for a quoted
one, gets a ">" more. An empty line stands behind each mail. Bytes are kept as they are: a mail whose lines end with
CR LF has them in the file too. A mail that does not end with a line end gets one, for there is no other way to part it
from the next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import BinaryIO

from mailtrap_lite.errors import BadMail, TooLarge

_FROM = b"From "
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_QUOTED = re.compile(rb">+From ")
_PIECE = 65536  # octets of a line that are looked at together
_NO_ADDRESS = re.compile(r"[^!-~]")


def entry(raw: bytes, *, sender: str, received: float) -> bytes:
    """Return a mail as it stands in an mbox file. received: seconds since the epoch."""
    moment = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(received))
    head = f"From {_NO_ADDRESS.sub('?', sender) or 'MAILER-DAEMON'} {moment}\n"
    end = b"\n" if raw.endswith(b"\n") or not raw else b"\n\n"
    return head.encode("ascii") + _TO_QUOTE.sub(rb">\1", raw) + end


def mails_in_mbox(file: BinaryIO, *, largest: int = 0) -> Iterator[bytes]:
    """Return the mails of an mbox file in their order, one at a time.

    largest: octets of one mail, 0 for any. Raises BadMail for what is no mbox file, TooLarge for a larger mail.
    """
    mail: list[bytes] | None = None
    size = 0
    line_end = b"\n"
    at_line_start = True
    while piece := file.readline(_PIECE):
        if at_line_start and piece.startswith(_FROM):
            if mail is not None:
                yield _without_separator(b"".join(mail), line_end)
            line_end = b"\r\n" if _rest_of_line(file, piece).endswith(b"\r\n") else b"\n"
            mail, size = [], 0
            continue
        if mail is None:
            raise BadMail('this is no mbox file: it does not begin with "From "')
        mail.append(piece[1:] if at_line_start and _QUOTED.match(piece) else piece)
        size += len(piece)
        if 0 < largest < size - len(line_end):
            raise TooLarge(f"a mail of it is larger than {largest:,} octets")
        at_line_start = piece.endswith(b"\n")
    if mail is not None:
        yield _without_separator(b"".join(mail), line_end)


def _rest_of_line(file: BinaryIO, piece: bytes) -> bytes:
    while not piece.endswith(b"\n") and (more := file.readline(_PIECE)):
        piece = more
    return piece


def _without_separator(mail: bytes, line_end: bytes) -> bytes:
    """Return a mail without the empty line behind it, which some writers leave out at the end of the file."""
    return mail[: -len(line_end)] if mail == line_end or mail.endswith(b"\n" + line_end) else mail
