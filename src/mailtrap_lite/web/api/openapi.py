"""The OpenAPI 3.1 document of the API, written from the routes as they are declared.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any  # Any: a JSON document

from mailtrap_lite.version import __version__
from mailtrap_lite.web.api.declared import EVERYWHERE, JSON, Answer, Parameter, Route, Routes, plain
from mailtrap_lite.web.schema import Schema, schema_of
from mailtrap_lite.web.shapes import ErrorJson
from mailtrap_lite.web.shapes.messages import NewsJson

DESCRIPTION = (
    "What the inspector shows, and what tests ask. The paths and shapes of Mailpit's API are here, so that its clients "
    "work; what is ours beside them is marked in docs/api.md. Every error is JSON. No list is ever null."
)


def document(nouns: Iterable[Routes]) -> Schema:
    """Return the document of these routes."""
    shapes: dict[str, Schema] = {}
    paths: dict[str, Schema] = {}
    nouns = tuple(nouns)
    for noun in nouns:
        for route in noun.all:
            paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, shapes)
    schema_of(NewsJson, shapes)  # the data of events, which no answer has as a whole
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mailtrap-lite",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": noun.noun, "description": noun.text} for noun in nouns],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(shapes.items())),
            "responses": {
                _response_name(status): _answer(Answer(status, text, ErrorJson), shapes)
                for status, text in EVERYWHERE.items()
            },
        },
    }


def _operation(route: Route, shapes: dict[str, Schema]) -> Schema:
    operation: dict[str, Any] = {"operationId": route.name, "tags": [route.noun], "summary": route.summary}
    if route.description:
        operation["description"] = route.description
    if route.parameters:
        operation["parameters"] = [_parameter(each, shapes) for each in route.parameters]
    if route.body is not None:
        schema = schema_of(route.body[1], shapes)
        operation["requestBody"] = {"required": not route.body_optional, "content": {JSON: {"schema": schema}}}
    elif route.mail:
        operation["requestBody"] = {"required": True, "content": {kind: {} for kind in route.mail}}
    operation["responses"] = {
        str(answer.status): {"$ref": f"#/components/responses/{_response_name(answer.status)}"}
        if answer.hint is ErrorJson and EVERYWHERE.get(answer.status) == answer.text
        else _answer(answer, shapes)
        for answer in route.answers
    }
    return operation


def _parameter(parameter: Parameter, shapes: dict[str, Schema]) -> Schema:
    schema = schema_of(plain(parameter.hint), shapes)
    notes = dict(parameter.notes)
    told: Schema = {"name": parameter.name, "in": "path" if parameter.in_path else "query"}
    told["required"] = parameter.in_path or parameter.required
    told["description"] = notes.pop("description")
    if "example" in notes:
        told["example"] = notes.pop("example")
    if parameter.in_path or parameter.required:
        schema["minLength"] = 1
    elif parameter.default is not inspect.Parameter.empty and parameter.default not in ("", -1, []):
        schema["default"] = parameter.default
    told["schema"] = schema | {name: fact for name, fact in notes.items() if not name.startswith("x-")}
    return told


def _answer(answer: Answer, shapes: dict[str, Schema]) -> Schema:
    told: Schema = {"description": answer.text}
    if answer.hint is not None:
        told["content"] = {kind: {"schema": schema_of(answer.hint, shapes)} for kind in answer.kinds}
    elif answer.kinds:
        told["content"] = {kind: {} for kind in answer.kinds}
    return told


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
