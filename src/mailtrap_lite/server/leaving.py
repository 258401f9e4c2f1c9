"""What a server starts so that mail, and news of it, may leave: nothing, unless the settings say so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from mailtrap_lite.server.relays import Relays
    from mailtrap_lite.server.webhooks import Tellers
    from mailtrap_lite.store import Store
    from mailtrap_lite.webhook import Receiver


def receiver_of(settings: Settings, pages: Callable[[], str]) -> Receiver | None:
    """Return who is told of what happens, None for nobody; raises BadSetting. pages: returns their URL."""
    if settings.webhook_url is None:
        return None
    from mailtrap_lite.webhook import Receiver  # most servers tell nobody

    return Receiver.of(settings, base=pages)


def tellers_of(sandboxes: Sandboxes, receiver: Receiver | None, undo: ExitStack) -> Tellers | None:
    """Return what tells others of mail, at work; None if nobody is told. Before anything happens that is to be told."""
    if receiver is None:
        return None
    from mailtrap_lite.server.webhooks import Tellers  # most servers tell nobody

    tellers = Tellers(sandboxes, receiver)
    undo.callback(tellers.stop)
    tellers.start()
    return tellers


def relays_of(sandboxes: Sandboxes, undo: ExitStack) -> Relays | None:
    """Return what sends mail on, at work; None if nothing may leave."""
    if sandboxes.default.policy is None:
        sandboxes.default.sent_on_by(_put_back)
        return None
    from mailtrap_lite.server.relays import Relays  # most servers send nothing on

    relays = Relays(sandboxes, sandboxes.default.policy)
    undo.callback(relays.stop)
    relays.start()
    return relays


def _put_back(sandbox: Sandbox, store: Store) -> None:
    """Put back what a killed process had in flight, though nobody sends it now: else nobody could cancel it."""
    if store.queued(states=[QueueState.IN_FLIGHT], limit=1):
        store.recover()
