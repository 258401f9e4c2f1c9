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
# A password on a line of its own, and APOP's digest (RFC 1939 section 7), whatever stands between.
_PASS = re.compile(rb"(\s*PASS)\b(.*)", re.IGNORECASE | re.DOTALL)
_APOP = re.compile(rb"(\s*APOP(?:\s+\S+(?=\s))?)(?![A-Za-z0-9])(.*)", re.IGNORECASE | re.DOTALL)
# A line that is no command but seems to be about a login, of a client that speaks something else.
_ABOUT_LOGIN = re.compile(rb"AUTH|PASS", re.IGNORECASE)
# What ends the suspicion that a client sends its credentials on although nobody asked for them any more.
_NEW_START = frozenset({"MAIL", "EHLO", "HELO", "LHLO", "STARTTLS", "USER", "STLS"})


class Discretion:
    """One session's. wary: credentials may come where a command is expected."""

    def __init__(self) -> None:
        self.wary = False
        self._trusted = False

    def command(self, line: bytes, verb: str, *, known: bool) -> bytes:
        """Return what may be written down of a command line. verb: its first word; known: it is a command."""
        if found := _AUTH.fullmatch(line):
            # Whatever becomes of it, the client may send the rest of it as the next lines.
            self.wary, self._trusted = True, False
            return found[1] + (b" " + HIDDEN if found[2].strip() else b"")
        if found := _PASS.fullmatch(line) or _APOP.fullmatch(line):
            if found[2].strip():
                return found[1] + b" " + HIDDEN
            self.wary = True  # the password may be the next line
            return found[1]
        if not known:
            return HIDDEN if line and (self.wary or _ABOUT_LOGIN.search(line)) else line
        if verb.upper() in _NEW_START:
            self.wary = False
        if self.wary and not self._trusted and b" " in line.strip():
            return line.partition(b" ")[0] + b" " + HIDDEN
        return line

    def trust(self) -> None:
        """Somebody logged in: what commands say is no secret any more; what is no command still may be."""
        self._trusted = True

    def lost(self) -> None:
        """A line was too long and is gone: it may have been a login."""
        self.wary, self._trusted = True, False
