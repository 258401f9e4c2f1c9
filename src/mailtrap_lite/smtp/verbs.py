"""The tables of verbs: which method of the dialogue does each, and which aiosmtpd does. Data only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from mailtrap_lite.smtp.protocol import CaptureSMTP

Verb: TypeAlias = Callable[[CaptureSMTP, str], bytes | None]


def _stock(name: str) -> Verb:
    """Return a verb for which aiosmtpd's coroutine is good enough, because it is rare."""

    def verb(smtp: CaptureSMTP, argument: str) -> None:
        smtp._run(smtp._by_stock(getattr(smtp, name), argument))  # noqa: SLF001 - a method, but for the table

    return verb


# A verb returns the reply, or None if that was given or will be.
VERBS: Final[dict[str, Verb]] = {
    "HELO": CaptureSMTP._helo,  # noqa: SLF001 - the table is part of the class
    "EHLO": CaptureSMTP._ehlo,  # noqa: SLF001
    "MAIL": CaptureSMTP._mail,  # noqa: SLF001
    "RCPT": CaptureSMTP._rcpt,  # noqa: SLF001
    "DATA": CaptureSMTP._data,  # noqa: SLF001
    "BDAT": CaptureSMTP._bdat,  # noqa: SLF001
    "RSET": CaptureSMTP._rset,  # noqa: SLF001
    "NOOP": CaptureSMTP._noop,  # noqa: SLF001
    "HELP": CaptureSMTP._help,  # noqa: SLF001
    "QUIT": CaptureSMTP._quit,  # noqa: SLF001
    "AUTH": CaptureSMTP._auth,  # noqa: SLF001
    "STARTTLS": CaptureSMTP._starttls,  # noqa: SLF001
    "VRFY": CaptureSMTP._vrfy,  # noqa: SLF001
    "EXPN": _stock("smtp_EXPN"),
}

# LMTP greets with LHLO, and knows no other greeting (RFC 2033 section 4.1).
LMTP_VERBS: Final[dict[str, Verb]] = {
    "LHLO": VERBS["EHLO"],
    **{name: verb for name, verb in VERBS.items() if name not in {"HELO", "EHLO"}},
}

# Verbs that belong to a capability.
NEEDS: Final = {"BDAT": "CHUNKING", "AUTH": "AUTH", "STARTTLS": "STARTTLS", "HELP": "HELP"}

# What is taken while STARTTLS is owed (RFC 3207 section 4), and while AUTH is (RFC 4954 section 6).
# BDAT says what is owed behind its chunk, whose octets would be read as commands otherwise (RFC 3030 section 2).
BEFORE_TLS: Final = frozenset(VERBS[name] for name in ("NOOP", "EHLO", "STARTTLS", "QUIT", "BDAT"))
BEFORE_LOGIN: Final = BEFORE_TLS | {VERBS[name] for name in ("HELO", "AUTH", "RSET", "HELP")}
