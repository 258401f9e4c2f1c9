"""What the product can do, one method for each verb."""

from mailtrap_lite.sandbox.faults import Faults
from mailtrap_lite.sandbox.mailbox import Mailbox
from mailtrap_lite.sandbox.maildrop import Maildrop
from mailtrap_lite.sandbox.sandbox import Sandbox
from mailtrap_lite.sandbox.sandboxes import Guest, Sandboxes
from mailtrap_lite.sandbox.searching import SearchPage

__all__ = ["Faults", "Guest", "Mailbox", "Maildrop", "Sandbox", "Sandboxes", "SearchPage"]
