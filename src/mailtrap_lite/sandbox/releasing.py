"""What a release would do, as a value to look at before it is done. Knows no store and no connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailtrap_lite.errors import BadMail, NoRelay, NotAllowed
from mailtrap_lite.message import Message, Recipient
from mailtrap_lite.message.queued import Outgoing, Why, domain_of
from mailtrap_lite.relaying import Policy
from mailtrap_lite.relaying.conditions import is_address

NO_RELAY = (
    "no server is configured to which mail may be sent on; give relay (or relay_routes), relay_hosts and relay_to"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One recipient of a release. server: HOST:PORT where it goes; "" for nowhere. refusal: why not; None if it may."""

    recipient: Recipient
    server: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """What would be sent: a message as it came, behind one field more. sender: the reverse-path.

    field: the Received field that is put before it. refusal: why nothing can be sent at all; None if it can.
    """

    message: Message
    sender: str
    legs: tuple[Leg, ...]
    field: str
    refusal: str | None

    @property
    def octets(self) -> int:
        """The size of what is sent."""
        return len(self.message.raw) + len(self.field)

    @property
    def refused(self) -> tuple[Leg, ...]:
        """The recipients to whom it may not go."""
        return tuple(leg for leg in self.legs if leg.refusal is not None)

    @property
    def possible(self) -> bool:
        """Whether it would be done."""
        return self.refusal is None and not self.refused

    def check(self) -> None:
        """Raise NoRelay or NotAllowed if it would not be done."""
        if self.refusal is not None:
            raise NoRelay(f"the message {self.message.id} stays here: {self.refusal}")
        if self.refused:
            reasons = "; ".join(leg.refusal or "" for leg in self.refused)
            raise NotAllowed(f"the message {self.message.id} stays here: {reasons}")

    def outgoing(self, *, at: float) -> list[Outgoing]:
        """Return what is queued for it."""
        return [Outgoing(self.sender, leg.recipient, Why.RELEASE, at) for leg in self.legs]


def legs_of(message: Message, to: Sequence[str] | None, policy: Policy | None) -> tuple[Leg, ...]:
    """Return the legs to these addresses, each once; to: None for those of the envelope. Raises BadMail for others."""
    known = {recipient.address: recipient for recipient in reversed(message.envelope.recipients)}
    addresses = list(dict.fromkeys(message.envelope.addresses if to is None else to))
    if not addresses:
        raise BadMail("to=[] names nobody to send to")
    for address in addresses:
        if address not in known and not is_address(address):
            raise BadMail(f"{address[:60]!r} is no address to send to")
    return tuple(_leg(known.get(address, Recipient(address)), policy) for address in addresses)


def _leg(recipient: Recipient, policy: Policy | None) -> Leg:
    if policy is None:
        return Leg(recipient, "", NO_RELAY)
    route = policy.route(domain_of(recipient.address))
    return Leg(recipient, str(route or ""), policy.refusal(recipient.address))
