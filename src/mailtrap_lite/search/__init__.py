"""Search: one grammar for page, API, command line and fixtures, and what it means. No store and no clock.

The grammar is imported when somebody asks something: most tests never do, and it costs as much as asyncio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mailtrap_lite.search.words import Searched, Words

if TYPE_CHECKING:
    from mailtrap_lite.search.parser import Query, parse
    from mailtrap_lite.search.terms import TERMS, Term

__all__ = ["TERMS", "Query", "Searched", "Term", "Words", "parse"]

_HOME_OF = {"Query": "parser", "parse": "parser", "TERMS": "terms", "Term": "terms"}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
