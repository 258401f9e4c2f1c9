from __future__ import annotations

import pytest

from mailtrap_lite.smtp.auth import exchange, response
from mailtrap_lite.smtp.replies import Refused


def user_of(argument: str, *responses: bytes) -> tuple[list[bytes], str]:
    """Return the challenges and the user of a whole exchange."""
    challenges = []
    try:
        dialogue, challenge = exchange(argument)
        for answer in responses:
            challenges.append(challenge)
            challenge = dialogue.send(answer)
    except StopIteration as end:
        return challenges, end.value
    raise AssertionError("the exchange did not end")


def test_plain_with_an_initial_response() -> None:
    assert user_of("PLAIN AGFsaWNlAHNlY3JldA==") == ([], "alice")


def test_plain_with_an_empty_challenge() -> None:
    assert user_of("plain", b"other\0alice\0secret") == ([b""], "alice")


def test_login() -> None:
    assert user_of("LOGIN", b"alice", b"secret") == ([b"Username:", b"Password:"], "alice")
    assert user_of("LOGIN YWxpY2U=", b"secret") == ([b"Password:"], "alice")
    assert user_of("LOGIN =", b"secret") == ([b"Password:"], "")


def test_a_user_is_readable_whatever_was_sent() -> None:
    assert user_of("PLAIN", b"\0a\x1b\xff\0secret")[1] == "a\\x1b\\xff"


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        ("", "501 5.5.4"),
        ("PLAIN a b", "501 5.5.4"),
        ("CRAM-MD5", "504 5.5.4"),
        ("PLAIN a", "501 5.5.2"),
        ("PLAIN =", "501 5.5.2"),
        ("PLAIN é", "501 5.5.2"),
    ],
)
def test_refusals(argument: str, reply: str) -> None:
    with pytest.raises(Refused, match=f"^{reply} "):
        exchange(argument)


@pytest.mark.parametrize(("line", "reply"), [(b"*", "501 5.7.0"), (b"YQ", "501 5.5.2"), (b"**", "501 5.5.2")])
def test_refused_responses(line: bytes, reply: str) -> None:
    with pytest.raises(Refused, match=f"^{reply} "):
        response(line)
