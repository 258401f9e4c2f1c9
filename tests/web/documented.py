"""A test client that holds each answer of the API against the OpenAPI document."""

from __future__ import annotations

import json
from functools import cache
from typing import Any  # Any: JSON, and what a test client takes

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from mailtrap_lite.web.api.routes import ROUTES, openapi

TEMPLATES = {f"api.{route.name}": (route.template, route.method.lower()) for route in ROUTES}


class DocumentedClient(FlaskClient):
    """Raises AssertionError for an answer that the document does not have."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask, and check the answer."""
        response = super().open(*args, **kwargs)
        request = response.request
        try:
            endpoint, _ = self.application.url_map.bind("localhost").match(request.path, request.method)
        except (HTTPException, RequestRedirect):
            return response
        if endpoint in TEMPLATES and request.method != "OPTIONS":
            _check(response, *TEMPLATES[endpoint], has_body=request.method != "HEAD")
        return response


def _check(response: TestResponse, template: str, method: str, *, has_body: bool) -> None:
    where = f"{method} {template} {response.status_code}"
    told = openapi()["paths"][template][method]["responses"].get(str(response.status_code))
    assert told is not None, f"{where} is not in the document"
    if "$ref" in told:
        told = openapi()["components"]["responses"][told["$ref"].rpartition("/")[2]]
    kinds = told.get("content", {})
    if not kinds:
        return
    assert response.mimetype in kinds, f"{where}: {response.mimetype} is not one of {list(kinds)}"
    if has_body and response.mimetype == "application/json" and "schema" in kinds["application/json"]:
        problems = validator(kinds["application/json"]["schema"]).iter_errors(response.get_json())
        assert [f"{where}: {problem.json_path}: {problem.message}" for problem in problems] == []


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return what checks JSON against a schema of the document."""
    return Draft202012Validator(
        json.loads(json.dumps(schema).replace('"#/components/', '"urn:api#/components/')),
        registry=_registry(),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    registry: Registry[Any] = empty.with_resource("urn:api", DRAFT202012.create_resource(openapi()))
    return registry
