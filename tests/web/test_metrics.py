"""Figures for Prometheus: they parse, they rise with what happens, and their series are few and known."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.accounts import EVERYTHING
from mailtrap_lite.message import Ending, Message, Protocol
from mailtrap_lite.message.notices import Event
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.sandbox.tally import Counted
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app
from mailtrap_lite.web.metrics import METRICS

TOKEN = "0123456789abcdef"
SERIES = re.compile(r"(mailtrap_lite_[a-z_]+(?:\{[^}]*\})?) ([0-9]+)")


def figures(client: FlaskClient) -> dict[str, int]:
    """Return each series and its value."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    found = [SERIES.fullmatch(line) for line in lines]
    return {match[1]: int(match[2]) for match in found if match is not None}


def test_prometheus_reads_it(client: FlaskClient) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="pip install prometheus-client")
    answer = client.get("/metrics")

    families = list(parser.text_string_to_metric_families(answer.text))

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    # The parser takes _total off the name of a counter.
    assert [(f.name, f.type, f.documentation) for f in families] == [
        (metric.name.removesuffix("_total"), metric.kind, metric.text) for metric in METRICS
    ]
    assert sum(len(family.samples) for family in families) == sum(len(metric.series) for metric in METRICS)


def test_names_and_labels_are_as_prometheus_has_them() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"mailtrap_lite_[a-z]+(_[a-z]+)*", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert all(re.fullmatch(r"[a-z]+", label) for label, _ in metric.labels)
        assert len(metric.series) <= 30
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_before_anything_happens_each_series_is_there(client: FlaskClient) -> None:
    found = figures(client)

    assert len(found) == sum(len(metric.series) for metric in METRICS)
    assert set(found.values()) == {0}


def test_mail_that_comes_is_fetched_and_goes_is_counted(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    first, second, third = deliver(), deliver(), deliver(to="c@x.test")
    maildrop = sandbox.open_maildrop("b@x.test")
    maildrop.update(fetched=[1, 2], deleted=[1])
    maildrop.close()
    sandbox.delete([second.id])

    found = figures(client)

    assert found['mailtrap_lite_messages_accepted_total{origin="planted"}'] == 3
    assert found["mailtrap_lite_messages"] == 2
    assert found["mailtrap_lite_store_bytes"] == len(first.raw) + len(third.raw)
    assert found["mailtrap_lite_messages_fetched_total"] == 2
    assert found['mailtrap_lite_messages_deleted_total{by="pop3"}'] == 1
    assert found['mailtrap_lite_messages_deleted_total{by="inspector"}'] == 1
    sandbox.clear()
    assert figures(client)['mailtrap_lite_messages_deleted_total{by="inspector"}'] == 3


def test_sessions_are_counted_by_how_they_ended(client: FlaskClient, sandbox: Sandbox) -> None:
    recorder = sandbox.begin_session(Protocol.POP3, client="127.0.0.1:1")
    open_ = figures(client)

    sandbox.end_session(recorder, Ending.QUIT)
    sandbox.end_session(recorder, Ending.LEFT)  # only the first call counts

    ended = figures(client)
    assert open_['mailtrap_lite_connections{protocol="pop3"}'] == 1
    assert ended['mailtrap_lite_connections{protocol="pop3"}'] == 0
    assert ended['mailtrap_lite_sessions_total{protocol="pop3",ending="quit"}'] == 1
    assert ended['mailtrap_lite_sessions_total{protocol="pop3",ending="left"}'] == 0


def test_a_sandbox_that_ends_takes_no_counter_down(sandbox: Sandbox) -> None:
    sandboxes = Sandboxes(sandbox)
    client = create_app(sandbox, settings=Settings(), sandboxes=sandboxes).test_client()
    with sandboxes.temporary("team") as team:
        team.deliver(b"Subject: x\r\n\r\n", to="b@x.test")
        team.mailbox(EVERYTHING)
        during = figures(client)
        elsewhere = client.get("/sandboxes/team/metrics")

    after = figures(client)

    accepted = 'mailtrap_lite_messages_accepted_total{origin="planted"}'
    assert (during[accepted], during["mailtrap_lite_messages"], during["mailtrap_lite_sandboxes"]) == (1, 1, 1)
    assert (after[accepted], after["mailtrap_lite_messages"], after["mailtrap_lite_sandboxes"]) == (1, 0, 0)
    assert elsewhere.status_code == 404


def test_webhooks_and_what_moves_on_are_counted(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.webhooks.count(Event.FETCHED, delivered=True)
    sandbox.tally.add(Counted.RELAYED)

    found = figures(client)

    assert found['mailtrap_lite_webhook_deliveries_total{event="fetched",result="delivered"}'] == 1
    assert found["mailtrap_lite_recipients_relayed_total"] == 1
    assert found['mailtrap_lite_queue_entries{state="in flight"}'] == 0


def test_who_scrapes_needs_the_secret(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings(web_token=TOKEN)).test_client()
    prometheus = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}

    without = client.get("/metrics", headers=prometheus)
    with_it = client.get("/metrics", headers={**prometheus, "Authorization": f"Bearer {TOKEN}"})

    assert (without.status_code, with_it.status_code) == (401, 200)
    assert "mailtrap_lite_" not in without.text


def test_the_page_names_each_figure_and_no_other(project: Path) -> None:
    page = (project / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label, _ in metric.labels)} | {metric.text} |"
        for metric in METRICS
    ]

    assert [line for line in page.splitlines() if line.startswith("| `mailtrap_lite_")] == rows
