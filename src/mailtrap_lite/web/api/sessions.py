"""Sessions: conversations over SMTP and POP3."""

from __future__ import annotations

from typing import Annotated, Literal

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Limit, Served, Start
from mailtrap_lite.web.sessions import Wanted, newest_first
from mailtrap_lite.web.shapes import sessions as shapes
from mailtrap_lite.web.shapes.sessions import SessionJson, SessionsJson

routes = Routes("sessions", "Conversations over SMTP and POP3, with all that was said.")


@routes.get("/api/v1/sessions")
def list_sessions(
    served: Served,
    start: Start = 0,
    limit: Limit = 50,
    protocol: Annotated[Literal["", "smtp", "lmtp", "pop3"], "only of this protocol"] = "",
    delivered: Annotated[Literal["", "yes", "no"], "only those that delivered a message, or none"] = "",
) -> SessionsJson:
    """List sessions, newest first."""
    found = newest_first(served.sandbox.sessions, Wanted.of(protocol, delivered))
    return shapes.session_listing(found[start : start + limit], total=len(found), start=start)


@routes.get("/api/v1/session/<session>", refuses={404: "No session has that id, or it was forgotten."})
def show_session(served: Served, session: Annotated[str, "the id of a session"]) -> SessionJson:
    """Show a session with every line of it; passwords were never kept."""
    return shapes.session(served.sandbox.session(session))
