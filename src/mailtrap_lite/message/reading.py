"""The one wrapper that never raises: an attribute read from hostile bytes, computed once. Knows nothing of mail.

The readers below it are written not to raise, and the tests hold them to that.
This is for the case nobody thought of: the fault is logged, noted as a defect, and an empty value shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")
log = logging.getLogger(__name__)


class Noting(Protocol):
    """Something that keeps notes of what could not be read."""

    def note(self, defect: str) -> None:
        """Keep a defect."""


class Reading(Generic[T]):
    """A lazy attribute: read at the first access, then kept; `instead` stands in for what could not be read.

    Any thread: two that come at once both read, and get equal values.
    """

    # Any: a descriptor does not know the class it will stand in.
    def __init__(self, read: Callable[[Any], T], instead: T) -> None:
        self._read = read
        self._instead = instead
        self._name = read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Reading[T]: ...

    @overload
    def __get__(self, owner: Noting, kind: type) -> T: ...

    def __get__(self, owner: Noting | None, kind: type) -> Reading[T] | T:
        """Return the value; from the second time on the instance's own attribute is found first."""
        if owner is None:
            return self
        value = guarded(owner, self._name, lambda: self._read(owner), self._instead)
        owner.__dict__[self._name] = value
        return value


def reading(instead: object) -> Callable[[Callable[[Any], T]], Reading[T]]:
    """Make a method a Reading that shows `instead` when it raises; `instead` must be of the method's type."""

    def make(read: Callable[[Any], T]) -> Reading[T]:
        return Reading(read, instead)  # type: ignore[arg-type]  # () and "" have types too narrow to infer T from

    return make


def guarded(owner: Noting, name: str, read: Callable[[], T], instead: T) -> T:
    """Return read(), or `instead` when it raises: reading a mail never fails."""
    try:
        return read()
    except Exception:  # broken mail is what a sandbox is for, so a bug of ours is shown as a defect
        log.exception("cannot read %s of a mail", name)
        owner.note(f"internal fault: {name} could not be read; please report it with the raw mail")
        return instead
