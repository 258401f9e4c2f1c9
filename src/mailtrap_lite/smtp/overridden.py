"""What is overridden of aiosmtpd 1.4.6, and why: the one list. Whatever is not named here is upstream's.

A test holds it against the classes. Prose only; nothing here is run.
"""

from __future__ import annotations

from typing import Final

# Attributes of aiosmtpd.smtp.SMTP that our classes define anew.
OVERRIDDEN: Final[dict[str, str]] = {
    "__init__": "It inspects itself and its handler, 100 to 200 µs a connection, and asks the DNS for its own name. "
    "Here it sets what is needed; the rest belongs to the class or to the door.",
    "connection_made": "It starts a task for each connection, which reads lines from a StreamReader. "
    "Here nothing waits, and a connection over the cap, or at shutdown, gets 421 instead of silence.",
    "data_received": "Lines go through a StreamReader, a timer and one write for each reply line. "
    "Here the commands that are complete are run, and answered with one write for all (RFC 2920 section 3.2).",
    "eof_received": "It cancels what is going on, so that a client that half-closes loses its mail. "
    "Here its mail is stored and its replies are sent (RFC 5321 section 4.1.1.10).",
    "connection_lost": "It cancels the handler. Here a commit under way ends, and the session is remembered.",
    "pause_writing": "It holds back the one task that writes. Here no command is read while replies wait to be read.",
    "resume_writing": "As pause_writing: the commands that waited are run now.",
    "push": "It writes one line at once. Here replies are collected, and get an enhanced status code (RFC 2034).",
    "tls_context": "An attribute that the constructor would set. Here the door has it.",
    "_auth_required": "An attribute that the constructor would set. Here the door decides before a verb is called.",
}

# Coroutines of aiosmtpd that the table of verbs never calls, since our own function does that verb.
REPLACED: Final[dict[str, str]] = {
    "smtp_HELO": "It takes a HELO in a transaction for nothing new. Here it resets, as EHLO does.",
    "smtp_EHLO": "Its reply has no PIPELINING, ENHANCEDSTATUSCODES, CHUNKING, BINARYMIME, DSN or REQUIRETLS, "
    "and it raises the command limits of every connection.",
    "smtp_MAIL": "`_getaddr` builds a class on each call and repairs bad addresses; `<>` becomes the sender `<>`; "
    "unknown parameters with a hyphen are 501. path.py takes an address as it stands or not at all.",
    "smtp_RCPT": "As smtp_MAIL; and `RCPT TO:<>` is taken.",
    "smtp_DATA": "It goes by lines, refuses those over 1,001 octets, and buffers one without end. data.py does not.",
    "smtp_RSET": "It has no enhanced status code, and costs a task.",
    "smtp_NOOP": "It has no enhanced status code, and costs a task.",
    "smtp_HELP": "It lists what it knows. Here that is another list.",
    "smtp_QUIT": "It closes without saying how the session ended, which we remember.",
    "smtp_VRFY": "Its `_getaddr` raises for what is no address. Here nobody is looked up, so anything will do.",
    "smtp_AUTH": "`AUTH plain` is 504, the mechanisms are looked for at each connection, and neither CRAM-MD5 nor "
    "XOAUTH2 is there. sasl.py has them in a table.",
    "smtp_STARTTLS": "It works on asyncio's private classes, and leaves the transaction as it was. "
    "Here `loop.start_tls` does it, and all that was said in plain text is forgotten.",
}

# What is everywhere, in no single method.
EVERYWHERE: Final[tuple[str, ...]] = (
    "`command_size_limits` is one dict for all connections. Here it is a setting of the door.",
    "NUL, ESC, CR and invalid UTF-8 are taken in commands. Here that is 501 5.5.2.",
    "An exception reaches the client as text. Here it gets 451 and an id that is in the log.",
    "`mail.log` gets what the client sent, control characters and credentials included. "
    "Here a session gets it, escaped and without secrets.",
    "Each command sets a timer. Here a connection has one, which looks for the last sign of life when it fires.",
    "An idle client is closed silently. Here it gets 421 (RFC 5321 section 3.8).",
    "A client that sends and never reads makes replies pile up. Here no command is read while replies wait.",
)
