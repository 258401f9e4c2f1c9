"""The SASL mechanisms, one by one."""

from __future__ import annotations

import hmac
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.sasl import (
    MECHANISMS,
    Cancelled,
    Challenge,
    Exchange,
    Malformed,
    Rejected,
    Success,
    UnknownMechanism,
    decoded,
)

NONCE = b"<1896.697170952@postoffice.reston.mci.net>"
PASSWORD = "tanstaaftanstaaf"
ANY = Accounts()
TABLE = Accounts(AuthMode.TABLE, {"tim": PASSWORD})
REJECT = Accounts(AuthMode.REJECT, TABLE.users)
NO_TOKEN = b'{"status":"401","schemes":"bearer","scope":"mail"}'
ALICE = Success("alice", "alice")
TIM = Success("tim", "tim")


def talk(
    mechanism: str, *responses: bytes, initial: bytes | None = None, accounts: Accounts = ANY
) -> tuple[list[bytes], Success]:
    """Return the challenges and the end of a whole exchange; responses and initial are not in base64 yet."""
    word = None if initial is None else b64encode(initial) or b"="
    exchange = Exchange(mechanism, word, accounts=accounts, challenge=NONCE)
    answers, challenges = iter(responses), []
    while isinstance(exchange.step, Challenge):
        challenges.append(exchange.step.octets)
        exchange.answer(b64encode(next(answers)))
    assert list(answers) == []
    return challenges, exchange.step


def digest(password: str, challenge: bytes = NONCE) -> bytes:
    return hmac.new(password.encode(), challenge, "md5").hexdigest().encode()


def bearer(user: str, token: str) -> bytes:
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


# Each mechanism.


@pytest.mark.parametrize(
    ("mechanism", "initial", "responses", "challenges"),
    [
        pytest.param("PLAIN", b"\0alice\0secret", (), [], id="PLAIN with an initial response"),
        pytest.param("PLAIN", None, (b"\0alice\0secret",), [b""], id="PLAIN"),
        pytest.param("PLAIN", b"alice\0alice\0secret", (), [], id="PLAIN with the same identity"),
        pytest.param("PLAIN", b"\0alice\0", (), [], id="PLAIN with an empty password"),
        pytest.param("LOGIN", None, (b"alice", b"secret"), [b"Username:", b"Password:"], id="LOGIN"),
        pytest.param("LOGIN", b"alice", (b"secret",), [b"Password:"], id="LOGIN with an initial response"),
        pytest.param("CRAM-MD5", None, (b"alice " + b"0" * 32,), [NONCE], id="CRAM-MD5"),
        pytest.param("XOAUTH2", bearer("alice", "t0ken"), (), [], id="XOAUTH2 with an initial response"),
        pytest.param("XOAUTH2", None, (bearer("alice", "t0ken"),), [b""], id="XOAUTH2"),
        pytest.param("plain", b"\0alice\0secret", (), [], id="in lower case"),
        pytest.param("xOAuth2", b"user=alice\1auth=bearer t\1\1", (), [], id="a scheme in lower case"),
    ],
)
def test_a_sandbox_takes_any_credentials(
    mechanism: str, initial: bytes | None, responses: tuple[bytes, ...], challenges: list[bytes]
) -> None:
    assert talk(mechanism, *responses, initial=initial) == (challenges, ALICE)


def test_the_example_of_rfc_4616_names_the_user() -> None:
    accounts = Accounts(AuthMode.TABLE, {"tim": "tanstaaftanstaaf"})

    assert talk("PLAIN", initial=b"\0tim\0tanstaaftanstaaf", accounts=accounts) == ([], TIM)


