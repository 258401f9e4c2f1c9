"""The states of a POP3 session (RFC 1939 section 3)."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a session is."""

    AUTHORIZATION = "AUTHORIZATION"
    TRANSACTION = "TRANSACTION"
    UPDATE = "UPDATE"
    CLOSED = "CLOSED"
