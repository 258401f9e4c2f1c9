"""The door through which mail moves on: it takes what is due from the queue, and hands it to the next server."""

from mailtrap_lite.relay.relay import Relay
from mailtrap_lite.relay.ways import Ways

__all__ = ["Relay", "Ways"]
