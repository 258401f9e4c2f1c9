"""Everything that can go wrong on purpose, and what each door answers to it.

    MailtrapError
    ├── BadSetting            a setting has a value that cannot be used          (also a ValueError)
    ├── BadFault              a fault on purpose that is impossible              (also a ValueError)
    ├── CannotListen          an address is taken or not ours                    (also an OSError)
    ├── MissingExtra          an optional package is not installed               (also an ImportError)
    ├── ServerClosed          the server was stopped, or never started
    │   └── SandboxGone       the sandbox was deleted, or idle for too long
    ├── NoSuchSandbox         no sandbox has that name                           (also a LookupError)
    ├── BadSandbox            a sandbox cannot have that name                    (also a ValueError)
    │   └── SandboxTaken      there is one of that name
    ├── TooManySandboxes      there are as many as the settings allow
    ├── SharedServerLost      a shared server does not answer, or is none of ours (also an OSError)
    ├── CannotShare           a shared server cannot do that for one test alone
    ├── BadMail               what was handed over is not a mail or not an address  (also a ValueError)
    ├── BadQuery              a search cannot be understood                      (also a ValueError)
    ├── BadTag                a text cannot be a tag                             (also a ValueError)
    ├── TooLarge              a message is larger than what can be kept
    ├── NoSuchMessage         no message has that id, or it was deleted          (also a LookupError)
    ├── NoSuchSession         no session has that id, or it was forgotten        (also a LookupError)
    ├── Objection             --strict refuses what lint found in a mail
    ├── NoSuchEntry           no entry of the queue has that id, or it was deleted  (also a LookupError)
    ├── CannotRelay           a mail may not leave
    │   ├── NoRelay           no server is configured to which mail may be sent on
    │   └── NotAllowed        mail may not be sent on to this recipient
    ├── MaildropInUse         another POP3 session holds one of these mailboxes
    ├── Unmet                 what a test expects is not so                      (also an AssertionError)
    │   ├── NoMailArrived     a wait ended without its mail
    │   ├── UnexpectedMail    mail came, or may still come, that should not
    │   ├── NotSettled        mail still waits to be sent on
    │   ├── NotOne            a mail has none or several of what it should have one of
    │   ├── NotOneClick       a mail cannot be unsubscribed from as RFC 8058 says
    │   └── NotSigned         no DKIM signature of a mail holds
    └── StoreError            the store cannot do it now
        ├── StoreFull         no room on the disk
        ├── StoreBusy         another process owns the file
        └── StoreUnusable     not a store, damaged, read-only or newer than this program

Each class carries its answers for the three doors; a door has one `except MailtrapError`.
Anything else that is raised is a bug of ours: 451, `-ERR [SYS/TEMP]` or 500, logged with its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mailtrap_lite.terminal import escaped


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply: a code of three digits, an enhanced status code (RFC 3463; "" for none) and a text."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"


class MailtrapError(Exception):
    """Base of all errors that this package raises on purpose.

    smtp: the reply that the SMTP door gives. pop3: the response code (RFC 3206, "" for none) of its -ERR.
    http: the status that the web door answers.
    """

    smtp = Reply(451, "4.3.0", "Local error, try again later")
    pop3 = "SYS/TEMP"
    http = 500

    def __str__(self) -> str:
        # It may quote a stranger, and will be printed.
        return escaped(super().__str__(), keep="\n")


class BadSetting(MailtrapError, ValueError):
    """A setting has a value that cannot be used; the text names it, the value, its source and what is allowed."""


class BadFault(MailtrapError, ValueError):
    """A fault on purpose is impossible or badly written; the text says what is possible."""

    http = 400


class CannotListen(MailtrapError, OSError):
    """An address cannot be listened on; the text names the setting, the address and the way out."""


class MissingExtra(MailtrapError, ImportError):
    """A package is needed that is not installed; the text says which extra brings it."""


class ServerClosed(MailtrapError):
    """The server was stopped, or not started yet."""

    smtp = Reply(421, "4.3.2", "Service shutting down")
    http = 503


class SandboxGone(ServerClosed):
    """A sandbox was deleted, or was idle for too long; the text names it."""

    smtp = Reply(421, "4.3.2", "The sandbox was deleted")
    pop3 = "SYS/PERM"
    http = 410


class NoSuchSandbox(MailtrapError, LookupError):
    """No sandbox has that name."""

    http = 404


class BadSandbox(MailtrapError, ValueError):
    """A sandbox cannot have that name; the text says what a name is."""

    http = 400


class SandboxTaken(BadSandbox):
    """There is a sandbox of that name."""

    http = 409


class TooManySandboxes(MailtrapError):
    """There are as many sandboxes as the settings allow."""

    http = 507


class SharedServerLost(MailtrapError, OSError):
    """A server that tests share does not answer, wants another password, or is too old; the text has its address."""


class CannotShare(MailtrapError):
    """A server that tests share cannot do that for one of them; the text says what can be done instead."""


class BadMail(MailtrapError, ValueError):
    """What was handed over is not a mail, or not an address."""

    smtp = Reply(554, "5.6.0", "Not a mail")
    pop3 = "SYS/PERM"
    http = 400


class BadQuery(MailtrapError, ValueError):
    """A search cannot be understood. position: where in the query, from 0. reason: what is wrong there."""

    http = 400

    def __init__(self, query: str, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(f"{reason}, at character {position + 1} of the query: {_around(query, position)}")


class BadTag(MailtrapError, ValueError):
    """A text cannot be a tag; the error says what can."""

    http = 400


class TooLarge(MailtrapError):
    """A message is larger than what can be kept."""

    smtp = Reply(552, "5.3.4", "Message too big")
    pop3 = "SYS/PERM"
    http = 413


class NoSuchMessage(MailtrapError, LookupError):
    """No message has that id, or it was deleted."""

    smtp = Reply(550, "5.1.0", "No such message")
    pop3 = ""
    http = 404


class NoSuchSession(MailtrapError, LookupError):
    """No session has that id, or it was forgotten."""

    http = 404


class NoSuchEntry(MailtrapError, LookupError):
    """No entry of the queue has that id, or it went with its message."""

    http = 404


class CannotRelay(MailtrapError):
    """A mail may not leave; the text says why, and what to change."""

    smtp = Reply(550, "5.7.1", "Not sent on")
    pop3 = "SYS/PERM"
    http = 409


class NoRelay(CannotRelay):
    """No server is configured to which mail may be sent on."""


class NotAllowed(CannotRelay):
    """Mail may not be sent on to a recipient."""


class Objection(MailtrapError):
    """A strict server refuses a mail; the text names what lint found."""

    pop3 = "SYS/PERM"
    http = 422

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.smtp = Reply(550, "5.6.0", text)


class MaildropInUse(MailtrapError):
    """Another POP3 session holds one of these mailboxes (RFC 1939 section 4, RFC 3206)."""

    smtp = Reply(450, "4.2.1", "Mailbox busy")
    pop3 = "IN-USE"
    http = 409


class Unmet(MailtrapError, AssertionError):
    """What a test expects is not so; the text says what was expected and what there is instead.

    expected: the Mail that was waited for, if it was one; for reports that tell more than the text.
    """

    http = 409
    expected: object | None = None

    def about(self, expected: object) -> Self:
        """Return it with what was expected."""
        self.expected = expected
        return self


class NoMailArrived(Unmet):
    """A wait ended without its mail; the text lists what did arrive and how each differs, the nearest first."""

    http = 408


class UnexpectedMail(Unmet):
    """Mail came that should not, or a session is still about to deliver some; the text lists it."""


class NotSettled(Unmet):
    """Mail still waits to be sent on when a wait for that ends; the text lists it."""

    http = 408


class NotOne(Unmet):
    """A mail has none, or several, of what it should have exactly one of. candidates: what there is, a line each."""

    def __init__(self, text: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.candidates = candidates


class NotOneClick(Unmet):
    """A mail cannot be unsubscribed from with one click; the text lists what RFC 8058 misses."""


class NotSigned(Unmet):
    """No DKIM signature of a mail holds; the text says what is wrong with each."""


class StoreError(MailtrapError):
    """The store cannot do it now; nothing was changed."""

    http = 503


class StoreFull(StoreError):
    """There is no room on the disk; reading and deleting go on."""

    smtp = Reply(452, "4.3.1", "Insufficient system storage")
    http = 507


class StoreBusy(StoreError):
    """Another process owns the store."""


class StoreUnusable(StoreError):
    """The store is not one of ours, damaged, read-only, or written by a newer version."""

    pop3 = "SYS/PERM"


def _around(text: str, position: int) -> str:
    """Return what stands around a place of a text, on one line and without control characters."""
    start = max(position - 30, 0)
    shown = repr(text[start : position + 30])
    return f"{'…' if start else ''}{shown}{'…' if len(text) > position + 30 else ''}"
