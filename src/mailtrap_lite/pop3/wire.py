"""A stored message as POP3 sends it: line ends, sizes, TOP and dot-stuffing. Knows no command and no socket.

The rules (RFC 1939 sections 3, 7 and 11):
CRLF, a bare LF and a bare CR in the stored bytes each are one line end and are sent as CRLF.
A message whose last line has no end gets one; an empty message has no lines.
A line that begins with a dot is sent with a second one; the content ends with a line that is a dot only.

Nothing here holds more than the stored bytes and one slice, whatever the size of the message.
"""

from __future__ import annotations

from collections.abc import Iterator

CRLF = b"\r\n"
END = b".\r\n"
SLICE = 128 * 1024

_CR, _LF = 13, 10


def retr_octets(raw: bytes) -> int:
    """Return how many octets RETR sends of a message, before dot-stuffing and without the final dot."""
    # In slices: each one keeps the interpreter's lock, and 25 MB in one go would stop the event loop for 20 ms.
    octets = 0
    for start, end in _cuts(raw, 0, len(raw), SLICE):
        # The lines of bytes, unlike those of a text, end with CRLF, LF and CR only. To make them is faster than to
        # count the line ends, and the last line gets its end too.
        lines = raw[start:end].splitlines()
        octets += sum(map(len, lines)) + 2 * len(lines)
        if end < len(raw) and raw[end - 1] not in (_CR, _LF):
            octets -= 2  # the slice ends within a line
    return octets


def canonical(raw: bytes) -> bytes:
    """Return the bytes with each CRLF, bare LF and bare CR as CRLF; the same object when they are so already."""
    pairs = raw.count(CRLF)
    if pairs == raw.count(b"\n") == raw.count(b"\r"):
        return raw
    return raw.replace(CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", CRLF)


def sends_all(raw: bytes, lines: int | None) -> bool:
    """Return whether a transmission of so many body lines is the whole message, as RETR and `TOP 1 99999999` are.

    Some clients fetch by TOP alone, so that the message is not marked as read.
    """
    return lines is None or lines > raw.count(b"\n") + raw.count(b"\r")


def body_start(raw: bytes) -> int:
    """Return where the body begins: behind the first empty line, or at the end when there is none."""
    if raw[:1] in (b"\r", b"\n"):
        return _past_line_end(raw, 0)
    # Two line ends meet in exactly these pairs. CRLF CRLF is met as LF CR, and bounds the search for the others.
    first = len(raw)
    for pair in (b"\n\r", b"\n\n", b"\r\r"):
        at = raw.find(pair, 0, first + 1)
        if at >= 0:
            first = at
    return _past_line_end(raw, first + 1) if first < len(raw) else len(raw)


def transmission(raw: bytes, lines: int | None = None, *, size: int = SLICE) -> Iterator[bytes]:
    """Yield what follows the +OK of RETR, or of TOP with that many body lines, up to the final dot, in slices.

    A slice comes from about `size` stored octets.
    """
    # TOP's lines are counted while they pass, so that asking for all of a large body costs no list of its lines.
    head = len(raw) if lines is None else body_start(raw)
    fresh = True  # at the beginning of a line
    for piece in _pieces(raw, 0, head, size):
        yield _stuffed(piece, fresh=fresh)
        fresh = piece.endswith(CRLF)
    left = 0 if lines is None else lines
    if left > 0:
        for piece in _pieces(raw, head, len(raw), size):
            ends = piece.count(CRLF)
            if ends >= left:
                yield _stuffed(piece[: _end_of_line(piece, left)], fresh=fresh)
                fresh = True
                break
            left -= ends
            yield _stuffed(piece, fresh=fresh)
            fresh = piece.endswith(CRLF)
    yield END if fresh else CRLF + END


def _pieces(raw: bytes, start: int, stop: int, size: int) -> Iterator[bytes]:
    """Yield raw[start:stop] in canonical pieces, never cut between the CR and the LF of one line end."""
    for begin, end in _cuts(raw, start, stop, size):
        yield canonical(raw[begin:end])


def _cuts(raw: bytes, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where pieces of raw[start:stop] begin and end, never between the CR and the LF of one line end."""
    while start < stop:
        end = min(start + size, stop)
        if end < stop and raw[end - 1] == _CR and raw[end] == _LF:
            end += 1
        yield start, end
        start = end


def _stuffed(piece: bytes, *, fresh: bool) -> bytes:
    """Return a canonical piece dot-stuffed (RFC 1939 section 3); fresh: it begins a line."""
    stuffed = piece.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if fresh and stuffed.startswith(b".") else stuffed


def _end_of_line(piece: bytes, count: int) -> int:
    """Return where line number `count` of a canonical piece ends."""
    at = 0
    for _ in range(count):
        at = piece.index(CRLF, at) + 2
    return at


def _past_line_end(raw: bytes, at: int) -> int:
    """Return where the line end that begins at `at` ends."""
    return at + 2 if raw.startswith(CRLF, at) else at + 1
