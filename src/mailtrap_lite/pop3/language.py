"""UTF8 and LANG (RFC 6856): mail is sent as it came and all texts are in English, whatever a client chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mailtrap_lite.pop3.replies import listing, ok
from mailtrap_lite.pop3.snapshot import Refused

if TYPE_CHECKING:
    from mailtrap_lite.pop3.machine import Machine

# By the canonical tag; each is described in its own language (RFC 6856 section 3).
LANGUAGES: Final = {"i-default": "Default language", "en": "English"}


def utf8(machine: Machine) -> None:
    """Allow UTF-8 in mail and replies; mail is always sent as it came."""
    machine.reply(ok("UTF-8 it is"))


def lang(machine: Machine, wanted: bytes | None = None) -> None:
    """Choose the language of replies, or list the languages."""
    if wanted is None:
        machine.reply(ok("languages follow") + listing(f"{tag} {name}" for tag, name in LANGUAGES.items()))
        return
    tag = found(wanted.decode("ascii", "replace"))
    if tag is None:
        raise Refused("no such language")
    machine.reply(ok(f"{tag} replies are in English"))


def found(wanted: str) -> str | None:
    """Return the tag of the language that a range means (RFC 4647 section 3.4): `en-GB` is `en`, `*` the default."""
    if wanted == "*":
        return "i-default"
    prefix = wanted.lower()
    while prefix and prefix not in LANGUAGES:
        prefix = prefix.rpartition("-")[0]
    return prefix or None
