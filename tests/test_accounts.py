"""Which mailbox: the rules for recipients and for POP3 users."""

from __future__ import annotations

import pytest

from mailtrap_lite.accounts import Accounts, AuthMode, Selection, mailbox_of, selection_of
from mailtrap_lite.errors import BadMail


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("alice@x.test", "alice@x.test"),
        ("Alice@X.TEST", "alice@x.test"),
        (" alice@x.test ", "alice@x.test"),
        ("alice+tag@x.test", "alice@x.test"),
        ("alice+a+b@x.test", "alice@x.test"),
        ("+tag@x.test", "+tag@x.test"),
        ('"a+b"@x.test', '"a+b"@x.test'),
        ('"a@b"@x.test', '"a@b"@x.test'),
        ("Postmaster", "postmaster"),
        ("GRÜSSE@x.test", "grüsse@x.test"),
        ("grüße@x.test", "grüsse@x.test"),
    ],
)
def test_mail_to_an_address_is_delivered_to(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox


def test_plus_addressing_can_be_switched_off() -> None:
    assert mailbox_of("Alice+tag@x.test", plus_addressing=False) == "alice+tag@x.test"
    assert selection_of("alice+tag@x.test", plus_addressing=False) == Selection(mailbox="alice+tag@x.test")


@pytest.mark.parametrize(
    ("user", "selection"),
    [
        ("alice@x.test", Selection(mailbox="alice@x.test")),
        ("ALICE+tag@x.test", Selection(mailbox="alice@x.test")),
        ("Alice", Selection(local="alice")),
        ("*", Selection()),
    ],
)
def test_a_user_opens(user: str, selection: Selection) -> None:
    assert selection_of(user) == selection


@pytest.mark.parametrize("user", ["", "   "])
def test_an_empty_user_opens_nothing(user: str) -> None:
    with pytest.raises(BadMail, match="empty user name"):
        selection_of(user)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("a@x", "a@x", True),
        ("a@x", "a@y", False),
        ("a", "a@x", True),
        ("a", "b@x", False),
        ("a", "a", True),
        ("a", "b", False),
        ("*", "a@x", True),
        ("*", "a", True),
        ("*", "*", True),
    ],
)
def test_selections_overlap_when_a_mailbox_could_be_in_both(one: str, other: str, overlap: bool) -> None:
    assert selection_of(one).overlaps(selection_of(other)) is overlap
    assert selection_of(other).overlaps(selection_of(one)) is overlap


def test_the_apop_example_of_rfc_1939() -> None:
    accounts = Accounts(AuthMode.TABLE, {"mrose": "tanstaaf"})

    assert accounts.check_apop("mrose", "<1896.697170952@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb")
    assert not accounts.check_apop("mrose", "<1896.697170953@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb")
    assert not accounts.check_apop("rose", "<1896.697170952@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb")


@pytest.mark.parametrize(
    ("mode", "users", "right", "wrong", "needed"),
    [
        (AuthMode.ANY, {}, True, True, False),
        (AuthMode.TABLE, {"alice": "secret"}, True, False, False),
        (AuthMode.REQUIRED, {"alice": "secret"}, True, False, True),
        (AuthMode.REQUIRED, {}, True, True, True),
        (AuthMode.TABLE, {}, False, False, False),
        (AuthMode.REJECT, {"alice": "secret"}, False, False, False),
    ],
)
def test_which_logins_are_right(mode: AuthMode, users: dict[str, str], right: bool, wrong: bool, needed: bool) -> None:
    accounts = Accounts(mode, users)

    assert accounts.check("alice", "secret") is right
    assert accounts.check("alice", "") is accounts.check("bob", "secret") is wrong
    assert accounts.check("alice", "\ud800") is wrong
    assert accounts.login_needed is needed


def test_a_user_without_password_is_nobody() -> None:
    assert not Accounts(AuthMode.TABLE, {"alice": "secret"}).check("bob", "")


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(Accounts(AuthMode.TABLE, {"alice": "secret"}))
