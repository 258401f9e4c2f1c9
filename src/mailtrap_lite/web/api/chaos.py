"""Chaos: how likely SMTP answers with an error on purpose, in the shape of Mailpit's API."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from werkzeug.exceptions import BadRequest, Conflict

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
    """Show how likely each error is: not at all."""
    return _never()


@routes.put("/api/v1/chaos", refuses={409: "Errors on purpose are not offered by this version."})
def set_chaos(served: Served, body: ChaosTriggersJson) -> ChaosTriggersJson:
    """Set how likely each error is; what is left out is set to never.

    This version makes no errors, so only probabilities of 0 can be set.
    """
    given = {
        "Sender": body.get("Sender"),
        "Recipient": body.get("Recipient"),
        "Authentication": body.get("Authentication"),
    }
    for name, trigger in given.items():
        if trigger and not 400 <= trigger["ErrorCode"] <= 599:
            raise BadRequest(f"{name}.ErrorCode: {trigger['ErrorCode']} is not from 400 to 599")
        if trigger and not 0 <= trigger["Probability"] <= 100:
            raise BadRequest(f"{name}.Probability: {trigger['Probability']} is not from 0 to 100")
    if any(trigger and trigger["Probability"] for trigger in given.values()):
        raise Conflict("this version makes no errors on purpose; nothing was changed")
    return _never()


def _never() -> ChaosTriggersJson:
    never: ChaosTriggerJson = {"ErrorCode": 451, "Probability": 0}
    return {"Sender": never, "Recipient": never, "Authentication": never}
