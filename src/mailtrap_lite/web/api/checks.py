"""What can be objected to in a message."""

from __future__ import annotations

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find
from mailtrap_lite.web.shapes.checks import LintJson, lint

routes = Routes("checks", "What can be objected to in a message.")


@routes.get("/api/v1/message/<key>/lint", refuses=NO_MESSAGE)
def show_lint(served: Served, key: Key) -> LintJson:
    """Show what a strict receiver or a reader of the RFCs objects to."""
    return lint(find(served.sandbox, key).lint)
