"""A message for eyes and for browser tests: its HTML, its text, and the page of it."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.web import bodies
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find
from mailtrap_lite.web.view import Scheme

routes = Routes("view", "A message for eyes, and for tests that look at it in a browser.")

Switch = Literal["", "0", "1"]
Colours = Literal["", "light", "dark", "forced"]


@routes.get("/view/<key>.html", kinds=("text/html",), refuses={404: "No message has that id, or it has no HTML."})
def view_html(
    served: Served,
    key: Key,
    embed: Annotated[Switch, "1: links open in a new window, for use in a frame"] = "",
    remote: Annotated[Switch, "1: load remote pictures, styles and fonts, if our own page or a person asks"] = "",
    scheme: Annotated[Colours, "the colours to show it in: dark as the mail has them, or forced upon it"] = "",
) -> Response:
    """Show the HTML of a message under a policy that runs no script and loads nothing remote.

    Pictures that the mail carries are put in as `data:` addresses.
    """
    message = find(served.sandbox, key)
    if not message.content.html:
        raise NotFound(f"the message {message.id} has no HTML part")
    # A link in a mail must not load the mail's remote content: only our own page, or a person, can ask for it.
    ours = request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}
    colours = Scheme(scheme) if scheme else None
    return bodies.html(message, embed=embed == "1", remote=remote == "1" and ours, scheme=colours)


@routes.get("/view/<key>.txt", kinds=("text/plain",), refuses=NO_MESSAGE)
def view_text(served: Served, key: Key) -> Response:
    """Show the text of a message."""
    return bodies.text(find(served.sandbox, key))


@routes.get("/view/<key>", also={302: ("To the page of the message.", None)}, refuses=NO_MESSAGE)
def view_page(served: Served, key: Key) -> BaseResponse:
    """Go to the page of a message in the inspector."""
    return redirect(url_for("pages.message", key=find(served.sandbox, key).id))
