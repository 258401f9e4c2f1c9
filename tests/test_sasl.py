"""The SASL mechanisms: dialogues of octets, checked against the accounts."""

from __future__ import annotations

import base64
import json
import smtplib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite import sasl
from mailtrap_lite.accounts import Accounts, AuthMode

UNIQUE = "<1896.697170952@postoffice.reston.mci.net>"
TABLE = Accounts(AuthMode.TABLE, {"tim": "tanstaaftanstaaf", "jürgen": "pä ss"})
ANY = Accounts()
TOKEN = b"user=tim\x01auth=Bearer tanstaaftanstaaf\x01\x01"
REFUSED_TOKEN = b"user=tim\x01auth=Bearer other\x01\x01"


def user_of(
    mechanism: str, *responses: bytes, initial: bytes | None = None, accounts: Accounts = TABLE
) -> tuple[list[bytes], str]:
    """Return the challenges and the user of a whole exchange."""
    challenges = []
    try:
        dialogue, challenge = sasl.begin(mechanism, initial, accounts=accounts, unique=UNIQUE)
        for answer in responses:
            challenges.append(challenge)
            challenge = dialogue.send(answer)
    except StopIteration as end:
        return challenges, end.value
    raise AssertionError("the exchange did not end")


def test_plain_with_an_initial_response() -> None:
    assert user_of("PLAIN", initial=b"\0tim\0tanstaaftanstaaf") == ([], "tim")


def test_plain_with_an_empty_challenge() -> None:
    assert user_of("plain", b"tim\0tim\0tanstaaftanstaaf") == ([b""], "tim")


def test_login() -> None:
    assert user_of("LOGIN", b"tim", b"tanstaaftanstaaf") == ([b"Username:", b"Password:"], "tim")
    assert user_of("LOGIN", b"tanstaaftanstaaf", initial=b"tim") == ([b"Password:"], "tim")


def test_user_and_password_are_utf_8() -> None:
    assert user_of("LOGIN", "jürgen".encode(), "pä ss".encode())[1] == "jürgen"


def test_the_example_of_rfc_2195() -> None:
    challenges, user = user_of("CRAM-MD5", b"tim b913a602c7eda7a495b4e6e7334d3890")

    assert (challenges, user) == ([UNIQUE.encode()], "tim")


def test_xoauth2() -> None:
    assert user_of("XOAUTH2", initial=TOKEN) == ([], "tim")
    assert user_of("XOAUTH2", TOKEN) == ([b""], "tim")


def test_xoauth2_gives_the_reason_as_a_challenge_before_it_refuses() -> None:
    dialogue, challenge = sasl.begin("XOAUTH2", REFUSED_TOKEN, accounts=TABLE, unique=UNIQUE)

    assert json.loads(challenge)["status"] == "401"
    with pytest.raises(sasl.Rejected):
        dialogue.send(b"")


@pytest.mark.parametrize(
    "responses",
    [
        pytest.param(("PLAIN", b"\0tim\0wrong"), id="PLAIN, password"),
        pytest.param(("PLAIN", b"\0nobody\0"), id="PLAIN, user"),
        pytest.param(("PLAIN", b"other\0tim\0tanstaaftanstaaf"), id="PLAIN, for somebody else"),
        pytest.param(("LOGIN", b"tim", b"wrong"), id="LOGIN"),
        pytest.param(("CRAM-MD5", b"tim b913a602c7eda7a495b4e6e7334d3891"), id="CRAM-MD5"),
        pytest.param(("CRAM-MD5", b"nobody b913a602c7eda7a495b4e6e7334d3890"), id="CRAM-MD5, user"),
        pytest.param(("XOAUTH2", REFUSED_TOKEN, b""), id="XOAUTH2"),
    ],
)
def test_wrong_credentials_are_rejected(responses: tuple[str, *tuple[bytes, ...]]) -> None:
    mechanism, *answers = responses

    with pytest.raises(sasl.Rejected, match=r"^Authentication credentials invalid$"):
        user_of(mechanism, *answers)


