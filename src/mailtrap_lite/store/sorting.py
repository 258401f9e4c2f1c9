"""Messages in memory put in an order. It knows orders and what a message keeps; it knows no lock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.order import By, Key, Order

# So many messages that were found are sorted for a page; of more it is looked who is next in the order of all.
FEW = 1_000


def ordered(messages: Iterable[Kept], by: By) -> list[Kept]:
    """Return the messages in ascending order. messages: oldest first, which is the order of those that are alike."""
    wanted = [kept for kept in messages if kept.digest is not None] if by.read else list(messages)
    return wanted if by is By.ID else sorted(wanted, key=_KEYS[by])


def some_of(everything: Sequence[Kept], order: Order, *, start: int, limit: int) -> list[Kept]:
    """Return `limit` messages from `start` on in an order, behind its spot if it has one. everything: as `ordered`."""
    first, last = _ends(everything, order)
    if order.descending:
        return list(everything[max(first, last - start - limit) : max(first, last - start)][::-1])
    return list(everything[first + start : first + start + limit])


def walked(everything: Sequence[Kept], order: Order) -> Iterator[Kept]:
    """Yield all messages of an order, behind its spot if it has one. everything: as `ordered`."""
    first, last = _ends(everything, order)
    places = range(last - 1, first - 1, -1) if order.descending else range(first, last)
    return (everything[place] for place in places)


def _ends(everything: Sequence[Kept], order: Order) -> tuple[int, int]:
    """Return where the messages behind the spot of an order begin and end."""
    key_of = _KEYS[order.by]

    def place(kept: Kept) -> tuple[Key, int]:
        return key_of(kept), kept.id

    if order.behind is None:
        return 0, len(everything)
    spot = (order.behind.key, order.behind.id)
    if order.descending:
        return 0, bisect_left(everything, spot, key=place)
    return bisect_right(everything, spot, key=place), len(everything)


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
