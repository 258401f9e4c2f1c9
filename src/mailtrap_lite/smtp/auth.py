"""AUTH (RFC 4954): one login of an SMTP session, from its command to the user or a refusal. Knows no socket."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence

from mailtrap_lite.accounts import Accounts
from mailtrap_lite.errors import Reply
from mailtrap_lite.sasl import AuthError, Cancelled, Challenge, Exchange, Rejected, Success
from mailtrap_lite.smtp.replies import Refused, refused


class Login:
    """The dialogue of one AUTH command. mechanisms: the names that are offered. hostname: for challenges."""

    def __init__(self, accounts: Accounts, mechanisms: Sequence[str], hostname: str) -> None:
        self._accounts = accounts
        self._mechanisms = mechanisms
        self._hostname = hostname
        self._exchange: Exchange | None = None
        self.user: str | None = None

    def begin(self, argument: str) -> bytes | None:
        """Take what follows AUTH; return the challenge to send, or None once `user` has logged in. Raises Refused."""
        words = argument.split()
        if not 1 <= len(words) <= 2:
            raise refused(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]")
        if words[0].upper() not in self._mechanisms:
            raise refused(504, "5.5.4", f"Mechanism not recognized, use {' or '.join(self._mechanisms)}")
        try:
            self._exchange = Exchange(
                words[0],
                words[1].encode() if len(words) == 2 else None,
                accounts=self._accounts,
                challenge=f"<{secrets.token_hex(8)}@{self._hostname}>".encode(),
            )
        except AuthError as error:
            raise Refused(_reply(error)) from None
        return self._told(self._exchange.step)

    def go_on(self, line: bytes) -> bytes | None:
        """Take an answer to a challenge; the rest as in `begin`."""
        assert self._exchange is not None  # a challenge was sent  # noqa: S101
        try:
            return self._told(self._exchange.answer(line))
        except AuthError as error:
            raise Refused(_reply(error)) from None

    def _told(self, step: Challenge | Success) -> bytes | None:
        if isinstance(step, Challenge):
            # The space stays, also before an empty challenge (RFC 4954 section 4).
            return b"334 " + b64encode(step.octets) + b"\r\n"
        self.user = step.user
        return None


def _reply(error: AuthError) -> Reply:
    """Return what a client is told (RFC 4954 sections 4 and 6). The name of a mechanism was looked at before."""
    match error:
        case Cancelled():
            return Reply(501, "5.7.0", error.text)
        case Rejected():
            return Reply(535, "5.7.8", error.text)
    return Reply(501, "5.5.2", error.text)