@pytest.mark.parametrize("mechanism", sasl.MECHANISMS)
def test_what_a_client_computes_is_right(mechanism: str) -> None:
    client = smtplib.SMTP()
    client.user, client.password = "tim", "tanstaaftanstaaf"
    computed: dict[str, Callable[[bytes], str | None]] = {
        "PLAIN": client.auth_plain,
        "LOGIN": client.auth_login,
        "CRAM-MD5": client.auth_cram_md5,
        "XOAUTH2": lambda challenge: TOKEN.decode(),
    }

    dialogue, challenge = sasl.begin(mechanism, None, accounts=TABLE, unique=UNIQUE)
    try:
        for number in (1, 2, 3):
            setattr(client, "_auth_challenge_count", number)  # noqa: B010 - smtplib counts them where it logs in
            challenge = dialogue.send((computed[mechanism](challenge) or "").encode())
    except StopIteration as end:
        user = end.value

    assert user == "tim"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
def test_any_credentials_will_do_or_none(mechanism: str) -> None:
    answers = {
        "PLAIN": (b"x\0bob\0y",),
        "LOGIN": (b"bob", b"y"),
        "CRAM-MD5": (b"bob " + b"0" * 32,),
        "XOAUTH2": (b"user=bob\x01auth=Bearer t\x01\x01",),
    }[mechanism]

    assert user_of(mechanism, *answers, accounts=ANY)[1] == "bob"
    assert user_of(mechanism, *answers, accounts=Accounts(AuthMode.REQUIRED))[1] == "bob"
    with pytest.raises(sasl.Rejected):
        user_of(mechanism, *answers, b"", accounts=Accounts(AuthMode.REJECT, {"bob": "y"}))


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", (b"",)),
        ("PLAIN", (b"a\0b",)),
        ("PLAIN", (b"a\0b\0c\0d",)),
        ("PLAIN", (b"\0\0password",)),
        ("PLAIN", (b"\0\xff\0x",)),
        ("LOGIN", (b"", b"x")),
        ("LOGIN", (b"\xff",)),
        ("CRAM-MD5", (b"tim",)),
        ("CRAM-MD5", (b"tim xyz",)),
        ("CRAM-MD5", (b" b913a602c7eda7a495b4e6e7334d3890",)),
        ("XOAUTH2", (b"",)),
        ("XOAUTH2", (b"user=a\x01auth=Basic x\x01\x01",)),
    ],
)
def test_malformed_responses(mechanism: str, responses: tuple[bytes, ...]) -> None:
    with pytest.raises(sasl.Malformed):
        user_of(mechanism, *responses, accounts=ANY)


def test_cram_md5_has_no_initial_response() -> None:
    with pytest.raises(sasl.Malformed):
        user_of("CRAM-MD5", initial=b"tim b913a602c7eda7a495b4e6e7334d3890")


def test_an_unknown_mechanism() -> None:
    with pytest.raises(sasl.UnknownMechanism):
        user_of("GSSAPI")


def test_lines_of_base64() -> None:
    assert sasl.decoded(base64.b64encode(b"a\0b")) == b"a\0b"
    assert sasl.decoded_initial(b"=") == b""
    with pytest.raises(sasl.Cancelled):
        sasl.decoded(b"*")
    for line in (b"YQ", b"**", b"Y Q=="):
        with pytest.raises(sasl.Malformed):
            sasl.decoded(line)


@given(
    mechanism=st.sampled_from(sorted(sasl.MECHANISMS)),
    initial=st.none() | st.binary(max_size=60),
    responses=st.lists(st.binary(max_size=60) | st.just(REFUSED_TOKEN), min_size=3, max_size=3),
    accounts=st.sampled_from([ANY, TABLE]),
)
def test_whatever_is_answered_there_is_a_user_or_a_clear_refusal(
    mechanism: str, initial: bytes | None, responses: list[bytes], accounts: Accounts
) -> None:
    try:
        user_of(mechanism, *responses, initial=initial, accounts=accounts)
    except sasl.SaslError as error:
        assert str(error).isprintable()  # noqa: PT017 - either end is right
