"""Changes values for a while and puts them back: of a configuration, or of an object's attributes (`vars`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any  # Any: a framework's configuration holds anything

_MISSING = object()


@contextmanager
def changed(place: MutableMapping[str, Any], values: Mapping[str, Any]) -> Iterator[None]:
    """Let a place have these values for a `with` block, and then those of before; what was missing is missing again."""
    before = {name: place.get(name, _MISSING) for name in values}
    place.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is _MISSING:
                place.pop(name, None)
            else:
                place[name] = value
