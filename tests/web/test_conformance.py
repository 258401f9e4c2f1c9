"""Clients that were written for Mailpit's API find here the paths, the values and the shapes that they rely on.

shared_api.json has the bare facts: for each method and path the members of its answer and of its body with their types
("*" is any name), and the values of its query.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any  # Any: JSON

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web.api.routes import openapi

FACTS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("shared_api.json").read_text(encoding="utf-8"))
NAMES = {"ID": "key", "PartID": "part", "Tag": "tag"}
VALUES = {"{ID}": "1", "{PartID}": "1.2.2", "{Tag}": "Orders"}
QUERIES = {"GET /api/v1/search": "?query=subject:Gr", "DELETE /api/v1/search": "?query=subject:Gr"}
BODIES: dict[str, Any] = {
    "PUT /api/v1/tags": {"IDs": ["1"], "Tags": ["x"]},
    "PUT /api/v1/tags/{Tag}": {"Name": "y"},
    "PUT /api/v1/messages": {"IDs": ["1"], "Read": True},
    "DELETE /api/v1/messages": {"IDs": ["1"]},
    "POST /api/v1/send": {"From": {"Email": "a@x.test"}, "To": [{"Email": "b@x.test", "Name": "B"}]},
    "PUT /api/v1/chaos": {},
    "POST /api/v1/message/{ID}/release": {"To": ["b@x.test"]},
}
# What is answered 409 here, with the reason; docs/api.md says so.
REFUSED = {"GET /api/v1/message/{ID}/sa-check", "POST /api/v1/message/{ID}/release"}
TYPES: dict[str, Any] = {"text": str, "integer": int, "number": (int, float), "boolean": bool, "moment": str}
SCHEMA_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


@pytest.fixture
def settings() -> Settings:
    """The settings: links may be asked for."""
    return Settings(link_check=True)


def differences(fact: Any, value: Any, where: str) -> Iterator[str]:
    """Yield where a value lacks what a client relies on; members beyond it are fine."""
    match fact:
        case {"*": item}:
            for name in value:
                yield from differences(item, value[name], f"{where}.{name}")
        case dict():
            for name in fact:
                if name not in value:
                    yield f"{where}.{name} is missing"
                else:
                    yield from differences(fact[name], value[name], f"{where}.{name}")
        case [item]:
            if not isinstance(value, list):
                yield f"{where} is no list"
                return
            for number, each in enumerate(value):
                yield from differences(item, each, f"{where}[{number}]")
        case _:
            if not isinstance(value, TYPES[fact]) or (fact != "boolean" and isinstance(value, bool)):
                yield f"{where} is {value!r}, not {fact}"
            elif fact == "moment" and datetime.fromisoformat(value).tzinfo is None:
                yield f"{where} has no zone"


@pytest.mark.parametrize("operation", FACTS)
def test_an_answer_has_what_a_client_relies_on(
    client: FlaskClient, sandbox: Sandbox, rich: Message, operation: str
) -> None:
    sandbox.set_tags([rich.id], ["Orders"])
    method, _, path = operation.partition(" ")
    for name, value in VALUES.items():
        path = path.replace(name, value)
    if operation.endswith("/thumb"):
        pytest.importorskip("PIL", reason="pip install pillow")
        path = path.replace("/thumb", "")  # the picture of the fixture is made up; test_thumbs.py has real ones

    answer = client.open(path + QUERIES.get(operation, ""), method=method, json=BODIES.get(operation))

    if operation in REFUSED:
        assert answer.status_code == 409
        assert answer.json is not None
        assert answer.json["Error"]
    elif FACTS[operation]["answer"] == "text":
        assert (answer.status_code, answer.is_json) == (200, False)
    else:
        assert (answer.status_code, answer.is_json) == (200, True)
        assert list(differences(FACTS[operation]["answer"], answer.json, "")) == []


@pytest.mark.parametrize("operation", [name for name, fact in FACTS.items() if "body" in fact])
def test_a_body_may_have_what_a_client_sends(operation: str) -> None:
    told = _operation(operation)["requestBody"]["content"]["application/json"]["schema"]

    assert list(_lacking(FACTS[operation]["body"], told, "body")) == []
    required = set(_resolved(told).get("required", []))
    assert required <= set(FACTS[operation].get("required", []))


@pytest.mark.parametrize("operation", [name for name, fact in FACTS.items() if "query" in fact])
def test_a_query_may_have_what_a_client_sends(operation: str) -> None:
    known = {each["name"] for each in _operation(operation).get("parameters", []) if each["in"] == "query"}

    assert set(FACTS[operation]["query"]) <= known


def _operation(operation: str) -> Any:
    method, _, path = operation.partition(" ")
    for theirs, ours in NAMES.items():
        path = path.replace(f"{{{theirs}}}", f"{{{ours}}}")
    return openapi()["paths"][path][method.lower()]


def _resolved(schema: Any) -> Any:
    if "$ref" in schema:
        return openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _lacking(fact: Any, schema: Any, where: str) -> Iterator[str]:
    schema = _resolved(schema)
    match fact:
        case {"*": item}:
            yield from _lacking(item, schema["additionalProperties"], f"{where}.*")
        case dict():
            for name in fact:
                if name not in schema.get("properties", {}):
                    yield f"{where}.{name} is not known"
                else:
                    yield from _lacking(fact[name], schema["properties"][name], f"{where}.{name}")
        case [item]:
            yield from _lacking(item, schema["items"], f"{where}[]")
        case _:
            if schema.get("type") != SCHEMA_TYPES[fact]:
                yield f"{where} is {schema.get('type')}, not {fact}"
