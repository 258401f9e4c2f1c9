"""The reset of a password, by the code in the mail."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_reset.reset import Users, create_app

from mailtrap_lite import Server


@pytest.fixture
def users() -> Users:
    return Users({"bob@x.test": "old"})


@pytest.fixture
def app(users: Users, mailtrap_flask: Callable[[Flask], Server]) -> Flask:
    app = create_app(users, TESTING=True)
    mailtrap_flask(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_code_in_the_mail_sets_a_new_password(client: FlaskClient, users: Users, mailtrap: Server) -> None:
    client.post("/forgotten", data={"address": "bob@x.test"})

    code = mailtrap.wait_for(to="bob@x.test", subject="Your code").code()
    answer = client.post("/reset", data={"address": "bob@x.test", "code": code, "password": "new"})

    assert answer.text == "You have a new password."
    assert users.passwords == {"bob@x.test": "new"}


def test_a_code_works_once(client: FlaskClient, users: Users, mailtrap: Server) -> None:
    client.post("/forgotten", data={"address": "bob@x.test"})
    code = mailtrap.wait_for(to="bob@x.test").code()

    first = client.post("/reset", data={"address": "bob@x.test", "code": code, "password": "new"})
    second = client.post("/reset", data={"address": "bob@x.test", "code": code, "password": "newer"})

    assert (first.status_code, second.status_code) == (200, 403)
    assert users.passwords == {"bob@x.test": "new"}


def test_a_second_request_ends_the_first_code(client: FlaskClient, users: Users, mailtrap: Server) -> None:
    client.post("/forgotten", data={"address": "bob@x.test"})
    first = mailtrap.wait_for(to="bob@x.test")
    users.codes["bob@x.test"] = "the next one"

    client.post("/forgotten", data={"address": "bob@x.test"})
    second = mailtrap.wait_for(to="bob@x.test", after=first)

    assert users.codes == {"bob@x.test": second.code()}


def test_whom_nobody_knows_gets_no_mail_and_the_same_answer(client: FlaskClient, mailtrap: Server) -> None:
    known = client.post("/forgotten", data={"address": "bob@x.test"})
    unknown = client.post("/forgotten", data={"address": "eve@x.test"})

    assert unknown.text == known.text
    mailtrap.assert_no_mail(to="eve@x.test")
