"""What can be objected to in a message: lint, mail programs, links, spam."""

from __future__ import annotations

from typing import Annotated, Literal

from werkzeug.exceptions import Conflict

from mailtrap_lite.checks import check_html, links_of
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import NO_MESSAGE, Key, Served, find
from mailtrap_lite.web.linkcheck import asked_of
from mailtrap_lite.web.shapes import checks as shapes
from mailtrap_lite.web.shapes.checks import (
    HTMLCheckResponseJson,
    LinkCheckResponseJson,
    LinksJson,
    LintJson,
    SpamAssassinResponseJson,
)

routes = Routes("checks", "What can be objected to in a message.")


@routes.get("/api/v1/message/<key>/lint", refuses=NO_MESSAGE)
def show_lint(served: Served, key: Key) -> LintJson:
    """Show what a strict receiver or a reader of the RFCs objects to."""
    return shapes.lint(find(served.sandbox, key).lint)


@routes.get("/api/v1/message/<key>/html-check", refuses=NO_MESSAGE)
def check_html_of_message(served: Served, key: Key) -> HTMLCheckResponseJson:
    """Show what mail programs make of the HTML.

    By a table of our own with some fifty features that are often used and often fail; a mail without HTML has no
    warnings. It is a hint, and no test in any program.
    """
    return shapes.html_check(check_html(find(served.sandbox, key).content.html))


@routes.get("/api/v1/message/<key>/links", refuses=NO_MESSAGE)
def list_links(served: Served, key: Key) -> LinksJson:
    """List the web addresses in the HTML and the text, each once; nobody is asked anything."""
    return {"Links": list(links_of(find(served.sandbox, key).content))}


@routes.get(
    "/api/v1/message/<key>/link-check",
    refuses={**NO_MESSAGE, 409: "Asking is off: the setting link_check."},
)
def check_links(
    served: Served,
    key: Key,
    follow: Annotated[Literal["", "true", "false"], "true: follow redirects, up to five"] = "",
) -> LinkCheckResponseJson:
    """Ask the servers of the links what is there.

    Only if the setting `link_check` is on, and only public addresses. HEAD, and GET where that does not work;
    a link that nobody answered for has the status 0. At most a hundred links are asked for, within 30 seconds.
    """
    message = find(served.sandbox, key)
    if not served.sandbox.settings.link_check:
        raise Conflict(
            "nobody is asked while link_check is off; start the server with --link-check "
            "(MAILTRAP_LITE_LINK_CHECK). /links lists the links without asking anybody"
        )
    with served.one_more_waits():
        return shapes.link_check(asked_of(served.outbound, links_of(message.content), follow=follow == "true"))


@routes.get("/api/v1/message/<key>/sa-check", refuses={**NO_MESSAGE, 409: "There is no SpamAssassin here."})
def check_spam(served: Served, key: Key) -> SpamAssassinResponseJson:
    """Ask SpamAssassin, which is never there: this server has none."""
    find(served.sandbox, key)
    raise Conflict("there is no SpamAssassin here; lint says what a strict receiver objects to")