def test_the_example_of_rfc_2195_is_right() -> None:
    exchange = Exchange("CRAM-MD5", None, accounts=TABLE, challenge=NONCE)

    challenge = exchange.step
    success = exchange.answer(b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw")

    assert challenge == Challenge(NONCE)
    assert success == exchange.step == TIM


def test_the_example_of_google_is_right() -> None:
    token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
    accounts = Accounts(AuthMode.TABLE, {"someuser@example.com": token})
    word = (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52"
        b"YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )

    exchange = Exchange("XOAUTH2", word, accounts=accounts, challenge=NONCE)

    assert exchange.step == Success("someuser@example.com", "someuser@example.com")


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", (b"\0tim\0wrong",)),
        ("PLAIN", (b"\0Tim\0tanstaaftanstaaf",)),
        ("PLAIN", (b"\0nobody\0",)),
        ("LOGIN", (b"tim", b"wrong")),
        ("LOGIN", (b"nobody", PASSWORD.encode())),
        ("CRAM-MD5", (b"tim " + digest("wrong"),)),
        ("CRAM-MD5", (b"tim " + digest(PASSWORD, b"<another@host>"),)),
        ("CRAM-MD5", (b"nobody " + digest(""),)),
        ("XOAUTH2", (bearer("tim", "wrong"), b"")),
        ("XOAUTH2", (bearer("nobody", PASSWORD), b"")),
    ],
)
def test_wrong_credentials_are_rejected(mechanism: str, responses: tuple[bytes, ...]) -> None:
    with pytest.raises(Rejected, match=r"^Authentication credentials invalid$"):
        talk(mechanism, *responses, accounts=TABLE)


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", (b"\0tim\0" + PASSWORD.encode(),)),
        ("LOGIN", (b"tim", PASSWORD.encode())),
        ("CRAM-MD5", (b"tim " + digest(PASSWORD),)),
        ("XOAUTH2", (bearer("tim", PASSWORD), b"")),
    ],
)
def test_nobody_gets_in_where_all_are_rejected(mechanism: str, responses: tuple[bytes, ...]) -> None:
    with pytest.raises(Rejected):
        talk(mechanism, *responses, accounts=REJECT)


@pytest.mark.parametrize("initial", [None, bearer("tim", "wrong")], ids=["continued", "initial"])
@pytest.mark.parametrize("last", [b"", b"AQ=="], ids=["empty", "dummy"])
def test_a_wrong_token_is_explained_before_it_is_rejected(initial: bytes | None, last: bytes) -> None:
    word = None if initial is None else b64encode(initial)
    exchange = Exchange("XOAUTH2", word, accounts=TABLE, challenge=NONCE)
    if initial is None:
        exchange.answer(b64encode(bearer("tim", "wrong")))

    assert exchange.step == Challenge(NO_TOKEN)
    with pytest.raises(Rejected):
        exchange.answer(last)


def test_acting_as_another_user_is_rejected_where_there_is_a_table() -> None:
    with pytest.raises(Rejected, match="not for acting as another user"):
        talk("PLAIN", initial=b"jim\0tim\0" + PASSWORD.encode(), accounts=TABLE)
    # Who does not know the password does not learn that it would be right.
    with pytest.raises(Rejected, match="credentials invalid"):
        talk("PLAIN", initial=b"jim\0tim\0wrong", accounts=TABLE)

    assert talk("PLAIN", initial=b"tim\0tim\0" + PASSWORD.encode(), accounts=TABLE) == ([], TIM)


def test_a_sandbox_lets_anybody_act_as_anybody() -> None:
    assert talk("PLAIN", initial=b"jim\0tim\0secret") == ([], Success("tim", "jim"))


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        pytest.param("PLAIN", (b"",), id="empty PLAIN"),
        pytest.param("PLAIN", (b"alice\0secret",), id="PLAIN with one NUL"),
        pytest.param("PLAIN", (b"\0alice\0secret\0",), id="PLAIN with three NULs"),
        pytest.param("PLAIN", (b"\0\0secret",), id="PLAIN without a user"),
        pytest.param("PLAIN", (b"\0alice\0\xff",), id="PLAIN password not UTF-8"),
        pytest.param("PLAIN", (b"\0\xff\0secret",), id="PLAIN user not UTF-8"),
        pytest.param("PLAIN", (b"\xff\0alice\0secret",), id="PLAIN identity not UTF-8"),
        pytest.param("PLAIN", (b"\0a\x1b\0secret",), id="ESC in a user"),
        pytest.param("PLAIN", (b"a\r\nb\0alice\0secret",), id="CRLF in an identity"),
        pytest.param("PLAIN", ("\0a\u202eb\0secret".encode(),), id="U+202E in a user"),
        pytest.param("LOGIN", (b"",), id="LOGIN without a user"),
        pytest.param("LOGIN", (b"a\0b",), id="NUL in a LOGIN user"),
        pytest.param("LOGIN", (b"\xff",), id="LOGIN user not UTF-8"),
        pytest.param("LOGIN", (b"alice", b"\xff"), id="LOGIN password not UTF-8"),
        pytest.param("CRAM-MD5", (b"",), id="empty CRAM-MD5"),
        pytest.param("CRAM-MD5", (b"alice",), id="CRAM-MD5 without a digest"),
        pytest.param("CRAM-MD5", (b"0" * 32,), id="CRAM-MD5 without a user"),
        pytest.param("CRAM-MD5", (b" " + b"0" * 32,), id="CRAM-MD5 with an empty user"),
        pytest.param("CRAM-MD5", (b"alice " + b"A" * 32,), id="CRAM-MD5 in upper case"),
        pytest.param("CRAM-MD5", (b"alice " + b"0" * 31,), id="short CRAM-MD5"),
        pytest.param("CRAM-MD5", (b"\xff " + b"0" * 32,), id="CRAM-MD5 user not UTF-8"),
        pytest.param("XOAUTH2", (b"",), id="empty XOAUTH2"),
        pytest.param("XOAUTH2", (b"user=alice\1auth=Bearer t\1",), id="XOAUTH2 with one ^A at its end"),
        pytest.param("XOAUTH2", (b"user=\1auth=Bearer t\1\1",), id="XOAUTH2 without a user"),
        pytest.param("XOAUTH2", (b"user=alice\1auth=Bearer \1\1",), id="XOAUTH2 without a token"),
        pytest.param("XOAUTH2", (b"user=alice\1auth=Basic t\1\1",), id="XOAUTH2 with another scheme"),
        pytest.param("XOAUTH2", (b"user=alice\1auth=Bearer t\1\1\n",), id="XOAUTH2 with more behind it"),
        pytest.param("XOAUTH2", (b"user=alice\1auth=Bearer \xff\1\1",), id="XOAUTH2 not UTF-8"),
    ],
)
def test_what_a_mechanism_does_not_know_is_malformed_even_in_a_sandbox(
    mechanism: str, responses: tuple[bytes, ...]
) -> None:
    with pytest.raises(Malformed):
        talk(mechanism, *responses)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
