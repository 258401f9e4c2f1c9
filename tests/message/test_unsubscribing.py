"""Unsubscribing with one click (RFC 8058), as a test checks it and does it."""

from __future__ import annotations

import flask
import pytest

from mailtrap_lite import Envelope, Message, NotOne, NotOneClick

POST = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
SIGNED = "DKIM-Signature: v=1; h=from:list-unsubscribe:list-unsubscribe-post; d=x.test\r\n"


def message(header: str) -> Message:
    return Message(2, Envelope.of("a@x.test", ["b@x.test"]), f"{header}\r\nhi\r\n".encode(), 1.0)


@pytest.mark.parametrize(
    ("header", "url", "mailto"),
    [
        pytest.param(f"List-Unsubscribe: <https://x.test/u?t=1>\r\n{POST}", "https://x.test/u?t=1", "", id="https"),
        pytest.param(
            f"List-Unsubscribe: <mailto:u@x.test>, <https://x.test/u>\r\n{POST}{SIGNED}",
            "https://x.test/u",
            "mailto:u@x.test",
            id="both, and signed",
        ),
        pytest.param(
            f"List-Unsubscribe: <http://127.0.0.1:8000/u>\r\n{POST}", "http://127.0.0.1:8000/u", "", id="loopback"
        ),
        pytest.param(f"List-Unsubscribe: <http://localhost/u>\r\n{POST}", "http://localhost/u", "", id="localhost"),
    ],
)
def test_a_mail_that_is_as_the_rfc_says_gives_its_addresses(header: str, url: str, mailto: str) -> None:
    target = message(header).unsubscribe(one_click=True)

    assert (target.url, target.mailto, target.one_click, str(target)) == (url, mailto, True, url)


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        pytest.param("", "there is no List-Unsubscribe field", id="nothing"),
        pytest.param("List-Unsubscribe: <https://x.test/u>\r\n", "List-Unsubscribe-Post is not", id="no Post field"),
        pytest.param(f"List-Unsubscribe: <http://x.test/u>\r\n{POST}", "has no https address", id="http"),
        pytest.param(f"List-Unsubscribe: <http://localhost.x.test/u>\r\n{POST}", "has no https", id="not loopback"),
        pytest.param(f"List-Unsubscribe: <mailto:u@x.test>\r\n{POST}", "has no https address", id="mailto alone"),
        pytest.param(f"List-Unsubscribe: https://x.test/u\r\n{POST}", "no address in angle brackets", id="no brackets"),
        pytest.param(
            "List-Unsubscribe: <https://x.test/u>\r\nList-Unsubscribe-Post: One-Click\r\n",
            "List-Unsubscribe-Post is not List-Unsubscribe=One-Click",
            id="other words",
        ),
        pytest.param(
            f"List-Unsubscribe: <https://x.test/u>\r\n{POST}DKIM-Signature: v=1; h=from:list-unsubscribe\r\n",
            "the DKIM signature does not cover both",
            id="not covered",
        ),
    ],
)
def test_what_the_rfc_misses_is_listed(header: str, wrong: str) -> None:
    with pytest.raises(NotOneClick) as caught:
        message(header).unsubscribe(one_click=True)

    assert str(caught.value).startswith("message 2 cannot be unsubscribed from with one click:\n  ")
    assert wrong in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def test_without_one_click_any_address_will_do() -> None:
    target = message("List-Unsubscribe: <mailto:u@x.test?subject=out>\r\n").unsubscribe()

    assert (target.url, target.mailto, target.one_click) == ("", "mailto:u@x.test?subject=out", False)
    with pytest.raises(NotOneClick):
        target.post(flask.Flask("none").test_client())


def test_no_address_and_several_are_a_failure() -> None:
    with pytest.raises(NotOne, match="says nowhere how to unsubscribe: there is no List-Unsubscribe field"):
        message("").unsubscribe()
    with pytest.raises(NotOne, match=r"2 addresses to unsubscribe, where one was expected:\n  'https://x\.test/1'"):
        message("List-Unsubscribe: <https://x.test/1>, <https://x.test/2>\r\n").unsubscribe()


def test_the_test_client_of_the_application_gets_the_form_of_the_rfc() -> None:
    app = flask.Flask("app")
    seen: list[tuple[str, bytes]] = []

    @app.post("/u/<token>")
    def unsubscribe(token: str) -> str:
        seen.append((token, flask.request.get_data()))
        return "gone"

    target = message(f"List-Unsubscribe: <https://x.test/u/t1>\r\n{POST}").unsubscribe(one_click=True)
    answer = target.post(app.test_client())

    assert answer.text == "gone"
    assert seen == [("t1", b"List-Unsubscribe=One-Click")]
