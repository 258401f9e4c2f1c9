"""Faults and chaos over the API: what is added there happens over SMTP and POP3."""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any  # Any: JSON

import pytest

from mailtrap_lite import Server

MAIL = "Subject: hello\r\n\r\nhi\r\n"
OFF = {"ErrorCode": 451, "Probability": 0}


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


def ask(mail: Server, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(mail.url + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["Error"]


def send(mail: Server, to: str = "bob@x.test") -> None:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp:
        smtp.sendmail("a@x.test", [to], MAIL)


def test_a_fault_that_is_added_over_the_api_happens(mail: Server) -> None:
    added = ask(mail, "POST", "/api/v1/faults", {"Fault": "rcpt bob@* 450 4.2.1 mailbox busy times=1"})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mail)
    send(mail)
    shown = ask(mail, "GET", f"/api/v1/faults/{added['ID']}")

    assert added["Fault"] == "RCPT to=bob@* 450 4.2.1 mailbox busy times=1"
    assert (added["Stage"], added["Action"], added["Happened"]) == ("RCPT", "450 4.2.1 mailbox busy", 0)
    assert (shown["Attempts"], shown["Happened"]) == (2, 1)
    assert [(hit["Session"], hit["Matched"]) for hit in shown["Hits"]] == [(mail.sessions[0].id, "bob@x.test")]
    assert ask(mail, "GET", "/api/v1/faults") == {"Faults": [shown]}


def test_one_fault_or_all_are_removed_over_the_api(mail: Server) -> None:
    one, two, three = (mail.faults.add("RCPT", "drop") for _ in range(3))

    assert ask(mail, "DELETE", f"/api/v1/faults/{two.id}")["ID"] == str(two.id)
    assert list(mail.faults) == [one, three]
    assert [each["ID"] for each in ask(mail, "DELETE", "/api/v1/faults")["Faults"]] == [str(one.id), str(three.id)]
    assert ask(mail, "GET", "/api/v1/faults") == {"Faults": []}
    assert ask(mail, "DELETE", f"/api/v1/faults/{two.id}") == (404, "no fault in force has the ID '2'")


def test_an_impossible_fault_is_refused_with_what_is_possible(mail: Server) -> None:
    status, error = ask(mail, "POST", "/api/v1/faults", {"Fault": "connect 450 busy"})

    assert status == 400
    assert error == "connect: 450 busy is not possible there; what is: delay SECONDS, stall, drop, reset"


@pytest.mark.parametrize("stage", ["Sender", "Recipient"])
def test_chaos_happens_and_is_shown_until_it_is_reset(stage: str, mail: Server) -> None:
    trigger = {"ErrorCode": 550, "Probability": 100}

    assert ask(mail, "PUT", "/api/v1/chaos", {stage: trigger})[stage] == trigger
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused)) as refused:
        send(mail)
    assert f"Chaos {stage.lower()} error" in str(refused.value)
    assert ask(mail, "PUT", "/api/v1/chaos", {}) == {"Sender": OFF, "Recipient": OFF, "Authentication": OFF}
    send(mail)
    assert len(mail.messages) == 1


def test_chaos_of_logins_refuses_good_credentials(mail: Server) -> None:
    ask(mail, "PUT", "/api/v1/chaos", {"Authentication": {"ErrorCode": 454, "Probability": 100}})

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp, pytest.raises(smtplib.SMTPAuthenticationError) as error:
        smtp.login("bob", "secret")
    assert error.value.smtp_code == 454


def test_chaos_leaves_other_faults_alone_and_goes_with_all(mail: Server) -> None:
    mail.faults.add("MAIL", "451 4.3.0 mine", chance=0.5)
    ask(mail, "PUT", "/api/v1/chaos", {"Sender": {"ErrorCode": 451, "Probability": 7}})

    assert ask(mail, "GET", "/api/v1/chaos")["Sender"]["Probability"] == 7
    assert len(mail.faults) == 2
    ask(mail, "PUT", "/api/v1/chaos", {})
    assert [str(each.action) for each in mail.faults] == ["451 4.3.0 mine"]


def test_the_page_of_a_session_that_a_fault_ended_says_so(mail: Server) -> None:
    mail.faults.add("MAIL", "drop")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mail)

    with urllib.request.urlopen(f"{mail.url}/session/{mail.sessions[0].id}", timeout=20) as answer:
        page = answer.read().decode()

    assert "a fault on purpose ended it" in page
    assert "fault 1: MAIL drop" in page


def test_a_deletion_that_names_ids_where_none_are_asked_for_removes_nothing(mail: Server) -> None:
    kept = mail.faults.add("RCPT", "drop")

    status, error = ask(mail, "DELETE", "/api/v1/faults", {"IDs": ["7"]})

    assert (status, "IDs" in error) == (400, True)
    assert list(mail.faults) == [kept]
    assert ask(mail, "DELETE", "/api/v1/faults", {})["Faults"][0]["ID"] == str(kept.id)
