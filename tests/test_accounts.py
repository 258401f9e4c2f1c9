"""Who may log in, and which mailbox a name means."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

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
        ("grüße@x.test", "grüße@x.test"),
        ("STRASSE@x.test", "strasse@x.test"),
        ("Straße@BÜCHER.test", "straße@bücher.test"),
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


@pytest.mark.parametrize("user", [None, 5, b"alice@x.test"])
def test_what_is_no_text_opens_nothing(user: str) -> None:
    with pytest.raises(BadMail, match="is no name of a mailbox"):
        selection_of(user)


def test_users_of_the_table_are_compared_as_addresses_are() -> None:
    table = [("Strasse", "a@x.test"), ("STRAßE", "b@x.test")]

    assert selection_of("straße", table=table) == Selection(mailbox="b@x.test")


@pytest.mark.parametrize("user", ["", "   "])
def test_an_empty_user_opens_nothing(user: str) -> None:
    with pytest.raises(BadMail, match="empty name"):
        selection_of(user)


@pytest.mark.parametrize(
    ("user", "selection"),
    [
        ("alice", Selection(mailbox="orders@x.test")),
        (" ALICE ", Selection(mailbox="orders@x.test")),
        ("bob", Selection()),
        ("bob@x.test", Selection(local="sales")),
        ("carol", Selection(local="alice")),
        ("dave", Selection(local="dave")),
        ("*", Selection(mailbox="all@x.test")),
    ],
    ids=["to an address", "without regard to case", "to all", "to a local part", "once only", "not in it", "* itself"],
)
def test_an_account_table_says_what_a_user_opens(user: str, selection: Selection) -> None:
    table = (
        ("alice", "Orders+new@X.test"),
        ("bob", "*"),
        ("Bob@X.test", "Sales"),
        ("carol", "alice"),
        ("*", "all@x.test"),
    )

    assert selection_of(user, table=table) == selection


@pytest.mark.parametrize("name", ["alice@x.test", "alice", "*"])
def test_a_selection_is_written_as_the_name_that_opens_it(name: str) -> None:
    assert str(selection_of(name)) == name


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


TABLE = Accounts(AuthMode.TABLE, {"alice": "secret", "jörg": "pässwörd €", "tim": "tanstaaftanstaaf"})
MODES = pytest.mark.parametrize(
    ("accounts", "right", "wrong"),
    [
        pytest.param(Accounts(), True, True, id="any, the default"),
        pytest.param(Accounts(AuthMode.ANY, TABLE.users), True, True, id="any with a table"),
        pytest.param(TABLE, True, False, id="table"),
        pytest.param(Accounts(AuthMode.TABLE), False, False, id="empty table"),
        pytest.param(Accounts(AuthMode.REQUIRED, TABLE.users), True, False, id="required"),
        pytest.param(Accounts(AuthMode.REQUIRED), True, True, id="required without a table"),
        pytest.param(Accounts(AuthMode.REJECT), False, False, id="reject"),
        pytest.param(Accounts(AuthMode.REJECT, TABLE.users), False, False, id="reject with a table"),
    ],
)


def cram_md5(password: str, challenge: bytes) -> str:
    return hmac.new(password.encode(), challenge, "md5").hexdigest()


def apop(password: str, timestamp: bytes) -> str:
    return hashlib.md5(timestamp + password.encode()).hexdigest()  # noqa: S324 - RFC 1939 says MD5


@MODES
def test_credentials_are_right_or_wrong(accounts: Accounts, right: bool, wrong: bool) -> None:
    assert accounts.check("alice", "secret") is right
    assert accounts.check("jörg", "pässwörd €") is right
    for user, password in (
        ("alice", "Secret"),
        ("alice", "secret "),
        ("alice", ""),
        ("Alice", "secret"),
        ("jo\u0308rg", "pässwörd €"),
        ("tim", "secret"),
        ("nobody", "secret"),
        ("nobody", ""),
        ("", ""),
        ("alice", "\udcff"),
    ):
        assert accounts.check(user, password) is wrong


@MODES
def test_a_token_is_in_the_place_of_the_password(accounts: Accounts, right: bool, wrong: bool) -> None:
    assert accounts.check_token("alice", "secret") is right
    assert accounts.check_token("alice", "other") is wrong
    assert accounts.check_token("nobody", "secret") is wrong


@MODES
@pytest.mark.parametrize(
    ("digest_of", "method"),
    [(cram_md5, Accounts.check_cram_md5), (apop, Accounts.check_apop)],
    ids=["CRAM-MD5", "APOP"],
)
def test_a_digest_is_right_or_wrong(
    accounts: Accounts,
    right: bool,
    wrong: bool,
    digest_of: Callable[[str, bytes], str],
    method: Callable[[Accounts, str, bytes, str], bool],
) -> None:
    challenge = b"<1.2@host.test>"

    assert method(accounts, "alice", challenge, digest_of("secret", challenge)) is right
    assert method(accounts, "jörg", challenge, digest_of("pässwörd €", challenge)) is right
    assert method(accounts, "alice", challenge, digest_of("secret", b"<1.3@host.test>")) is wrong
    assert method(accounts, "alice", challenge, digest_of("Secret", challenge)) is wrong
    assert method(accounts, "tim", challenge, digest_of("secret", challenge)) is wrong
    assert method(accounts, "nobody", challenge, digest_of("secret", challenge)) is wrong
    assert method(accounts, "nobody", challenge, digest_of("", challenge)) is wrong


@pytest.mark.parametrize("digest", ["", "0" * 31, "0" * 33, "0" * 31 + "g", "A" * 32, "é" * 32, "0" * 32 + "\n"])
def test_what_is_no_digest_is_never_right(digest: str) -> None:
    for accounts in (Accounts(), TABLE):
        assert not accounts.check_cram_md5("alice", b"<1@h>", digest)
        assert not accounts.check_apop("alice", b"<1@h>", digest)


def test_the_example_of_rfc_1939_is_right() -> None:
    accounts = Accounts(AuthMode.TABLE, {"mrose": "tanstaaf"})
    timestamp = b"<1896.697170952@dbc.mtview.ca.us>"

    assert accounts.check_apop("mrose", timestamp, "c4c9334bac560ecc979e58001b3e22fb")
    assert not accounts.check_apop("mrose", timestamp, "c4c9334bac560ecc979e58001b3e22fc")


def test_the_example_of_rfc_2195_is_right() -> None:
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"

    assert TABLE.check_cram_md5("tim", challenge, "b913a602c7eda7a495b4e6e7334d3890")
    assert not TABLE.check_cram_md5("tim", challenge, "b913a602c7eda7a495b4e6e7334d3891")


@pytest.mark.parametrize(("mode", "needed"), [("any", False), ("table", False), ("required", True), ("reject", False)])
def test_only_one_mode_needs_a_login(mode: str, needed: bool) -> None:
    assert Accounts(AuthMode(mode)).login_needed is needed


@pytest.mark.parametrize(
    ("accounts", "may"),
    [
        (Accounts(), True),
        (Accounts(AuthMode.REQUIRED), True),
        (TABLE, False),
        (Accounts(AuthMode.REQUIRED, TABLE.users), False),
    ],
    ids=["any", "required without a table", "table", "required"],
)
def test_acting_as_another_user_is_for_those_who_are_not_checked(accounts: Accounts, may: bool) -> None:
    assert accounts.may_act_as("alice", "alice")
    assert accounts.may_act_as("alice", "tim") is may


def test_no_password_is_in_the_repr() -> None:
    assert repr(TABLE) == "Accounts(mode=<AuthMode.TABLE: 'table'>)"
    assert str(TABLE) == repr(TABLE)


def test_accounts_are_values() -> None:
    same = Accounts(AuthMode.TABLE, dict(TABLE.users))

    assert (same, hash(same)) == (TABLE, hash(TABLE))
    assert same != Accounts(AuthMode.TABLE, {"alice": "other"})
