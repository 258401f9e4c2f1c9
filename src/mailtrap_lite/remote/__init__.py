"""A sandbox of a server that runs elsewhere: what a `Server` of one's own can do, asked for over its HTTP API."""

from mailtrap_lite.remote.remote import RemoteSandbox, shared_sandbox

__all__ = ["RemoteSandbox", "shared_sandbox"]
