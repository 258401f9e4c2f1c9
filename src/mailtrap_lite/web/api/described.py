"""The description of the API itself."""

from __future__ import annotations

from flask import Response, jsonify

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served

routes = Routes("description", "The description of this API.")


@routes.get("/api/v1/openapi.json", kinds=("application/json",))
def show_description(served: Served) -> Response:
    """Show the OpenAPI 3.1 document of this API.

    The page /docs/api shows the same for people.
    """
    return jsonify(served.describe())
