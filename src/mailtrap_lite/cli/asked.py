"""What flags ask for, as one search in the grammar of docs/search.md."""

from __future__ import annotations

from collections.abc import Iterable


def query_of(words: Iterable[str], *terms: str) -> str:
    """Return a search for what the words say and for all of the terms; "" for everything."""
    asked = " ".join(words).strip()
    further = [term for term in terms if term]
    if not further:
        return asked
    return " ".join([f"({asked})" if asked else "", *further]).strip()


def quoted(text: str) -> str:
    """Return a text as a phrase of the grammar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def of_recipient(text: str) -> str:
    """Return a term for a recipient: exactly an address, or a part of one."""
    return f"rcpt:{'=' if '@' in text else ''}{quoted(text)}"


def of_sender(text: str) -> str:
    """Return a term for who sent it, by envelope or header: exactly an address, or a part of one."""
    value = f"{'=' if '@' in text else ''}{quoted(text)}"
    return f"(envelope-from:{value} OR from:{value})"
