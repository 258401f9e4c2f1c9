"""Where in the mail somebody is: a mailbox, an order, and the spot behind which a page of the list begins.

It knows a request's query and how links spell it; it knows no message and no template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self  # Any: what url_for takes

from flask import request
from werkzeug.exceptions import BadRequest

from mailtrap_lite.message import Summary
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.store import By, Order, Spot
from mailtrap_lite.web import asked

PAGE = 50  # messages or sessions on one page of their list

# An id, and the key of an order that has another.
_SPOT = re.compile(r"([0-9]{1,18})(?:-(.{0,1000}))?", re.DOTALL)


class Sort(StrEnum):
    """The orders that people can choose, in the order in which they are offered."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SENDER = "sender"
    SUBJECT = "subject"


ORDERS = {
    Sort.NEWEST: Order(),
    Sort.OLDEST: Order(descending=False),
    Sort.LARGEST: Order(By.SIZE),
    Sort.SENDER: Order(By.SENDER, descending=False),
    Sort.SUBJECT: Order(By.SUBJECT, descending=False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is.

    mailbox: "" is all mail. q: a search, which is in all mail.
    start: how many messages the list has before this page. behind: the page begins after this spot. ahead: it ends
    before this one. skip: messages that are left out behind the spot.
    """

    mailbox: str = ""
    q: str = ""
    sort: Sort = Sort.NEWEST
    start: int = 0
    behind: Spot | None = None
    ahead: Spot | None = None
    skip: int = 0

    @classmethod
    def asked(cls) -> Self:
        """Return the place that the query names; raises BadRequest."""
        sort = asked.choice("sort", {str(sort): sort for sort in Sort}) or Sort.NEWEST
        return cls(
            mailbox=request.args.get("mailbox", "").strip(),
            q=request.args.get("q", "").strip(),
            sort=sort,
            start=asked.number("start", default=0),
            behind=_spot("behind", sort),
            ahead=_spot("ahead", sort),
            skip=asked.number("skip", default=0),
        )

    @property
    def top(self) -> Self:
        """The beginning of this list."""
        return replace(self, start=0, behind=None, ahead=None, skip=0)

    @property
    def order(self) -> Order:
        """The order of the list, or the other way round for a page that ends before a spot."""
        order = replace(ORDERS[self.sort], behind=self.behind)
        return replace(order, descending=not order.descending, behind=self.ahead) if self.ahead else order

    def page(self, start: int, *, behind: Summary | None = None, ahead: Summary | None = None) -> Self:
        """Return the place of a page that begins after a message, or ends before one."""
        return replace(
            self.top,
            start=start,
            behind=None if behind is None else self.spot(behind),
            ahead=None if ahead is None else self.spot(ahead),
        )

    def spot(self, summary: Summary) -> Spot:
        """Return where a message is in the order of this list."""
        return spot_of(summary, self.sort)

    def spot_of(self, message: int, size: int, digest: Digest) -> Spot:
        """Return where a message is in the order of this list."""
        return _spot_of(message, size, digest, self.sort)

    def query(self, **changes: str | int | None) -> dict[str, Any]:
        """Return the query of a link that stays here, or goes where the changes say."""
        query: dict[str, str | int | None] = {
            "mailbox": self.mailbox,
            "q": self.q,
            "sort": "" if self.sort is Sort.NEWEST else self.sort.value,
            "start": self.start,
            "behind": spelled(self.behind),
            "ahead": spelled(self.ahead),
            **changes,
        }
        return {name: value for name, value in query.items() if value}


def spot_of(summary: Summary, sort: Sort) -> Spot:
    """Return where a message is in an order."""
    return _spot_of(summary.id, summary.size, summary.digest, sort)


def _spot_of(message: int, size: int, digest: Digest, sort: Sort) -> Spot:
    match ORDERS[sort].by:
        case By.SIZE:
            return Spot(size, message)
        case By.SENDER:
            return Spot(digest.sender_key, message)
        case By.SUBJECT:
            return Spot(digest.subject_key, message)
    return Spot(message, message)


def spelled(spot: Spot | None) -> str:
    """Return a spot as a query has it."""
    if spot is None:
        return ""
    return str(spot.id) if spot.key == spot.id else f"{spot.id}-{spot.key}"


def _spot(name: str, sort: Sort) -> Spot | None:
    text = request.args.get(name, "")
    return spot_in(text, sort, name=name) if text else None


def spot_in(text: str, sort: Sort, *, name: str) -> Spot:
    """Return the spot that was spelled so; name: of the parameter. Raises BadRequest."""
    found = _SPOT.fullmatch(text)
    by = ORDERS[sort].by
    if found and by is By.ID and found[2] is None:
        return Spot(int(found[1]), int(found[1]))
    if found and by is By.SIZE:
        size = found[2] if found[2] is not None else found[1]  # the same figure is spelled once
        if re.fullmatch(r"[0-9]{1,18}", size):
            return Spot(int(size), int(found[1]))
    if found and by.read and found[2] is not None:
        return Spot(found[2], int(found[1]))
    raise BadRequest(f"{name}: {text[:60]!a} is no spot of a list by {sort}")
