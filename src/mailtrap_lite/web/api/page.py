"""The page /docs/api: the description of the API for people, without a script."""

from __future__ import annotations

from typing import Any  # Any: a JSON Schema

from flask import Blueprint, Response, render_template

from mailtrap_lite.version import __version__
from mailtrap_lite.web.api.declared import EVERYWHERE
from mailtrap_lite.web.api.routes import NOUNS, openapi
from mailtrap_lite.web.schema import Schema


def reference() -> Blueprint:
    """Return the route of the page."""
    pages = Blueprint("reference", __name__)
    pages.add_app_template_filter(type_of)

    @pages.get("/docs/api")
    def page() -> Response:
        text = render_template(
            "reference.html",
            version=__version__,
            nouns=NOUNS,
            everywhere=set(EVERYWHERE.values()),
            refusals=EVERYWHERE,
            schemas=openapi()["components"]["schemas"],
        )
        return Response(text, content_type="text/html; charset=utf-8")

    return pages


def type_of(schema: Schema) -> str:
    """Return a JSON Schema in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(f'"{word}"' for word in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(type_of, schema["anyOf"]))
    kind: Any = schema.get("type", "anything")
    if kind == "array":
        return f"list of {type_of(schema['items'])}"
    if kind == "object":
        return f"object of {type_of(schema['additionalProperties'])}"
    return f"{kind}, {schema['format']}" if "format" in schema else str(kind)
