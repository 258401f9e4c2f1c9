"""What this program is, what it can do, and whether it lives."""

from __future__ import annotations

import sys
from typing import Literal

from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.shapes import about as shapes
from mailtrap_lite.web.shapes.about import AppInformationJson, WebUIConfigurationJson

routes = Routes("about", "What this program is, what it can do, and whether it lives.")


@routes.get("/api/v1/info")
def show_information(served: Served) -> AppInformationJson:
    """Show the version and the totals."""
    sandbox = served.sandbox
    counts = sandbox.counts()
    accepted = sandbox.last_id - served.first_id
    return shapes.information(
        counts,
        tags=sandbox.known_tags(),
        store=sandbox.settings.store,
        memory=_memory(),
        accepted=accepted,
        deleted=max(0, served.first_total + accepted - counts.total),
        uptime=max(0, int(sandbox.clock() - served.began)),
    )


@routes.get("/api/v1/webui")
def show_configuration(served: Served) -> WebUIConfigurationJson:
    """Show what a page may offer."""
    return shapes.configuration(served.sandbox.policy)


@routes.get("/livez")
def is_alive(served: Served) -> Literal["ok"]:
    """Say that the server lives."""
    served.sandbox.counts()  # raises what the store would answer to a reader
    return "ok"


@routes.get("/readyz")
def is_ready(served: Served) -> Literal["ok"]:
    """Say that the server is ready."""
    return is_alive(served)


def _memory() -> int:
    """Return the octets of memory that this process had at most; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource  # only where it exists

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
