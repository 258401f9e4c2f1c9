"""What may be written down of a client's lines: never a secret, wherever it is put. Knows no socket and no reply."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = b"***"

# Names that may be shown behind AUTH; any other word there may be the secret itself.
_MECHANISMS: Final = (
    *(b"ANONYMOUS", b"CRAM-MD5", b"DIGEST-MD5", b"EXTERNAL", b"GSSAPI", b"LOGIN", b"NTLM", b"OAUTHBEARER", b"PLAIN"),
    *(b"SCRAM-SHA-1", b"SCRAM-SHA-256", b"XOAUTH2"),
)
# The command, a mechanism if it stands alone, and all that follows.
_AUTH = re.compile(
    rb"(\s*AUTH(?:\s+(?:%s)(?=\s|$))?)(?![A-Za-z0-9])(.*)" % b"|".join(_MECHANISMS), re.IGNORECASE | re.DOTALL
)
# What a client of POP3 says that has come to the wrong port.
_PASS = re.compile(rb"(\s*PASS)\b(.*)", re.IGNORECASE | re.DOTALL)
# What ends the suspicion that a client sends its credentials on although nobody asked for them any more.
_NEW_START = frozenset({"MAIL", "EHLO", "HELO", "LHLO", "STARTTLS"})


class Discretion:
    """One session's. wary: credentials may come where a command is expected."""

    def __init__(self) -> None:
        self.wary = False

    def command(self, line: bytes, verb: str, *, known: bool) -> bytes:
        """Return what may be written down of a command line. verb: its first word; known: it is a command."""
        if found := _AUTH.fullmatch(line) or _PASS.fullmatch(line):
            # Whatever becomes of this AUTH, the client may send the rest of it as the next lines.
            self.wary = True
            return found[1] + (b" " + HIDDEN if found[2].strip() else b"")
        if not known:
            return HIDDEN if self.wary and line else line
        if verb.upper() in _NEW_START:
            self.wary = False
        return line

    def lost(self) -> None:
        """A line was too long and is gone: it may have been a login."""
        self.wary = True
