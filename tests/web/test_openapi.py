"""The document says what the routes are, and the routes are what the document says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any  # Any: JSON

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from mailtrap_lite.version import __version__
from mailtrap_lite.web.api.declared import EVERYWHERE
from mailtrap_lite.web.api.reference import SHARED, is_ours, page
from mailtrap_lite.web.api.routes import NOUNS, ROUTES, openapi

OPERATIONS = {
    (method.upper(), path): operation for path, item in openapi()["paths"].items() for method, operation in item.items()
}


def test_each_rule_is_in_the_document_and_each_path_is_a_rule(app: Flask) -> None:
    rules = {
        (method, re.sub(r"<(?:[a-z]+:)?([a-z]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if re.match(r"/(api|view|livez|readyz)\b", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert rules == set(OPERATIONS)


def test_the_document_is_served(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")

    assert answer.json == openapi()
    assert (openapi()["openapi"], openapi()["info"]["version"]) == ("3.1.0", __version__)


@pytest.mark.parametrize(("operation", "told"), OPERATIONS.items(), ids=[" ".join(key) for key in OPERATIONS])
def test_an_operation_is_described(operation: tuple[str, str], told: dict[str, Any]) -> None:
    in_path = {each["name"] for each in told.get("parameters", []) if each["in"] == "path"}

    assert told["summary"]
    assert in_path == set(re.findall(r"{([a-z]+)}", operation[1]))
    assert all(each["description"] for each in told.get("parameters", []))
    assert {str(status) for status in EVERYWHERE} <= set(told["responses"])
    assert {"200", "302"} & set(told["responses"])


def test_names_of_operations_differ() -> None:
    names = [told["operationId"] for told in OPERATIONS.values()]

    assert len(set(names)) == len(names) == len(ROUTES)


def test_each_shape_is_a_schema_and_each_reference_leads_to_one() -> None:
    text = str(openapi())
    schemas = openapi()["components"]["schemas"]

    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert schema["description"], name
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(schemas)
    assert set(re.findall(r"#/components/responses/(\w+)", text)) <= set(openapi()["components"]["responses"])


def test_no_list_is_ever_null() -> None:
    assert not re.search(r"'array'.{0,60}'null'", str(openapi()))


def test_the_page_shows_each_route_and_each_shape(client: FlaskClient) -> None:
    text = client.get("/docs/api").get_data(as_text=True)

    for route in ROUTES:
        assert f'id="{route.name}"' in text
        assert route.template in text
    for name in openapi()["components"]["schemas"]:
        assert f'id="shape-{name}"' in text
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(re.findall(r'id="([^"]+)"', text))
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)


def test_what_is_shared_with_the_other_api_is_there() -> None:
    assert {f"{method} {path}" for method, path in OPERATIONS} >= SHARED
    assert any(is_ours(route) for noun in NOUNS for route in noun.all)


def test_docs_api_is_up_to_date(project: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "mailtrap_lite.web.api"], capture_output=True, text=True, timeout=60, check=True
    )

    assert made.stdout == page()
    assert (project / "docs" / "api.md").read_text(encoding="utf-8") == page(), (
        "run: python -m mailtrap_lite.web.api > docs/api.md"
    )