def test_an_initial_response_can_be_empty(mechanism: str) -> None:
    with pytest.raises(Malformed):  # none of them knows what to do with it, but it is a response, not its absence
        Exchange(mechanism, b"=", accounts=ANY, challenge=NONCE)


@pytest.mark.parametrize("word", [b"=", b"YWxpY2U="])
def test_cram_md5_takes_no_initial_response(word: bytes) -> None:
    with pytest.raises(Malformed, match="no initial response"):
        Exchange("CRAM-MD5", word, accounts=ANY, challenge=NONCE)


@pytest.mark.parametrize("name", ["", "NTLM", "PLAIN ", "CRAM_MD5", "PLA\u0131N", "GSSAPI"])
def test_another_mechanism_is_unknown(name: str) -> None:
    with pytest.raises(UnknownMechanism, match=r"use PLAIN, LOGIN, CRAM-MD5, XOAUTH2$"):
        Exchange(name, None, accounts=ANY, challenge=NONCE)


def test_the_mechanisms_are_advertised_in_this_order() -> None:
    assert list(MECHANISMS) == ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_client_can_give_up(mechanism: str) -> None:
    exchange = Exchange(mechanism, None, accounts=ANY, challenge=NONCE)

    with pytest.raises(Cancelled):
        exchange.answer(b"*")


def test_a_client_can_give_up_later() -> None:
    exchange = Exchange("LOGIN", b"YWxpY2U=", accounts=ANY, challenge=NONCE)

    with pytest.raises(Cancelled):
        exchange.answer(b"*")


def test_nothing_can_be_answered_after_the_end() -> None:
    exchange = Exchange("PLAIN", b64encode(b"\0alice\0secret"), accounts=ANY, challenge=NONCE)

    with pytest.raises(RuntimeError, match="over"):
        exchange.answer(b"")


# Base64.


@pytest.mark.parametrize(
    ("line", "octets"), [(b"", b""), (b"YQ==", b"a"), (b"YWI=", b"ab"), (b"YWJj", b"abc"), (b"+/+/", b"\xfb\xff\xbf")]
)
def test_base64_is_read(line: bytes, octets: bytes) -> None:
    assert decoded(line) == octets


@pytest.mark.parametrize(
    "line",
    [
        *(b"=", b"Y", b"YQ", b"YQ=", b"YQ===", b"YWJj=", b"YWJj====", b"YQ==YQ=="),
        *(b" YQ==", b"YQ==\r", b"YQ==\n", b"Y Q==", b"-_-_", b"**", b"!", b"\0", b"\xff"),
    ],
)
def test_what_is_not_base64_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed, match=r"^Not base64$"):
        decoded(line)


@given(st.binary(max_size=100))
def test_whatever_was_encoded_is_decoded(octets: bytes) -> None:
    assert decoded(b64encode(octets)) == octets
