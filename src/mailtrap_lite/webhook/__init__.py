"""The door through which others are told of what happens to mail: one request for each notice, until it was taken."""

from mailtrap_lite.webhook.teller import Receiver, Teller

__all__ = ["Receiver", "Teller"]
