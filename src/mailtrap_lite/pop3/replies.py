"""How a POP3 server words its replies (RFC 1939 section 3, RFC 2449, RFC 3206)."""

from __future__ import annotations

from collections.abc import Iterable


def ok(text: str) -> bytes:
    """Return a positive status line."""
    return f"+OK {text}\r\n".encode("ascii") if text else b"+OK\r\n"


def err(text: str, code: str = "") -> bytes:
    """Return a negative status line. code: a response code such as "IN-USE" (RFC 3206), "" for none."""
    # RFC 1939 section 3: at most 512 octets. Texts of our own are shorter; those of an exception may be anything.
    plain = "".join(c if " " <= c <= "~" else "?" for c in text)[:400]
    return f"-ERR [{code}] {plain}\r\n".encode("ascii") if code else f"-ERR {plain}\r\n".encode("ascii")


def listing(lines: Iterable[str]) -> bytes:
    """Return the rest of a multi-line reply, up to the final dot. No line begins with a dot."""
    return "".join(f"{line}\r\n" for line in lines).encode("ascii") + b".\r\n"
