"""The pages of release and of the queue, without a browser: what they answer, and that a GET changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Endpoint, Settings

RELEASE = "/message/1/release"
OURS = {"Origin": "http://localhost"}


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Mail may leave to x.test, unless a test says otherwise."""
    relayed = Settings(relay=Endpoint("127.0.0.1", 9), relay_hosts=("127.0.0.1",), relay_to=("*@x.test",))
    return getattr(request, "param", relayed)


@pytest.fixture(autouse=True)
def message(deliver: Callable[..., Message]) -> Message:
    """A mail to b@x.test, of a@x.test."""
    return deliver()


def states(sandbox: Sandbox) -> list[str]:
    return [str(entry.state) for entry in sandbox.queue]


def read(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return unescape(answer.text)


@pytest.mark.parametrize(
    ("form", "recipients", "sender"),
    [
        ({"to": "b@x.test"}, ["b@x.test"], "a@x.test"),
        ({"to": ["b@x.test", "c@x.test"], "as": "keep", "sender": "left@x.test"}, ["b@x.test", "c@x.test"], "a@x.test"),
        ({"more": "c@x.test, d@x.test;e@x.test\nf@x.test"}, [f"{name}@x.test" for name in "cdef"], "a@x.test"),
        ({"to": "b@x.test", "as": "other", "sender": " qa@x.test "}, ["b@x.test"], "qa@x.test"),
        ({"to": "b@x.test", "as": "other", "sender": ""}, ["b@x.test"], ""),
    ],
)
def test_a_form_releases_what_it_says(
    client: FlaskClient, sandbox: Sandbox, form: dict[str, object], recipients: list[str], sender: str
) -> None:
    answer = client.post(RELEASE, data=form, headers=OURS)

    assert (answer.status_code, answer.location) == (303, "/queue?message=1&show=all")
    assert [entry.recipient.address for entry in sandbox.queue] == recipients
    assert {entry.sender for entry in sandbox.queue} == {sender}


@pytest.mark.parametrize(
    ("form", "status"), [({}, 400), ({"to": "nobody"}, 400), ({"to": ["b@x.test", "far@y.test"]}, 409)]
)
def test_a_form_that_cannot_be_meant_sends_nothing(
    client: FlaskClient, sandbox: Sandbox, form: dict[str, object], status: int
) -> None:
    assert client.post(RELEASE, data=form, headers=OURS).status_code == status
    assert len(sandbox.queue) == 0


@pytest.mark.parametrize(
    ("query", "says"),
    [("more=nobody", "is no address to send to"), ("more=", "Choose at least one recipient.")],
)
def test_a_preview_of_what_cannot_be_meant_is_the_form_with_the_reason(
    client: FlaskClient, query: str, says: str
) -> None:
    text = read(client, f"{RELEASE}?step=preview&{query}", 400)

    assert says in text
    assert 'name="step" value="preview"' in text


def test_a_look_at_any_page_changes_nothing(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1)
    revision = sandbox.revision

    for path in (RELEASE, f"{RELEASE}?step=preview&to=b@x.test", "/queue", "/queue?show=all&message=1", "/queue/1"):
        read(client, path)

    assert sandbox.revision == revision


def test_a_form_of_the_queue_does_what_its_button_says(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1, to=["b@x.test", "c@x.test"])
    seen = []
    for what in ("pause", "resume", "cancel", "retry"):
        answer = client.post("/queue", data={"do": what, "id": ["1"], "show": "all"}, headers=OURS)
        assert answer.location == f"/queue?show=all&did={what}&count=1"
        seen.append(states(sandbox))

    assert seen == [["paused", "waiting"], ["waiting"] * 2, ["cancelled", "waiting"], ["waiting"] * 2]


def test_a_form_without_a_choice_never_means_all(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1)

    answer = client.post("/queue", data={"do": "cancel", "id": "x"}, follow_redirects=True, headers=OURS)

    assert "Nothing was done" in answer.text
    assert states(sandbox) == ["waiting"]


def test_the_whole_queue_is_meant_only_by_name(client: FlaskClient, sandbox: Sandbox) -> None:
    client.post("/queue", data={"do": "pause", "all": "yes"}, headers=OURS)
    paused = sandbox.queue.paused
    client.post("/queue", data={"do": "resume", "all": "yes"}, headers=OURS)

    assert (paused, sandbox.queue.paused) == (True, False)


def test_a_form_of_an_entry_leads_back_to_it(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1)

    answer = client.post("/queue", data={"do": "pause", "id": "1", "entry": "1"}, headers=OURS)

    assert answer.location == "/queue/1?did=pause&count=1"
    assert "1 paused." in read(client, answer.location)


@pytest.mark.parametrize(
    ("path", "status"), [("/queue?show=lost", 400), ("/queue/9", 404), ("/queue/x", 404), ("/message/9/release", 404)]
)
def test_what_is_not_there_is_said_on_a_page(client: FlaskClient, path: str, status: int) -> None:
    assert "<h1>" in read(client, path, status)


def test_an_act_that_is_not_known_is_refused(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1)

    assert client.post("/queue", data={"do": "drop", "all": "yes"}, headers=OURS).status_code == 400
    assert states(sandbox) == ["waiting"]


def test_the_queue_has_pages(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.release(1, to=[f"{number}@x.test" for number in range(60)])

    first, second = read(client, "/queue"), read(client, "/queue?after=50")

    assert (first.count('name="id"'), second.count('name="id"')) == (50, 10)
    assert "/queue?after=50" in first


@pytest.mark.parametrize("settings", [Settings()], indirect=True, ids=["no relay"])
def test_without_a_relay_there_is_no_link_to_a_queue(client: FlaskClient) -> None:
    assert 'href="/queue"' not in read(client, "/")
    assert 'href="/queue"' not in read(client, "/sessions")
    assert "Nothing can leave this server" in read(client, RELEASE)


@pytest.mark.parametrize("path", ["/", "/sessions", "/message/1", "/queue"])
def test_with_a_relay_each_page_links_the_queue(client: FlaskClient, path: str) -> None:
    assert 'href="/queue"' in read(client, path)
