"""A sign-up from the form to the confirmed address, through the mail that is really sent."""

import smtplib
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from mailtrap_lite import Mail, Server

pytestmark = pytest.mark.django_db


def test_the_link_in_the_mail_confirms_the_address(client: Client, mailtrap: Server) -> None:
    client.post("/sign-up", {"address": "bob@x.test"})

    message = mailtrap.wait_for(to="bob@x.test")
    answer = client.get(message.link("/confirm/"))

    assert message == Mail(sender="hello@shop.example", subject="Confirm your address", attachments=[])
    assert message.link(text="Confirm your address") == message.link("/confirm/")
    assert answer.content == b"Welcome, bob@x.test!"
    assert User.objects.get(username="bob@x.test").is_active


def test_a_link_that_was_tampered_with_is_refused(client: Client, mailtrap: Server) -> None:
    client.post("/sign-up", {"address": "bob@x.test"})

    answer = client.get(mailtrap.wait_for(to="bob@x.test").link("/confirm/") + "x")

    assert answer.status_code == 400
    assert not User.objects.get(username="bob@x.test").is_active


def test_an_address_that_the_mail_server_refuses_is_an_error(client: Client, mailtrap: Server) -> None:
    mailtrap.faults.add("RCPT", "550 5.1.1 nobody of that name")

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.post("/sign-up", {"address": "nobody@x.test"})


def test_it_works_in_a_real_web_server_too(live_server: LiveServer, mailtrap: Server) -> None:
    urlopen(f"{live_server.url}/sign-up", urlencode({"address": "bob@x.test"}).encode()).close()

    with urlopen(mailtrap.wait_for(to="bob@x.test").link("/confirm/")) as answer:
        assert answer.read() == b"Welcome, bob@x.test!"
