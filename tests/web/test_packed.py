"""What is packed, for whom, and that it is the same when it is unpacked."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/", "/static/base.css", "/static/list.js", "/static/icons.svg"])
def test_pages_and_files_are_packed_for_those_who_take_it(client: FlaskClient, path: str) -> None:
    plain, packed = client.get(path, buffered=True), client.get(path, headers=GZIP, buffered=True)

    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 1.5
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accept", ["", "br", "gzip;q=0", "identity"])
def test_others_get_it_as_it_is(client: FlaskClient, accept: str) -> None:
    assert "Content-Encoding" not in client.get("/", headers={"Accept-Encoding": accept}).headers


@pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/message/1/raw", "/api/v1/message/1/part/1", "/livez"])
def test_mail_and_the_api_are_left_alone(client: FlaskClient, rich: Message, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers=GZIP, buffered=True).headers


def test_a_file_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get("/static/base.css", headers=GZIP, buffered=True).headers["ETag"]

    again = client.get("/static/base.css", headers={**GZIP, "If-None-Match": etag}, buffered=True)

    assert (again.status_code, again.data) == (304, b"")


def test_the_first_page_is_small_with_a_full_list(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for number in range(300):
        deliver(f"A subject of some length, number {number}", to=f"somebody-{number}@example.test")
    page = client.get("/", headers=GZIP)
    text = gzip.decompress(page.data).decode()
    names = {part.partition('"')[0].partition("#")[0] for part in text.split('"/static/')[1:]}
    scripts = {"actions", "base", "boxes", "commands", "deleting", "help", "keys", "list", "live", "message", "notify"}
    scripts |= {"page", "palette", "place", "search", "selection", "texts", "times", "walk"}

    files = names | {f"{script}.js" for script in scripts}
    answers = [client.get(f"/static/{name}", headers=GZIP, buffered=True) for name in files]
    octets = len(page.data) + sum(len(answer.data) for answer in answers)

    assert {answer.status_code for answer in answers} == {200}
    assert octets < 100_000
