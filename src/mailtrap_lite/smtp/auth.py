"""AUTH (RFC 4954): one login of an SMTP session, from its command to the user or a refusal. Knows no socket."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable, Sequence

from mailtrap_lite import sasl
from mailtrap_lite.accounts import Accounts
from mailtrap_lite.errors import Reply
from mailtrap_lite.smtp.replies import Refused, refused


class Login:
    """The dialogue of one AUTH command. mechanisms: the names that are offered. hostname: for challenges."""

    def __init__(self, accounts: Accounts, mechanisms: Sequence[str], hostname: str) -> None:
        self._accounts = accounts
        self._mechanisms = mechanisms
        self._hostname = hostname
        self._exchange: sasl.Exchange | None = None
        self.user: str | None = None

    def begin(self, argument: str) -> bytes | None:
        """Take what follows AUTH; return the challenge to send, or None once `user` has logged in. Raises Refused."""
        words = argument.split()
        if not 1 <= len(words) <= 2:
            raise refused(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]")
        if words[0].upper() not in self._mechanisms:
            raise refused(504, "5.5.4", f"Mechanism not recognized, use {' or '.join(self._mechanisms)}")
        return self._step(lambda: self._first(words[0], words[1].encode() if len(words) == 2 else None))

    def go_on(self, line: bytes) -> bytes | None:
        """Take an answer to a challenge; the rest as in `begin`."""
        exchange = self._exchange
        assert exchange is not None  # a challenge was sent  # noqa: S101
        return self._step(lambda: exchange.send(sasl.decoded(line)))

    def _first(self, mechanism: str, word: bytes | None) -> bytes:
        initial = None if word is None else sasl.decoded_initial(word)
        unique = f"<{secrets.token_hex(8)}@{self._hostname}>"
        self._exchange, challenge = sasl.begin(mechanism, initial, accounts=self._accounts, unique=unique)
        return challenge

    def _step(self, step: Callable[[], bytes]) -> bytes | None:
        try:
            # The space stays, also before an empty challenge (RFC 4954 section 4).
            return b"334 " + b64encode(step()) + b"\r\n"
        except StopIteration as end:
            self.user = end.value
            return None
        except sasl.SaslError as error:
            raise Refused(_reply(error)) from None


def _reply(error: sasl.SaslError) -> Reply:
    """Return what an SMTP client is told (RFC 4954 sections 4 and 6)."""
    match error:
        case sasl.Cancelled():
            return Reply(501, "5.7.0", str(error))
        case sasl.Malformed():
            return Reply(501, "5.5.2", str(error))
        case sasl.UnknownMechanism():
            return Reply(504, "5.5.4", str(error))
    return Reply(535, "5.7.8", str(error))
