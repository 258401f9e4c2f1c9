"""The octets of one mail behind DATA (RFC 5321 section 4.1.1.4), out of pieces of any size, with bounded memory.

Only CRLF.CRLF ends it. A bare CR, a bare LF, NUL and any other octet are text, and a line may be of any length:
a server that ends the mail at `LF . LF` or that changes a bare LF can be made to see a second mail (SMTP smuggling).
Knows no socket, no reply and no envelope.
"""

from __future__ import annotations

import tempfile
from typing import BinaryIO

from mailtrap_lite.errors import MailtrapError, StoreFull, TooLarge

_END = b"\r\n.\r\n"
_STUFFED = b"\r\n."

# Up to here a mail is collected in memory. What is longer waits in a file without a name, so that many slow clients
# with large mails, and a mail that turns out to be over the limit, cost no memory.
IN_MEMORY = 2 * 1024**2
_LEAST_IN_MEMORY = 64 * 1024
# Small pieces are joined now and then: each is an object of its own.
_MOST_PIECES = 256
_FEW_DOTS = 32


class DataReader:
    """Collects one mail and takes the dot-stuffing off (RFC 5321 section 4.5.2).

    limit: the most octets that a mail may have, 0 for any. A longer one is drained and costs nothing.
    unstuffed: a line began with one dot and went on, as of a client that knows nothing of dot-stuffing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_memory = max(_LEAST_IN_MEMORY, min(IN_MEMORY, limit // 2)) if limit else IN_MEMORY
        # The first line begins behind the CRLF of the DATA command: a dot there is one at the start of a line.
        self._carry = b"\r\n"
        self._begun = False
        self.unstuffed = False
        self._size = 0
        self._pieces: list[bytes] = []  # joining them once costs a seventh of growing a bytearray
        self._held = 0
        self._file: BinaryIO | None = None
        self._failed: MailtrapError | None = None

    @property
    def size(self) -> int:
        """How many octets the mail has so far, also those that were dropped."""
        return self._size

    @property
    def spooled(self) -> bool:
        """Whether the mail waits in a file, so that `raw` takes some 7 ms for 10 MB, without the interpreter's lock."""
        return self._file is not None

    def feed(self, octets: bytes) -> bytes | None:
        """Take octets in; return what follows the end of the mail, or None when the end was not there yet."""
        data = self._carry + octets
        dot = _first_stuffed(data)
        end = data.find(_END, dot) if dot >= 0 else -1
        if end >= 0:
            self._carry = b""
            self._keep(data[: end + 2], stuffed=dot < end)
            return data[end + len(_END) :]
        cut = len(data) - _unfinished(data)
        self._carry = data[cut:]
        self._keep(data[:cut], stuffed=dot >= 0)
        return None

    def chunk(self, octets: bytes) -> None:
        """Take octets of a chunk in (RFC 3030 section 2): whatever they are, they are the mail."""
        self._begun = True
        self._keep(octets, stuffed=False)

    def close(self) -> None:
        """Let go of what was collected; idempotent."""
        self._pieces = []
        self._held = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def raw(self) -> bytes:
        """Return the mail, once the end was there, and let go of it. Any thread, and `close` may come meanwhile.

        Raises TooLarge, or StoreFull if there was no room on the disk to collect it.
        """
        if self._failed is not None:
            raise self._failed
        file, self._file = self._file, None
        if file is None:
            raw = b"".join(self._pieces)
            self.close()
            return raw
        with file:
            try:
                file.seek(0)
                return file.read()
            except OSError as err:
                raise StoreFull("a mail could not be read back from its temporary file") from err

    def _keep(self, text: bytes, *, stuffed: bool) -> None:
        if stuffed:
            # Looked at in whole: a dot at the end of a piece waits for what follows it.
            self.unstuffed = self.unstuffed or text.count(_STUFFED) != text.count(b"\r\n..")
            # CRLF.CRLF is not in there, so each CRLF. is a line that the client began with one dot more.
            text = text.replace(_STUFFED, b"\r\n")
        if not self._begun:
            if not text:
                return
            self._begun = True
            text = text[2:]
        self._size += len(text)
        if self._failed is not None:
            return
        if self._limit and self._size > self._limit:
            self._fail(TooLarge(f"a mail of more than {self._limit} octets"))
        elif self._file is not None or self._held + len(text) > self._in_memory:
            self._spool(text)
        else:
            self._held += len(text)
            self._pieces.append(text)
            if len(self._pieces) == _MOST_PIECES:
                self._pieces = [b"".join(self._pieces)]

    def _spool(self, text: bytes) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by raw() or close()
                _write(self._file, b"".join(self._pieces))
                self._pieces = []
            _write(self._file, text)
        except OSError as err:
            failure = StoreFull("no room for a temporary file in which a large mail is collected")
            failure.__cause__ = err
            self._fail(failure)

    def _fail(self, failure: MailtrapError) -> None:
        self._failed = failure
        self.close()


def _first_stuffed(data: bytes) -> int:
    """Return where the first CRLF. is, or -1.

    One octet is found twenty times as fast as three, and attachments in base64 have no dot: so look at the first dots
    one by one, and do it the other way only in a text that has many.
    """
    dot = -1
    for _ in range(_FEW_DOTS):
        dot = data.find(b".", dot + 1)
        if dot < 0:
            return -1
        if data[max(0, dot - 2) : dot] == b"\r\n":
            return dot - 2
    return data.find(_STUFFED, dot)


def _write(file: BinaryIO, octets: bytes) -> None:
    """Write everything: a file without a buffer may take less at a time."""
    rest = memoryview(octets)
    while rest:
        rest = rest[file.write(rest) :]


def _unfinished(data: bytes) -> int:
    """Return how many octets at the end could be the beginning of CRLF.CRLF."""
    for length in (4, 3, 2, 1):
        if data.endswith(_END[:length]):
            return length
    return 0
