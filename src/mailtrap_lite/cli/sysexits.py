"""The exit codes of sendmail, as sysexits.h has them, and which SMTP reply is which."""

from __future__ import annotations

OK = 0
USAGE = 64
DATAERR = 65
NOUSER = 67
UNAVAILABLE = 69
TEMPFAIL = 75
PROTOCOL = 76
NOPERM = 77

MEANING = {
    OK: "the server keeps the mail",
    USAGE: "an unknown option, no recipients, or a value that cannot be meant",
    DATAERR: "an address that cannot be said over SMTP, or no mail on standard input",
    NOUSER: "a recipient was refused for good; the others got it",
    UNAVAILABLE: "the mail was refused for good",
    TEMPFAIL: "no server answers, or it says to try later",
    PROTOCOL: "what answers speaks no SMTP",
    NOPERM: "a login is needed, or this one is wrong",
}

_NEEDS_LOGIN = frozenset({530, 534, 535, 538})


def of_reply(code: int, *, recipient: bool = False) -> int:
    """Return the exit code for a reply that refuses."""
    if code in _NEEDS_LOGIN:
        return NOPERM
    if 400 <= code < 500:
        return TEMPFAIL
    if not 500 <= code < 600:
        return PROTOCOL
    return NOUSER if recipient else UNAVAILABLE
