"""Sandboxes: which there are, one more, and one less. They are made at the server's own API, not inside of one."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from flask import request
from werkzeug.exceptions import NotFound

from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.sandbox.sandboxes import domain_of
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.guard import path_of
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.messages import timestamp

routes = Routes("sandboxes", "Sandboxes: mail, faults and sessions of one test or team, in one server for many.")

Name = Annotated[str, "the name of a sandbox", facts(example="sandbox-0123456789abcdef")]
NO_SANDBOX = {404: "No sandbox has that name, or this is the API of a sandbox.", 410: "It was deleted."}
ONLY_HERE = {404: "This is the API of a sandbox; the server's own has them."}


class SandboxJson(TypedDict):
    """A sandbox, and how to reach it."""

    Name: Name
    URL: Annotated[str, "its pages; its API is below, as this one is below the server's", facts(format="uri")]
    User: Annotated[str, "who logs in with it to SMTP or POP3 is there; also with + and any user name behind it"]
    Domain: Annotated[str, "mail to an address of it comes here without a login"]
    Store: Annotated[str, "where its mail is: memory, also if the server's own is in a file", facts(example="memory")]
    Messages: Annotated[int, "how many it has"]
    Sessions: Annotated[int, "how many SMTP and POP3 sessions are open in it"]
    Used: Annotated[str, "when somebody used it last", facts(format="date-time")]
    Idle: Annotated[float, "seconds without use after which it is deleted"]


class SandboxesJson(TypedDict):
    """All that have a name, in the order in which they were made."""

    Sandboxes: list[SandboxJson]
    Most: Annotated[int, "how many there can be; 0 is no limit"]


class NewSandboxJson(TypedDict):
    """One more."""

    Name: NotRequired[
        Annotated[
            str,
            "letters, digits and inner hyphens, 63 at most; without one it gets a name that nobody guesses",
            facts(example="team-shop"),
        ]
    ]


class DeletedSandboxJson(TypedDict):
    """What is gone."""

    Name: Name
    Messages: Annotated[int, "how many it had"]


@routes.get("/api/v1/sandboxes", refuses=ONLY_HERE)
def list_sandboxes(served: Served) -> SandboxesJson:
    """List the sandboxes of this server, without the one that is always there."""
    sandboxes = _many(served)
    return {"Sandboxes": [_shown(sandboxes, each) for each in sandboxes], "Most": sandboxes.settings.sandboxes}


@routes.post("/api/v1/sandboxes", refuses={**ONLY_HERE, 409: "There is one of that name."})
def create_sandbox(served: Served, body: NewSandboxJson) -> SandboxJson:
    """Make a sandbox.

    Its mail is kept in memory, also if that of the server itself is in a file: it is gone when the server stops.
    """
    sandboxes = _many(served)
    return _shown(sandboxes, sandboxes.create(body.get("Name") or None))


@routes.get("/api/v1/sandboxes/<name>", refuses=NO_SANDBOX)
def show_sandbox(served: Served, name: Name) -> SandboxJson:
    """Show one sandbox, which counts as its use."""
    sandboxes = _many(served)
    return _shown(sandboxes, sandboxes.find(name))


@routes.delete("/api/v1/sandboxes/<name>", refuses=NO_SANDBOX)
def delete_sandbox(served: Served, name: Name) -> DeletedSandboxJson:
    """Delete a sandbox and all that is in it.

    Who waits for mail there is answered with 410, sessions are cut off, and logins to it are refused from now on.
    """
    return {"Name": name.lower(), "Messages": _many(served).delete(name)}


def _many(served: Served) -> Sandboxes:
    if served.sandbox.name:
        raise NotFound("This is the API of a sandbox; the server's own has them.")
    return served.sandboxes


def _shown(sandboxes: Sandboxes, sandbox: Sandbox) -> SandboxJson:
    return {
        "Name": sandbox.name,
        "URL": request.url_root.rstrip("/") + path_of(sandbox.name),
        "User": sandbox.name,
        "Domain": domain_of(sandbox),
        "Store": "memory",
        "Messages": sandbox.counts().total,
        "Sessions": len(sandbox.open_sessions),
        "Used": timestamp(sandboxes.used(sandbox)),
        "Idle": sandboxes.settings.sandbox_idle,
    }
