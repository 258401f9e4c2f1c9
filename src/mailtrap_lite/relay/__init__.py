"""The door through which mail moves on: it takes what is due from the queue, and hands it to the next server."""

from mailtrap_lite.relay.relay import Relay

__all__ = ["Relay"]
