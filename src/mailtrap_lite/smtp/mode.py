"""What the next octets of an SMTP client are: the state of a connection, as its transport sees it."""

from __future__ import annotations

from enum import Enum, auto


class Mode(Enum):
    """What the next octets of the client are."""

    COMMAND = auto()
    AUTH = auto()  # an answer to a challenge
    DATA = auto()
    CHUNK = auto()  # of BDAT
    HANDSHAKE = auto()  # TLS begins; nothing that came before counts
    WAITING = auto()  # they have to wait: a reply is being worked out
    STALLED = auto()  # nobody looks at them, and the client does not know: a fault on purpose
    ENDED = auto()  # nobody looks at them any more
