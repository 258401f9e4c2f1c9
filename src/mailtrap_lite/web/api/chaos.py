"""Chaos: how likely SMTP answers with an error on purpose, in the shape of Mailpit's API."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from werkzeug.exceptions import BadRequest

from mailtrap_lite.errors import BadFault
from mailtrap_lite.sandbox.chaos import Trigger, set_triggers, triggers
from mailtrap_lite.web.api.declared import Routes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.schema import facts

routes = Routes("chaos", "Errors on purpose.")


class ChaosTriggerJson(TypedDict):
    """How likely which error is."""

    ErrorCode: Annotated[int, "from 400 to 599", facts(minimum=400, maximum=599)]
    Probability: Annotated[int, "in a hundred", facts(minimum=0, maximum=100)]


class ChaosTriggersJson(TypedDict):
    """Each stage at which it can happen."""

    Sender: NotRequired[ChaosTriggerJson]
    Recipient: NotRequired[ChaosTriggerJson]
    Authentication: NotRequired[ChaosTriggerJson]


@routes.get("/api/v1/chaos")
def show_chaos(served: Served) -> ChaosTriggersJson:
    """Show how likely each error is; a probability of 0 is never."""
    return _shown(served)


@routes.put("/api/v1/chaos")
def set_chaos(served: Served, body: ChaosTriggersJson) -> ChaosTriggersJson:
    """Set how likely each error is; what is left out is set to never.

    Each is a fault as `/api/v1/faults` lists them, and goes when that is removed.
    """
    given = {
        "Sender": body.get("Sender"),
        "Recipient": body.get("Recipient"),
        "Authentication": body.get("Authentication"),
    }
    wanted = {name: _trigger(name, each) for name, each in given.items() if each}
    set_triggers(served.sandbox.faults, wanted)
    return _shown(served)


def _trigger(name: str, given: ChaosTriggerJson) -> Trigger:
    try:
        return Trigger(given["ErrorCode"], given["Probability"])
    except BadFault as err:
        raise BadRequest(f"{name}.{err}") from err


def _shown(served: Served) -> ChaosTriggersJson:
    found: dict[str, ChaosTriggerJson] = {
        name: {"ErrorCode": each.code, "Probability": each.probability}
        for name, each in triggers(served.sandbox.faults).items()
    }
    return {
        "Sender": found["Sender"],
        "Recipient": found["Recipient"],
        "Authentication": found["Authentication"],
    }
