"""Real programs fetch the same mail in plain text and over TLS, and verify the certificate for real."""

from __future__ import annotations

import os
import poplib
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.clients.fetchers import FETCHERS, PASSWORD, RECIPIENT
from tests.clients.programs import call, program

from mailtrap_lite import Endpoint, Server

if TYPE_CHECKING:
    from tests.clients.fetchers import Fetcher

# Mail as real programs write it: newsletters, reports, 8-bit, international headers, attachments.
SHAPES = [
    path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    for path in sorted((Path(__file__).parent.parent / "mail" / "clean").glob("*.eml"))
]
MAILS = [
    b"X-Number: %d\r\n%b.mail %d\r\n..\r\n%b\r\n" % (n, SHAPES[n % len(SHAPES)], n, b"y" * (n % 900))
    for n in range(500 if os.environ.get("MAILTRAP_LITE_THOROUGH") == "1" else 120)
]
FEWER = 30  # on the other event loop, where it is about the loop and not about the mail

# getmail knows TLS from the first octet only; test_getmail_has_no_stls looks whether that is still so.
SECURE = [(name, tls) for name in FETCHERS for tls in ("stls", "pop3s") if (name, tls) != ("getmail", "stls")]
WAYS = [*((name, "") for name in FETCHERS), *SECURE]


@pytest.fixture
def mail(event_loop: str) -> Iterator[Server]:
    with Server(tls=True, pop3_auth="table", users={RECIPIENT: PASSWORD}, event_loop=event_loop) as server:
        yield server


def endpoint(server: Server, tls: str) -> Endpoint:
    return server.pop3s if tls == "pop3s" else server.pop3


@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("keep", [True, False], ids=["keep", "delete"])
@pytest.mark.parametrize(("fetcher", "tls"), WAYS, indirect=["fetcher"])
def test_a_program_fetches_the_same_mails(
    mail: Server, fetcher: tuple[str, Fetcher], tls: str, keep: bool, event_loop: str
) -> None:
    name, fetch = fetcher
    mails = MAILS if event_loop == "asyncio" else MAILS[:FEWER]
    for raw in mails:
        mail.deliver(raw, to=RECIPIENT)

    found = fetch(endpoint(mail, tls), keep=keep, tls=tls, ca=mail.tls.ca_file if tls else None)

    assert [_compared(raw, name) for raw in found] == [_compared(raw, name) for raw in mails]
    assert len(mail.mailbox(RECIPIENT).messages) == (len(mails) if keep else 0)
    assert {session.tls for session in mail.sessions} == {"TLSv1.3" if tls else None}
    assert all(PASSWORD not in session.transcript for session in mail.sessions)


def _compared(raw: bytes, program: str) -> bytes:
    """Return a mail with LF, as programs write it; getmail folds header lines anew, also those of parts."""
    lines = raw.replace(b"\r\n", b"\n")
    unfolded = re.sub(rb"[ \t]*\n[ \t]+", b" ", lines)
    return re.sub(rb"(?m)^([!-9;-~]+:)[ \t]*", rb"\1 ", unfolded) if program == "getmail" else lines


def test_getmail_has_no_stls() -> None:
    """What is not in its source it cannot do; so it was with getmail6 6.18.11. The other programs all can."""
    interpreter = Path(program("getmail")).read_text(encoding="utf-8").splitlines()[0].removeprefix("#!").split()
    source = "import getmailcore as g, pathlib as p; [print(f.read_text()) for f in p.Path(g.__path__[0]).glob('*.py')]"

    found = call(*interpreter, "-c", source)

    assert b"class SimplePOP3SSLRetriever" in found
    assert b"stls" not in found.lower()


@pytest.mark.parametrize("event_loop", ["asyncio"])
@pytest.mark.parametrize(("fetcher", "tls"), WAYS, indirect=["fetcher"])
def test_a_program_logs_in_over_tls_only_where_that_is_required(
    fetcher: tuple[str, Fetcher], tls: str, event_loop: str
) -> None:
    name, fetch = fetcher
    with Server(pop3_require_tls=True, event_loop=event_loop) as mail:
        mail.deliver(MAILS[0], to=RECIPIENT)

        found: list[bytes] = []
        try:
            found = fetch(endpoint(mail, tls), keep=False, tls=tls, ca=mail.tls.ca_file if tls else None)
        except (AssertionError, poplib.error_proto):
            assert not tls
        else:
            assert tls or name in ("fetchmail", "getmail"), "which end well, and say it in words only"

        assert len(found) == len(mail.mailbox(RECIPIENT).deleted) == bool(tls)
        assert {session.user for session in mail.sessions} == {RECIPIENT if tls else None}


@pytest.mark.parametrize("event_loop", ["asyncio"])
@pytest.mark.parametrize(("fetcher", "tls"), SECURE, indirect=["fetcher"])
def test_a_program_that_does_not_trust_the_ca_fetches_nothing(
    mail: Server, fetcher: tuple[str, Fetcher], tls: str, tmp_path: Path
) -> None:
    name, fetch = fetcher
    mail.deliver(MAILS[0], to=RECIPIENT)
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)

    found: list[bytes] = []
    try:
        found = fetch(endpoint(mail, tls), keep=False, tls=tls, ca=stranger)
    except (AssertionError, ssl.SSLError):
        pass
    else:
        assert name in ("fetchmail", "getmail"), "which end well, and say it in words only"

    assert found == []
    assert len(mail.mailbox(RECIPIENT).messages) == 1
    assert all(session.user is None for session in mail.sessions)
