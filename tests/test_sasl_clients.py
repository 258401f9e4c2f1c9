"""The SASL mechanisms, against what real clients compute and against what nobody should send."""

from __future__ import annotations

import hmac
import smtplib
import traceback
from base64 import b64encode
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.sasl import MECHANISMS, AuthError, Challenge, Exchange, Rejected, Success

NONCE = b"<1896.697170952@postoffice.reston.mci.net>"
PASSWORD = "tanstaaftanstaaf"
ANY = Accounts()
TABLE = Accounts(AuthMode.TABLE, {"tim": PASSWORD})
REJECT = Accounts(AuthMode.REJECT, TABLE.users)


def bearer(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


# Real clients: smtplib computes, and wants challenges as text.


class Client(smtplib.SMTP):
    """smtplib's own mechanisms, against an Exchange instead of a server; what it sends is base64 already."""

    def __init__(self, accounts: Accounts, user: str, password: str) -> None:
        super().__init__(local_hostname="client.test")  # without a name it would ask the DNS
        self.accounts = accounts
        self.user, self.password = user, password
        self.exchange: Exchange | None = None

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        if self.exchange is None:
            assert cmd == "AUTH"
            name, _, word = args.partition(" ")
            initial = word.encode() if word else None
            self.exchange = Exchange(name, initial, accounts=self.accounts, challenge=NONCE)
        else:
            self.exchange.answer(cmd.encode())
        step = self.exchange.step
        return (334, b64encode(step.octets)) if isinstance(step, Challenge) else (235, step.user.encode())

    def logs_in(self, mechanism: str, *, initial: bool) -> bool:
        """Return whether it was let in."""
        self.exchange = None
        authobject: Callable[..., str] = getattr(self, "auth_" + mechanism.lower().replace("-", "_"))
        try:
            return self.auth(mechanism, authobject, initial_response_ok=initial) == (235, self.user.encode())
        except Rejected:
            return False


# smtplib encodes as ASCII only; NUL would be one too many for PLAIN.
ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)


@pytest.mark.parametrize("initial", [True, False], ids=["initial response", "challenge"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@given(user=ascii_text, password=ascii_text, other=ascii_text)
def test_smtplib_is_let_in_with_the_right_password_only(
    mechanism: str, initial: bool, user: str, password: str, other: str
) -> None:
    accounts = Accounts(AuthMode.TABLE, {user: password})

    assert Client(accounts, user, password).logs_in(mechanism, initial=initial)
    assert Client(Accounts(), user, other).logs_in(mechanism, initial=initial)
    assert Client(accounts, user, other).logs_in(mechanism, initial=initial) is (password == other)
    assert Client(accounts, other, password).logs_in(mechanism, initial=initial) is (user == other)
    assert not Client(Accounts(AuthMode.REJECT, accounts.users), user, password).logs_in(mechanism, initial=initial)


printable = st.text(min_size=1, max_size=20).filter(str.isprintable)
secrets = st.text(st.characters(exclude_characters="\0\1", exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@given(user=printable, password=secrets, wrong=secrets)
def test_any_unicode_logs_in_with_the_right_password_only(mechanism: str, user: str, password: str, wrong: str) -> None:
    accounts = Accounts(AuthMode.TABLE, {user: password})

    def responses(secret: str) -> list[bytes]:
        texts = {
            "PLAIN": [f"\0{user}\0{secret}"],
            "LOGIN": [user, secret],
            "CRAM-MD5": [f"{user} {hmac.new(secret.encode(), NONCE, 'md5').hexdigest()}"],
            "XOAUTH2": [bearer(user, secret), ""],
        }
        return [b64encode(text.encode()) for text in texts[mechanism]]

    assert outcome(mechanism, None, responses(password), accounts=accounts) == Success(user, user)
    assert isinstance(outcome(mechanism, None, responses(wrong), accounts=accounts), Success) is (wrong == password)


# Anybody.

anything = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=60).map(b64encode),
    st.text(max_size=20).map(lambda text: b64encode(text.encode("utf-8", "surrogatepass"))),
    st.sampled_from([b"", b"=", b"*", b64encode(b"\0tim\0"), b64encode(b"tim"), b64encode(b"tim " + b"0" * 32)]),
    st.sampled_from([b64encode(bearer("tim", "x").encode()), b64encode(b"a\0tim\0" + PASSWORD.encode())]),
)


def outcome(
    mechanism: str, initial: bytes | None, lines: Sequence[bytes], *, accounts: Accounts
) -> Success | AuthError:
    """Return how an exchange ends; no mechanism has more than three answers."""
    try:
        exchange = Exchange(mechanism, initial, accounts=accounts, challenge=NONCE)
        for line in lines:
            if isinstance(exchange.step, Success):
                break
            exchange.answer(line)
    except AuthError as err:
        return err
    assert isinstance(exchange.step, Success)
    return exchange.step


@given(
    st.one_of(st.sampled_from(list(MECHANISMS)), st.text(max_size=10)),
    st.none() | anything,
    st.lists(anything, min_size=3, max_size=3),
    st.sampled_from([ANY, TABLE, REJECT, Accounts(AuthMode.REQUIRED)]),
)
def test_whatever_is_sent_ends_in_a_success_or_in_an_error_of_ours(
    mechanism: str, initial: bytes | None, lines: list[bytes], accounts: Accounts
) -> None:
    end = outcome(mechanism, initial, lines, accounts=accounts)

    match end:
        case Success(user, acts_as):
            assert accounts is not REJECT
            assert user.isprintable()
            assert acts_as.isprintable()
        case AuthError(text=text):
            assert text == str(end) != ""
            assert text.isprintable()
            assert accounts is not ANY or not isinstance(end, Rejected)


@pytest.mark.parametrize("accounts", [TABLE, REJECT, ANY], ids=["table", "reject", "any"])
@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", (b"\0tim\0hunter2\xff",)),
        ("PLAIN", (b"\0hunter2\xff\0x",)),
        ("PLAIN", (b"hunter2",)),
        ("PLAIN", (b"\0tim\0hunter2",)),
        ("PLAIN", (b"other\0tim\0hunter2",)),
        ("LOGIN", (b"tim", b"hunter2\xff")),
        ("LOGIN", (b"tim", b"hunter2")),
        ("CRAM-MD5", (b"tim hunter2",)),
        ("XOAUTH2", (bearer("tim", "hunter2").encode(), b"")),
        ("XOAUTH2", (b"user=tim\1auth=Basic hunter2\1\1",)),
        ("XOAUTH2", (b"hunter2\xff",)),
    ],
)
def test_no_secret_is_in_an_error_or_a_repr(accounts: Accounts, mechanism: str, responses: tuple[bytes, ...]) -> None:
    exchange = Exchange(mechanism, None, accounts=accounts, challenge=NONCE)
    seen = [repr(exchange), repr(accounts)]

    try:
        for response in responses:
            seen.append(repr(exchange.answer(b64encode(response))))
            seen.append(repr(exchange.step))
            if isinstance(exchange.step, Success):
                break
    except AuthError as err:
        seen += [repr(err), str(err), repr(err.__context__), repr(err.__cause__), repr(vars(err))]
        seen += traceback.TracebackException.from_exception(err).format()
    seen.append(repr(exchange))

    assert "hunter2" not in "".join(seen)
    assert PASSWORD not in "".join(seen)
