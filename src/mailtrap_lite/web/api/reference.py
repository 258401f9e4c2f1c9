"""docs/api.md, written from the routes as they are declared, with an example of each that a test runs."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrap_lite.web.api.declared import EVERYWHERE, Parameter, Route
from mailtrap_lite.web.api.page import type_of
from mailtrap_lite.web.api.routes import NOUNS, openapi

# What stands for a part of a path in an example.
IN_PATH = {
    "key": "latest",
    "part": "2",
    "tag": "Orders",
    "name": "bob@example.com",
    "session": "$SESSION",
    "number": "1",
    "entry": "1",
}
QUERIES = {
    "list_messages": "?limit=2",
    "search_messages": "?query=subject:order",
    "delete_search": "?query=subject:obsolete",
    "count_messages": "?query=is:unread",
    "wait_for_message": "?query=subject:order&timeout=5",
    "export_messages": "?format=zip&query=subject:order",
    "list_sessions": "?protocol=smtp",
    "preview_release": "?to=bob@example.com",
    "list_queue": "?state=unfinished",
    "plant_message": "?uid=order-1&received_at=2026-11-23T14:02:11Z",
    "import_messages": "?to=bob@example.com",
}
BODIES = {
    "set_read_status": '{"IDs": ["1"], "Read": true}',
    "delete_messages": '{"IDs": ["99"]}',
    "set_tags": '{"IDs": ["1"], "Tags": ["Orders"]}',
    "rename_tag": '{"Name": "Invoices"}',
    "send_message": (
        '{"From": {"Email": "ann@example.com"}, "To": [{"Email": "bob@example.com"}], "Subject": "Your order"}'
    ),
    "release_message": '{"To": ["bob@example.com"]}',
    "retry_queue": '{"IDs": ["1"]}',
    "cancel_queue": '{"All": true}',
    "pause_queue": '{"All": true}',
    "resume_queue": '{"All": true}',
    "restore_message": '{"Mailbox": "bob@example.com"}',
    "add_fault": '{"Fault": "RCPT bob@* 450 4.2.1 mailbox busy times=2"}',
    "set_chaos": "{}",
    "create_sandbox": '{"Name": "team-shop"}',
    "begin_test": '{"Name": "tests/test_shop.py::test_order"}',
}
WITHOUT = {
    "delete_tag": {"tag": "Invoices"},
    "show_sandbox": {"name": "team-shop"},
    "delete_sandbox": {"name": "team-shop"},
}

# Where that API is unsafe or wrong, and what is done here.
DIFFERENCES = (
    ("a list that is empty", "may be null", "is `[]`, everywhere"),
    ("errors", "plain text, mostly 400", "JSON with `Error`, and the status that says what it is"),
    ("an unknown id", "depends on the route", "404 alone; ignored where several can be named"),
    (
        "a body that is no JSON, or has a name that is not known",
        "may mean every message",
        "400, and nothing is changed",
    ),
    ("`IDs` of unknown messages only", "may mean every message", "no message"),
    ("`IDs` and `Search` together", "one of them counts", "400"),
    ("`DELETE /api/v1/search` without a query", "depends on the version", "400, and nothing is deleted"),
    ("`start`, `limit` and other numbers that are none", "count as the default", "400; an empty one is the default"),
    ("a `limit` beyond 1,000", "is taken", "counts as 1,000"),
    ("a search that cannot be understood", "finds something else", "400 with the place and the reason"),
    ("`DELETE` and `PUT` of a tag that no message has", "200", "404"),
    (
        "a part",
        "comes with the type that the mail claims",
        "an image by its first octets, or a download; never HTML or SVG",
    ),
    (
        "a thumbnail of what is no picture",
        "a blank picture",
        "415; 422 if it declares too many points; 409 without Pillow",
    ),
    (
        "`/view/{ID}.html`",
        "links to parts; with `embed` adds a script",
        "`data:` pictures under a policy that runs nothing",
    ),
    ("values with line ends in `send`", "depend on the library", "422 that names the field"),
    ("`release` where it is not allowed", "400", "409 with the reason, after the id and the addresses were checked"),
    ("`html-check`", "caniemail.com's data", "a table of our own; `URL` is empty"),
    ("`link-check`", "asks every server", "409 until `link_check` is on; `links` lists them without asking anybody"),
    ("`sa-check`", "400 if it is not enabled", "409: there is none"),
    ("`chaos`", "400 if it is not enabled", "always there; each trigger is one of `faults`, which can do more"),
    ("`LatestVersion`", "asks the network", "is this version; nobody is asked"),
    ("IDs", "random texts", "numbers as texts, which rise with each message: they are cursors"),
    ("live news", "a websocket at `/api/events`", "server-sent events at `/api/v1/events`, with a cursor"),
)


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def example(route: Route) -> str:
    """Return a command that asks it. $MAIL is where the server is."""
    path = route.template
    for name, text in {**IN_PATH, **WITHOUT.get(route.name, {})}.items():
        path = path.replace(f"{{{name}}}", text)
    words = ["curl"]
    if route.method != "GET":
        words += ["-X", route.method]
    if body := BODIES.get(route.name):
        words += ["-H", "'Content-Type: application/json'", "-d", f"'{body}'"]
    elif route.mail:
        words += ["-H", f"'Content-Type: {route.mail[0]}'", "--data-binary", "@order.eml"]
    if route.name == "follow":
        words.append("--no-buffer")
    if any(kind in {"application/zip", "image/jpeg"} for kind in route.answers[0].kinds):
        words += (
            ["--remote-name", "--remote-header-name"] if route.name == "export_messages" else ["--output", "picture"]
        )
    return " ".join([*words, f'"$MAIL{path}{QUERIES.get(route.name, "")}"'])


def _lines() -> Iterator[str]:
    yield "# The HTTP API"
    yield ""
    yield "This page is made by `python -m mailtrap_lite.web.api`."
    yield "A test fails when it is not up to date, and runs its examples."
    yield "The server shows the same at `/docs/api`, and as an OpenAPI 3.1 document at `/api/v1/openapi.json`."
    yield ""
    yield "The paths and shapes are those of Mailpit's API, so that its clients work here."
    yield "`ours` marks what is not in it."
    yield "In the examples `MAIL=http://127.0.0.1:8025`."
    yield "A password or a token, where one is set, goes with each request."
    yield ""
    yield from _noun_lines()
    yield "## Refusals"
    yield ""
    yield 'Any route may answer these, below `/api` as JSON: `{"Error": "why"}`.'
    yield ""
    yield "| status | why |"
    yield "|---|---|"
    for status, text in EVERYWHERE.items():
        yield f"| {status} | {text} |"
    yield ""
    yield "## What differs from Mailpit's API"
    yield ""
    yield "| what | there | here |"
    yield "|---|---|---|"
    for row in DIFFERENCES:
        yield f"| {' | '.join(row)} |"
    yield ""
    yield from _shapes()


def _noun_lines() -> Iterator[str]:
    for noun in NOUNS:
        yield f"## {noun.noun.capitalize()}"
        yield ""
        yield noun.text
        yield ""
        for route in noun.all:
            yield from _route(route)


def _route(route: Route) -> Iterator[str]:
    yield f"### `{route.method} {route.template}`{' ours' if is_ours(route) else ''}"
    yield ""
    yield f"{route.summary}."
    if route.description:
        yield ""
        yield route.description
    yield ""
    if route.parameters:
        yield "| value | in | what it is |"
        yield "|---|---|---|"
        yield from (_parameter(each) for each in route.parameters)
        yield ""
    if route.body is not None:
        optional = ", or none" if route.body_optional else ""
        yield f"Body: [`{route.body_name}`](#{route.body_name.lower()}) as JSON{optional}."
        yield ""
    if route.mail:
        yield f"Body: {' or '.join(f'`{kind}`' for kind in route.mail)}."
        yield ""
    for answer in route.answers:
        if EVERYWHERE.get(answer.status) != answer.text:
            kinds = f"[`{answer.shape}`](#{answer.shape.lower()})" if answer.shape else f"`{', '.join(answer.kinds)}`"
            yield f"- {answer.status}: {answer.text}{f' {kinds}' if answer.kinds else ''}"
    yield ""
    yield "```sh"
    yield example(route)
    yield "```"
    yield ""


def _parameter(each: Parameter) -> str:
    notes = each.notes
    needed = "; it must be there" if each.required and not each.in_path else ""
    return f"| `{each.name}` | {'path' if each.in_path else 'query'} | {notes['description']}{needed} |"


def _shapes() -> Iterator[str]:
    yield "## Shapes"
    for name, schema in openapi()["components"]["schemas"].items():
        yield ""
        yield f"### {name}"
        yield ""
        yield schema["description"]
        yield ""
        yield "| member | type | what it is |"
        yield "|---|---|---|"
        for member, facts in schema["properties"].items():
            optional = "" if member in schema["required"] else ", optional"
            yield f"| `{member}` | {type_of(facts)}{optional} | {facts.get('description', '')} |"


# What Mailpit's API has, by method and path.
SHARED = frozenset(
    f"{method} {path}"
    for path, methods in {
        "/api/v1/messages": "GET PUT DELETE",
        "/api/v1/message/{key}": "GET",
        "/api/v1/message/{key}/headers": "GET",
        "/api/v1/message/{key}/raw": "GET",
        "/api/v1/message/{key}/part/{part}": "GET",
        "/api/v1/message/{key}/part/{part}/thumb": "GET",
        "/api/v1/message/{key}/release": "POST",
        "/api/v1/message/{key}/html-check": "GET",
        "/api/v1/message/{key}/link-check": "GET",
        "/api/v1/message/{key}/sa-check": "GET",
        "/api/v1/search": "GET DELETE",
        "/api/v1/send": "POST",
        "/api/v1/tags": "GET PUT",
        "/api/v1/tags/{tag}": "PUT DELETE",
        "/api/v1/chaos": "GET PUT",
        "/api/v1/info": "GET",
        "/api/v1/webui": "GET",
        "/view/{key}.html": "GET",
        "/view/{key}.txt": "GET",
        "/view/{key}": "GET",
        "/livez": "GET",
        "/readyz": "GET",
    }.items()
    for method in methods.split()
)


def is_ours(route: Route) -> bool:
    """Return whether a route is not in Mailpit's API."""
    return f"{route.method} {route.template}" not in SHARED
