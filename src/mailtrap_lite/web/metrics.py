"""Figures for Prometheus at /metrics, in its text format (version 0.0.4): of the whole server, whatever the sandbox.

Each series is known beforehand, so there are never more of them than this table makes: no label holds an address, an id
or the name of a sandbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from flask import Blueprint, Response, abort, request

from mailtrap_lite.faults import Stage
from mailtrap_lite.message import Ending, Origin, Protocol
from mailtrap_lite.message.notices import Event
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.sandbox.tally import Counted
from mailtrap_lite.web.guard import SANDBOX
from mailtrap_lite.web.rooms import Rooms

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]
Values = Mapping[Labels, int]
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure. labels: their names and the values that each can have. read: returns what it is now."""

    name: str
    kind: str
    text: str
    read: Callable[[Sandboxes], Values]
    labels: tuple[tuple[str, Labels], ...] = ()

    @property
    def series(self) -> list[Labels]:
        """The values of the labels of each series."""
        return list(product(*(values for _, values in self.labels)))

    def lines(self, sandboxes: Sandboxes) -> Iterable[str]:
        """Return what it is now, as Prometheus reads it."""
        values = self.read(sandboxes)
        yield f"# HELP {self.name} {self.text}"
        yield f"# TYPE {self.name} {self.kind}"
        for series in self.series:
            pairs = ",".join(f'{name}="{value}"' for (name, _), value in zip(self.labels, series, strict=True))
            yield f"{self.name}{{{pairs}}} {values.get(series, 0)}" if pairs else f"{self.name} {values.get((), 0)}"


def _counter(name: str, what: Counted, text: str, **labels: Iterable[str]) -> Metric:
    known = tuple((label, tuple(map(str, values))) for label, values in labels.items())
    return Metric(f"mailtrap_lite_{name}_total", "counter", text, lambda all_: all_.default.tally.of(what), known)


def _gauge(name: str, text: str, read: Callable[[Sandbox], Values], **labels: Iterable[str]) -> Metric:
    known = tuple((label, tuple(map(str, values))) for label, values in labels.items())
    return Metric(f"mailtrap_lite_{name}", "gauge", text, lambda all_: _summed(all_, read), known)


def _summed(sandboxes: Sandboxes, read: Callable[[Sandbox], Values]) -> Values:
    total: Counter[Labels] = Counter()
    for sandbox in (sandboxes.default, *sandboxes):
        total.update(read(sandbox))
    return total


def _by_name(values: Mapping[Name, int]) -> Values:
    return {(str(name),): value for name, value in values.items()}


METRICS: tuple[Metric, ...] = (
    _counter(
        "messages_accepted",
        Counted.ACCEPTED,
        "Messages that came in, over SMTP and LMTP or planted, since the start.",
        origin=Origin,
    ),
    _gauge("messages", "Messages in the store.", lambda sandbox: {(): sandbox.counts().total}),
    _gauge("store_bytes", "Octets of the messages in the store.", lambda sandbox: {(): sandbox.counts().octets}),
    _counter("messages_fetched", Counted.FETCHED, "Messages that POP3 clients fetched whole, by session."),
    _counter(
        "messages_deleted",
        Counted.DELETED,
        "Messages that POP3 clients deleted, that expired there, or that the inspector deleted; not what the "
        "retention dropped.",
        by=("pop3", "expire", "inspector"),
    ),
    _counter("messages_released", Counted.RELEASED, "Releases of a message by a person."),
    _counter("recipients_relayed", Counted.RELAYED, "Recipients whose mail the next server took."),
    _counter("recipients_bounced", Counted.BOUNCED, "Recipients whose mail was given up on its way out."),
    _counter(
        "sessions",
        Counted.SESSIONS,
        "Sessions that ended, by how they did.",
        protocol=Protocol,
        ending=[ending for ending in Ending if ending is not Ending.OPEN],
    ),
    _gauge(
        "connections",
        "Sessions that go on now.",
        lambda sandbox: _by_name(sandbox.open_connections()),
        protocol=Protocol,
    ),
    _counter("faults", Counted.FAULTS, "Faults on purpose that happened, by their stage.", stage=Stage),
    _gauge(
        "queue_entries",
        "Recipients of mail on its way out, by how far it came.",
        lambda sandbox: _by_name(sandbox.queue.counts()),
        state=QueueState,
    ),
    _gauge(
        "webhook_notices",
        "What there is to tell webhook_url; of what was told, the last thousand of each sandbox.",
        lambda sandbox: _by_name(sandbox.webhooks.counts()),
        state=[state for state in QueueState if state not in (QueueState.IN_FLIGHT, QueueState.PAUSED)],
    ),
    _counter(
        "webhook_deliveries",
        Counted.TELLINGS,
        "Requests to webhook_url, by whether it took them.",
        event=Event,
        result=("delivered", "failed"),
    ),
    Metric(
        "mailtrap_lite_sandboxes",
        "gauge",
        "Sandboxes beside the one that is always there.",
        lambda sandboxes: {(): len(sandboxes)},
    ),
)


def metrics(here: Rooms) -> Blueprint:
    """Return the route."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        if request.environ.get(SANDBOX):
            abort(404, "The figures are of the whole server; /metrics has them.")
        lines = [line for metric in METRICS for line in metric.lines(here.sandboxes)]
        return Response("\n".join(lines) + "\n", content_type=CONTENT_TYPE)

    return routes
