"""What keeps tests apart that share a server: whose turn it is, what came too late for another, where the doors are."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, NotRequired, TypedDict

from mailtrap_lite.sandbox.turn import Stray
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.message import EnvelopeJson, envelope
from mailtrap_lite.web.shapes.sessions import SessionJson, session

routes = Routes("isolation", "What keeps tests apart that share a server or a sandbox.")

Test = Annotated[str, "how reports call it", facts(example="test_shop.py::test_order")]


class DoorsJson(TypedDict):
    """Where mail is caught and fetched."""

    Doors: Annotated[
        dict[str, str],
        "HOST:PORT by the name of the setting: smtp, pop3, and smtps, pop3s and lmtp where they are open",
        facts(example={"smtp": "127.0.0.1:1025", "pop3": "127.0.0.1:1110"}),
    ]


class BeginJson(TypedDict):
    """The test that is served from now on."""

    Name: Test
    Pooled: NotRequired[
        Annotated[bool, "the application keeps its connections: only mail that was begun before this is a stray"]
    ]


class StrayJson(TypedDict):
    """A mail that came in one test over a connection of an earlier one."""

    BeganIn: Test
    CameIn: Test
    Raw: Annotated[str, "the mail in base64"]
    Envelope: EnvelopeJson


class StraysJson(TypedDict):
    """Those that came since the test began, oldest first."""

    Strays: list[StrayJson]


class UnderWayJson(TypedDict):
    """Sessions in the middle of a mail."""

    Sessions: list[SessionJson]


@routes.get("/api/v1/doors")
def list_doors(served: Served) -> DoorsJson:
    """List where SMTP and POP3 are served."""
    return {"Doors": dict(served.addresses())}


@routes.post("/api/v1/test")
def begin_test(served: Served, body: BeginJson) -> StraysJson:
    """Serve a test from now on: with no mail and no faults but those of the settings.

    Mail that comes over a connection that is open already is a stray: in no inbox, but listed below `strays`.
    The answer has those that came since the test before began.
    """
    before = served.sandbox.begin_test(body["Name"], pooled=body.get("Pooled", False))
    return {"Strays": [_shown(stray) for stray in before]}


@routes.get("/api/v1/underway")
def list_mail_under_way(served: Served) -> UnderWayJson:
    """List the sessions that have begun a mail which is neither delivered nor given up, but no stray."""
    return {"Sessions": [session(mail.session) for mail in served.sandbox.under_way()]}


@routes.get("/api/v1/strays")
def list_strays(served: Served) -> StraysJson:
    """List the mail that came since the test began over a connection of an earlier one."""
    return {"Strays": [_shown(stray) for stray in served.sandbox.turn.strays]}


def _shown(stray: Stray) -> StrayJson:
    return {
        "BeganIn": stray.began_in,
        "CameIn": stray.came_in,
        "Raw": b64encode(stray.message.raw).decode("ascii"),
        "Envelope": envelope(stray.message),
    }
