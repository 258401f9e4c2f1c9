"""The SMTP replies as octets (RFC 5321 section 4.2, RFC 3463 for the enhanced codes). Knows no socket.

Each reply begins with an enhanced status code (RFC 2034 section 4), except 3yz, the greeting and HELO and EHLO.
"""

from __future__ import annotations

import re

from mailtrap_lite.errors import Reply


class Refused(Exception):
    """A command cannot be done; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


def octets(reply: Reply) -> bytes:
    """Return a reply as it is sent."""
    return f"{reply}\r\n".encode()


def refused(code: int, enhanced: str, text: str) -> Refused:
    """Return the exception that answers so."""
    return Refused(Reply(code, enhanced, text))


_CODED = re.compile(rb"^([245][0-9]{2}[ -])[245]\.[0-9]{1,3}\.[0-9]{1,3} ", re.MULTILINE)

# What stock aiosmtpd code says without an enhanced code gets the one of its reply code.
_ENHANCED = {
    "250": "2.0.0",
    "252": "2.0.0",
    "454": "4.7.0",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "530": "5.7.0",
}


def enhanced(status: str) -> bytes:
    """Return a status text as it is sent, with an enhanced code if it has none and its class wants one."""
    code, _, text = status.partition(" ")
    first = text.partition(" ")[0]
    if code[:1] in "245" and not (first[:2] == f"{code[0]}." and first.count(".") == 2):
        text = f"{_ENHANCED.get(code, f'{code[0]}.0.0')} {text}"
    return f"{code} {text}\r\n".encode("utf-8", "backslashreplace")


def without_codes(reply: bytes) -> bytes:
    """Return a reply without its enhanced codes, as a server speaks that does not know RFC 2034."""
    return _CODED.sub(rb"\1", reply)


def is_wrong_command(reply: bytes) -> bool:
    """Return whether a reply says that the client does not speak SMTP well: these are counted."""
    return b"500" <= reply[:3] <= b"504" or reply[:3] == b"555"


OK = b"250 2.0.0 Ok\r\n"
SENDER_OK = b"250 2.1.0 Sender ok\r\n"
RECIPIENT_OK = b"250 2.1.5 Recipient ok\r\n"
GO_AHEAD = b"354 End data with <CR><LF>.<CR><LF>\r\n"
BYE = b"221 2.0.0 Bye\r\n"
SECURE = b"220 2.0.0 Ready to start TLS\r\n"
AUTHENTICATED = b"235 2.7.0 Authentication successful\r\n"

EMPTY = octets(Reply(500, "5.5.2", "Empty command line"))
UNKNOWN = octets(Reply(500, "5.5.2", "Command not recognized"))
LINE_TOO_LONG = octets(Reply(500, "5.5.6", "Command line too long"))
NOT_TEXT = octets(Reply(501, "5.5.2", "Control character or invalid UTF-8 in the command"))
NO_HELO = octets(Reply(503, "5.5.1", "Send HELO or EHLO first"))
CANNOT_VERIFY = octets(Reply(252, "2.0.0", "Cannot VRFY user, but will accept message and attempt delivery"))
NO_LHLO = octets(Reply(503, "5.5.1", "Send LHLO first"))
NO_EHLO = octets(Reply(503, "5.5.1", "Send EHLO first"))
NO_MAIL = octets(Reply(503, "5.5.1", "Send MAIL first"))
NO_RCPT = octets(Reply(503, "5.5.1", "Send RCPT first"))
NO_TLS = octets(Reply(530, "5.7.0", "Must issue a STARTTLS command first"))
NO_LOGIN = octets(Reply(530, "5.7.0", "Authentication required"))
SECURE_ALREADY = octets(Reply(503, "5.5.1", "TLS is in use already"))
NOT_IMPLEMENTED = octets(Reply(502, "5.5.1", "Command not implemented"))
CHUNKS_ONLY = octets(Reply(503, "5.5.1", "BODY=BINARYMIME takes BDAT, not DATA"))
CHUNKS_BEGUN = octets(Reply(503, "5.5.1", "The mail is being sent with BDAT already"))
CHUNKS_SPOILED = octets(Reply(503, "5.5.1", "A chunk of this mail was refused; send RSET"))
NESTED_MAIL = octets(Reply(503, "5.5.1", "A mail transaction is already open"))
TOO_MANY_RECIPIENTS = octets(Reply(452, "4.5.3", "Too many recipients"))

TOO_MANY_ERRORS = octets(Reply(421, "4.7.0", "Too many errors"))
# 421 is a 4yz and 5.7.0 a permanent failure on purpose: the connection ends, and it will not be better next time.
NOT_SMTP = octets(Reply(421, "5.7.0", "This is SMTP, not HTTP"))
TOO_MANY_CONNECTIONS = octets(Reply(421, "4.3.2", "Too many connections"))
SHUTTING_DOWN = octets(Reply(421, "4.3.2", "Service shutting down"))
TOO_SLOW = octets(Reply(421, "4.4.2", "The mail takes too long"))
IDLE = octets(Reply(421, "4.4.2", "Idle for too long"))
