"""From a query to SQL that holds of each message that could match: a bound, never the meaning. Knows no connection.

Needles and what they are looked for in were folded before, so SQLite compares octets, as the query does.
"""

from __future__ import annotations

from mailtrap_lite.search.nodes import (
    All,
    Anywhere,
    Arrived,
    Either,
    Having,
    Header,
    Node,
    Not,
    Read,
    Size,
    Tagged,
    Within,
)
from mailtrap_lite.search.words import ITEM, VALUE

Values = dict[str, object]

_IN_TEXT = "EXISTS (SELECT 1 FROM texts WHERE texts.message = id AND INSTR(texts.text, :{0}) > 0)"
_IN_HEADERS = (
    "EXISTS (SELECT 1 FROM texts WHERE texts.message = id"
    " AND INSTR(texts.headers, :{0}) > 0 AND INSTR(texts.headers, :{1}) > 0)"
)


def bound_of(node: Node) -> tuple[str, Values]:
    """Return a condition and its values; what is put into the condition is constants and names of values only."""
    values: Values = {}
    return _bound(node, values) or "TRUE", values


def asks_for_tags(node: Node) -> bool:
    """Return whether a query needs the tags of a message."""
    match node:
        case Tagged():
            return True
        case Not(inner):
            return asks_for_tags(inner)
        case All(nodes) | Either(nodes):
            return any(map(asks_for_tags, nodes))
    return False


def _bound(node: Node, values: Values) -> str:
    """Return a condition that each match meets, "" for none; add its values."""
    match node:
        case Anywhere(needle):
            name = _named(needle, values)
            return f"(INSTR(fields, :{name}) > 0 OR {_IN_TEXT.format(name)})"
        case Within(needle, _, exact):
            return f"INSTR(fields, :{_named(ITEM + needle + ITEM if exact else needle, values)}) > 0"
        case Header(name, needle):
            return _IN_HEADERS.format(_named(ITEM + name + VALUE, values), _named(needle, values))
        case Read(read):
            return f"read = :{_named(int(read), values)}"
        case Having(what):
            return f"flags & :{_named(int(what), values)}"
        case Arrived(moment, before):
            return f"received {'<' if before else '>='} :{_named(moment, values)}"
        case Size(octets, larger):
            return f"size {'>' if larger else '<'} :{_named(octets, values)}"
        case All(nodes):
            return " AND ".join(filter(None, [_bound(each, values) for each in nodes]))
        case Either(nodes):
            bounds = [_bound(each, values) for each in nodes]
            return "(" + " OR ".join(f"({bound})" for bound in bounds) + ")" if all(bounds) else ""
    return ""  # what is not so, and tags, are left to the query


def _named(value: object, values: Values) -> str:
    name = f"v{len(values)}"
    values[name] = value
    return name
