"""What a request asks: numbers and words of its query and the JSON of its body, checked in one place.

A value that cannot be meant is refused with 400 and nothing is changed; a bad body never means "everything".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from flask import request
from werkzeug.exceptions import BadRequest

# Ids are 64-bit integers above 0, in decimal (RFC 8259 numbers would lose digits in JavaScript, so they are strings).
_ID = re.compile(r"[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[0-9]{1,18}")

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The messages that a body names. ids: None is every message; those that cannot be ids are left out."""

    ids: tuple[int, ...] | None
    read: bool = False


def number(name: str, *, default: int, most: int | None = None) -> int:
    """Return a number of the query; what is above `most` counts as `most`. Raises BadRequest."""
    text = request.args.get(name)
    if text is None or text == "":
        return default
    if not _NUMBER.fullmatch(text):
        raise BadRequest(f"{name}: {_quoted(text)} is not a whole number from 0")
    return int(text) if most is None else min(int(text), most)


def choice(name: str, choices: Mapping[str, Choice]) -> Choice | None:
    """Return what a word of the query stands for, None without one. Raises BadRequest."""
    text = request.args.get(name, "")
    if text and text not in choices:
        raise BadRequest(f"{name}: {_quoted(text)} is not one of {', '.join(choices)}")
    return choices.get(text)


def message_id(text: str) -> int | None:
    """Return the number of an id, or None for a text that is no id of ours."""
    return int(text) if _ID.fullmatch(text) else None


def cursor(text: str) -> int | None:
    """Return the number of an id, or 0 for the beginning; None for a text that is neither."""
    return 0 if text == "0" else message_id(text)


def chosen(*, keys: frozenset[str]) -> Chosen:
    """Return what the JSON body names: the messages of `IDs`, every message without a body, without `IDs` or with none.

    keys: which members the body may have. A misspelt or repeated one is refused, because `{"Ids": ["7"]}` would
    otherwise mean every message. Raises BadRequest.
    """
    body = _body(keys)
    if body.get("Search", "") != "":
        raise BadRequest("Search: searching is not offered here; send IDs")
    read = body.get("Read", False)
    if not isinstance(read, bool):
        raise BadRequest("Read: this is not true or false")
    ids = body.get("IDs", [])
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise BadRequest('IDs: this is not a list of strings, for example ["7", "8"]')
    if not ids:
        return Chosen(None, read)
    known = dict.fromkeys(found for item in ids if (found := message_id(item)) is not None)
    return Chosen(tuple(known), read)


def mailbox() -> str:
    """Return the `Mailbox` of the JSON body, an address, a local part or `*`; `*` without a body. Raises BadRequest."""
    name = _body(frozenset({"Mailbox"})).get("Mailbox", "*")
    if not isinstance(name, str) or not name.strip():
        raise BadRequest("Mailbox: this is no address, no local part and not *")
    return name


def _body(keys: frozenset[str]) -> Mapping[str, object]:
    raw = request.get_data(cache=False)
    if not raw:
        if request.content_length:
            raise BadRequest("body: it is shorter than its Content-Length")
        return {}
    try:
        # RecursionError: "[" a hundred thousand times. ValueError: bad UTF-8 and numbers with a million digits too.
        body = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as err:
        reason = str(err) if isinstance(err, DuplicateName) else "this is not JSON"
        raise BadRequest(f"body: {reason}") from None
    if not isinstance(body, dict):
        raise BadRequest("body: this is not a JSON object")
    if unknown := sorted(set(body) - keys):
        raise BadRequest(f"body: {_quoted(unknown[0])} is not known here; the names are {', '.join(sorted(keys))}")
    return body


class DuplicateName(ValueError):
    """An object has a name twice; RFC 8259 section 4 leaves open which one counts, so neither does."""


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateName("a name is given twice")
    return found


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= 60 else text[:60] + "…")
