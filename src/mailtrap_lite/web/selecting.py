"""What a form of the list asks for: which messages, and what is to become of them.

The messages are named one by one, as ranges of ids, or as all of a place up to the newest that its page knew: what came
since was never chosen, so it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from flask import request
from werkzeug.exceptions import BadRequest

from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.tags import checked_tag, key_of
from mailtrap_lite.web.place import Place

TAGGED_AT_ONCE = 500  # messages
MOST_RANGE = 1_000_000  # ids that one range may span

_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


class Do(StrEnum):
    """What can be done to a selection."""

    READ = "read"
    UNREAD = "unread"
    DELETE = "delete"
    TAG = "tag"
    UNTAG = "untag"
    COUNT = "count"  # to nothing: a page asks how many of what it chose are still there


# What is not done to a selection: it is downloaded, as these files.
FILES = frozenset({"mbox", "zip"})


def wanted_file() -> str | None:
    """Return the kind of file as which the form asks for its selection, None if it asks for something else."""
    said = request.form.get("do", "")
    return said if said in FILES else None


def chosen(sandbox: Sandbox, place: Place) -> list[int]:
    """Return the ids that the form names, oldest first. Raises BadRequest."""
    return sorted(set(_chosen(sandbox, place)))


def act(sandbox: Sandbox, place: Place) -> int:
    """Do what the form asks for. Return to how many messages it was done. Raises BadRequest."""
    said = request.form.get("do", "")
    if said not in set(Do):
        raise BadRequest(f"do: {said[:60]!a} is not one of {', '.join(Do)}")
    ids = chosen(sandbox, place)
    match Do(said):
        case Do.DELETE:
            return sandbox.delete(ids)
        case Do.READ:
            return sandbox.mark_read(ids, read=True)
        case Do.UNREAD:
            return sandbox.mark_read(ids, read=False)
        case Do.COUNT:
            return sandbox.how_many(ids)
        case Do.TAG | Do.UNTAG as way:
            return _retag(sandbox, ids, checked_tag(request.form.get("tag", "")), put=way is Do.TAG)


def delete_all(sandbox: Sandbox, place: Place) -> int:
    """Delete what the page of a place knew; everything if its form does not say up to where. Return how many."""
    if not place.mailbox and not place.q and "upto" not in request.form:
        return sandbox.clear()
    return sandbox.delete(_all(sandbox, place))


def _retag(sandbox: Sandbox, chosen: list[int], tag: str, *, put: bool) -> int:
    """Give messages a tag beside those that they have, or take it from them."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for start in range(0, len(chosen), TAGGED_AT_ONCE):
        for summary in sandbox.summaries_of(chosen[start : start + TAGGED_AT_ONCE]):
            alike.setdefault(summary.tags, []).append(summary.id)
    for tags, ids in alike.items():
        others = [other for other in tags if key_of(other) != key_of(tag)]
        sandbox.set_tags(ids, [*others, tag] if put else others)
    return sum(map(len, alike.values()))


def _chosen(sandbox: Sandbox, place: Place) -> list[int]:
    named = [message for text in request.form.getlist("id") for message in _span(text)]
    if request.form.get("all") != "yes":
        return named
    left_out = set(named)
    return [message for message in _all(sandbox, place) if message not in left_out]


def _all(sandbox: Sandbox, place: Place) -> list[int]:
    last = [*_span(request.form.get("upto", ""))]
    if len(last) != 1:
        raise BadRequest("upto: all is up to the newest message that the page knew")
    everything = sandbox.ids_of(place.q) if place.q else sandbox.ids(place.mailbox)
    return [message for message in everything if message <= last[0]]


def _span(text: str) -> Iterator[int]:
    found = _RANGE.fullmatch(text)
    if not found:
        raise BadRequest(f"id: {text[:60]!a} is no id and no range of ids")
    first, last = int(found[1]), int(found[2] or found[1])
    if last - first >= MOST_RANGE:
        raise BadRequest(f"id: {text!a} is more than {MOST_RANGE:,} ids")
    yield from range(first, last + 1)
