"""Messages in memory put in an order. It knows orders and what a message keeps; it knows no lock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.order import By, Key, Order


def ordered(messages: Iterable[Kept], by: By) -> list[Kept]:
    """Return the messages in ascending order. messages: oldest first, which is the order of those that are alike."""
    wanted = [kept for kept in messages if kept.digest is not None] if by.read else list(messages)
    return wanted if by is By.ID else sorted(wanted, key=_KEYS[by])


def some_of(everything: Sequence[Kept], order: Order, *, start: int, limit: int) -> list[Kept]:
    """Return `limit` messages from `start` on in an order, behind its spot if it has one. everything: as `ordered`."""
    key_of = _KEYS[order.by]

    def place(kept: Kept) -> tuple[Key, int]:
        return key_of(kept), kept.id

    first, last = 0, len(everything)
    if order.behind is not None:
        spot = (order.behind.key, order.behind.id)
        if order.descending:
            last = bisect_left(everything, spot, key=place)
        else:
            first = bisect_right(everything, spot, key=place)
    if order.descending:
        return list(everything[max(first, last - start - limit) : max(first, last - start)][::-1])
    return list(everything[first + start : first + start + limit])


def _sender(kept: Kept) -> Key:
    return "" if kept.digest is None else kept.digest.sender_key


def _subject(kept: Kept) -> Key:
    return "" if kept.digest is None else kept.digest.subject_key


_KEYS: dict[By, Callable[[Kept], Key]] = {
    By.ID: lambda kept: kept.id,
    By.SIZE: lambda kept: len(kept.raw),
    By.SENDER: _sender,
    By.SUBJECT: _subject,
}
