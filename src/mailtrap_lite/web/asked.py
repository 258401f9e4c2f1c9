"""What a request asks: numbers and words of its query and the JSON of its body, checked in one place.

A value that cannot be meant is refused with 400 and nothing is changed; a bad body never means "everything".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin  # Any: hints, JSON and what they stand for

from flask import request
from werkzeug.exceptions import BadRequest

from mailtrap_lite.web.schema import Mismatch, check, shortened

# Ids are 64-bit integers above 0, in decimal (RFC 8259 numbers would lose digits in JavaScript, so they are strings).
_ID = re.compile(r"[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")

Choice = TypeVar("Choice")


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


def known_ids(texts: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of ids, each once; texts that are no ids of ours are left out."""
    return tuple(dict.fromkeys(found for text in texts if (found := message_id(text)) is not None))


def cursor(text: str) -> int | None:
    """Return the number of an id, or 0 for the beginning; None for a text that is neither."""
    return 0 if text == "0" else message_id(text)


def value(name: str, hint: Any, *, required: bool, default: Any, facts: Mapping[str, Any]) -> Any:
    """Return a value of the query by its type, or its default without one or with an empty one.

    facts: what JSON Schema says of it; `maximum`, and `x-at-most`, which a larger number counts as.
    Raises BadRequest.
    """
    texts = [text for text in request.args.getlist(name) if text != ""]
    if get_origin(hint) is list:
        return texts
    if not texts:
        if required:
            raise BadRequest(f"{name}: it is missing or empty")
        return default
    if len(texts) > 1:
        raise BadRequest(f"{name}: it is given twice")
    (text,) = texts
    if get_origin(hint) is Literal:
        if text not in get_args(hint):
            raise BadRequest(f"{name}: {_quoted(text)} is not one of {', '.join(filter(None, get_args(hint)))}")
        return text
    if hint is int:
        return number(name, default=default, most=facts.get("x-at-most"))
    if hint is float:
        return _seconds(name, text, most=facts["maximum"])
    return text


def body(shape: Any) -> Any:
    """Return the JSON body as a shape; without a body it is empty. Raises BadRequest.

    A misspelt or repeated name is refused, because `{"Ids": ["7"]}` would otherwise mean every message.
    """
    raw = request.get_data(cache=False)
    if not raw and request.content_length:
        raise BadRequest("body: it is shorter than its Content-Length")
    try:
        # RecursionError: "[" a hundred thousand times. ValueError: bad UTF-8 and numbers with a million digits too.
        found = _parsed(raw.decode("utf-8")) if raw else {}
        check(shape, found, "body")
    except (ValueError, RecursionError) as err:
        raise BadRequest(str(err) if isinstance(err, Mismatch) else "body: this is not JSON") from None
    return found


def _parsed(text: str) -> Any:
    found = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_number)
    if _SURROGATE.search(text):
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # raises for half a character, which nothing can keep
    return found


def _no_number(name: str) -> None:
    raise Mismatch(f"body: {name} is not JSON")


def _seconds(name: str, text: str, *, most: float) -> float:
    seconds = float(text) if _SECONDS.fullmatch(text) else math.nan
    if not seconds <= most:
        raise BadRequest(f"{name}: {_quoted(text)} is not a number of seconds from 0 to {most:g}")
    return seconds


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # RFC 8259 section 4 leaves open which of two counts, so neither does.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Mismatch("body: a name is given twice")
    return found


def _quoted(text: str) -> str:
    return ascii(shortened(text))
