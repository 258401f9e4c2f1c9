"""What the inspector says to people, in one place: by dotted name, for templates and scripts alike.

A name that begins with `js.` is also given to the scripts. A text may have fields in braces, which are filled by name.
"""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "js.live": "Live",
    "js.reconnecting": "Reconnecting…",
    "js.one_arrived": "A new message arrived.",
    "js.many_arrived": "{count} new messages arrived.",
    "login.title": "Sign in",
    "login.user": "User",
    "login.password": "Password",
    "login.submit": "Sign in",
    "login.wrong": "That is not right.",
    "login.busy": "Too many wrong passwords or tokens come from there; try again in a moment.",
    "login.is_known": "You are signed in.",
    "login.inbox": "Go to the inbox",
    "login.out": "Sign out",
}


def t(name: str, **fields: object) -> str:
    """Return the text of a name with its fields filled; raises KeyError for an unknown name or a missing field."""
    text = TEXTS[name]
    return text.format_map(fields) if fields else text


def for_scripts() -> dict[str, str]:
    """Return what the scripts may say, by the names that they use."""
    return {name.removeprefix("js."): text for name, text in TEXTS.items() if name.startswith("js.")}
