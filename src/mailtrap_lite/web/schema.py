"""JSON as type hints: the JSON Schema of a hint, and whether a value has it.

One description serves three: mypy checks what our code answers, a request's body is checked, and OpenAPI is written.
It knows hints and JSON values; it knows no request.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import (  # Any: hints and JSON values are of any type
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema: TypeAlias = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    object: {},
}
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What JSON Schema says beside the type: a format, bounds, an example. As they stand there."""

    facts: Mapping[str, Any]


class Mismatch(ValueError):
    """A value has not the type; the text says where and what is expected."""


def facts(**values: Any) -> Facts:
    """Return facts by their names in JSON Schema."""
    return Facts(values)


Moment: TypeAlias = Annotated[str, facts(format="date-time")]


def name_of(hint: Any) -> str:
    """Return the name of a shape in the document: that of its class without the ending."""
    return str(hint.__name__).removesuffix("Json")


def schema_of(hint: Any, shapes: dict[str, Schema]) -> Schema:
    """Return the JSON Schema of a hint. Named shapes that it refers to are added to `shapes`."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        schema = dict(schema_of(inner, shapes))
        for note in notes:
            schema |= {"description": note} if isinstance(note, str) else dict(note.facts)
        return schema
    if origin is NotRequired:
        return schema_of(get_args(hint)[0], shapes)
    if origin is list:
        return {"type": "array", "items": schema_of(get_args(hint)[0], shapes)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(get_args(hint)[1], shapes)}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [schema_of(each, shapes) for each in get_args(hint)]}
    if is_typeddict(hint):
        return _reference(hint, shapes)
    return dict(_PLAIN[hint])


def _reference(shape: Any, shapes: dict[str, Schema]) -> Schema:
    name = name_of(shape)
    if name not in shapes:
        shapes[name] = {}  # stands for itself while its members are read, which may refer to it
        shapes[name] = {
            "type": "object",
            "description": _first_sentence(shape),
            "properties": {member: schema_of(hint, shapes) for member, hint in members_of(shape).items()},
            "required": required_in(shape),
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{name}"}


@cache
def members_of(shape: Any) -> dict[str, Any]:
    """Return the members of a shape with their hints."""
    return get_type_hints(shape, include_extras=True)


def required_in(shape: Any) -> list[str]:
    """Return the members that must be there. `__required_keys__` does not see NotRequired in annotations as text."""
    return [name for name, hint in members_of(shape).items() if get_origin(hint) is not NotRequired]


def _first_sentence(shape: Any) -> str:
    return " ".join((shape.__doc__ or "").split())


def check(hint: Any, value: object, where: str) -> None:
    """Raise Mismatch where a value that came as JSON has not the type of a hint. where: what the value is called."""
    origin = get_origin(hint)
    if origin in {Annotated, NotRequired}:
        check(get_args(hint)[0], value, where)
    elif origin is list:
        if not isinstance(value, list):
            raise Mismatch(f"{where}: this is not a list")
        for number, item in enumerate(value):
            check(get_args(hint)[0], item, f"{where}[{number}]")
    elif origin is dict:
        for name, item in _object(value, where).items():
            check(get_args(hint)[1], item, f"{where}.{shortened(name)}")
    elif origin is Literal:
        if value not in get_args(hint):
            raise Mismatch(f"{where}: this is not one of {', '.join(get_args(hint))}")
    elif is_typeddict(hint):
        _check_members(hint, _object(value, where), where)
    # JSON has no whole numbers of its own, and in Python a bool is one.
    elif isinstance(value, bool) is not (hint is bool) or not isinstance(
        value, (int, float) if hint is float else hint
    ):
        raise Mismatch(f"{where}: this is not {_WORDS[hint]}")


def _check_members(shape: Any, value: Mapping[str, object], where: str) -> None:
    members = members_of(shape)
    if unknown := sorted(set(value) - set(members)):
        names = ", ".join(sorted(members))
        raise Mismatch(f"{where}: {shortened(unknown[0])!a} is not known here; the names are {names}")
    if missing := [member for member in required_in(shape) if member not in value]:
        raise Mismatch(f"{where}: {missing[0]} is missing")
    for name, item in value.items():
        check(members[name], item, name if where == "body" else f"{where}.{name}")


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Mismatch(f"{where}: this is not a JSON object")
    return value


def shortened(text: str) -> str:
    """Return a text of a client as an error may quote it."""
    return text if len(text) <= 60 else text[:60] + "…"
