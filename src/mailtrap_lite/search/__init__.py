"""Search: one grammar for page, API, command line and fixtures, and what it means. No store and no clock."""

from mailtrap_lite.search.parser import Query, parse
from mailtrap_lite.search.terms import TERMS, Term
from mailtrap_lite.search.words import Searched, Words

__all__ = ["TERMS", "Query", "Searched", "Term", "Words", "parse"]
