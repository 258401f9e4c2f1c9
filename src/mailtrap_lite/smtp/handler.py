"""The aiosmtpd handler: a finished mail becomes an Envelope and its octets, and goes to the sandbox.

Knows no socket. A reply of 250 is returned only after the sandbox has committed the mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Envelope

if TYPE_CHECKING:
    from mailtrap_lite.sandbox import Sandboxes
    from mailtrap_lite.smtp.protocol import CaptureSMTP
    from mailtrap_lite.smtp.transaction import Conversation, Transaction


class Handler:
    """One for all connections of a door; on the loop."""

    def __init__(self, sandboxes: Sandboxes) -> None:
        self._sandboxes = sandboxes

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: CaptureSMTP, session: Conversation, envelope: Transaction
    ) -> str:
        """Store the mail and return the reply. Raises what Sandbox.accept raises.

        A client that logged in to a sandbox means it for all of its mail, whomever that is to.
        """
        if envelope.mail_from is None or envelope.original_content is None:
            raise BadMail("there is no mail transaction")  # cannot happen: DATA is refused without one
        accepted = Envelope(
            sender=envelope.mail_from,
            recipients=tuple(envelope.recipients),
            options=tuple(envelope.mail_options),
            client=session.client,
            helo=session.host_name or "",
            user=session.user,
            tls=session.tls,
            session=session.id,
            remarks=tuple(envelope.remarks),
        )
        shared = envelope.is_shared and server.sandbox is self._sandboxes.default
        store = self._sandboxes if shared else server.sandbox
        message = await store.accept(accepted, envelope.original_content, recorder=server.recorder)
        return f"250 2.0.0 Ok: stored as {message}" if message > 0 else "250 2.0.0 Ok: set aside as a stray"
