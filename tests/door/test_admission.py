"""Who is let in: by number, and by what the system has left."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from contextlib import ExitStack

import pytest

from mailtrap_lite.door.admission import Admission


class At(asyncio.BaseTransport):
    """A transport that has this socket, or none."""

    def __init__(self, opened: socket.socket | None) -> None:
        super().__init__({"socket": opened})


@pytest.mark.parametrize(("present", "refused"), [(1, False), (2, False), (3, True)])
def test_one_more_than_the_setting_says_is_refused(present: int, refused: bool) -> None:
    assert Admission(2).refuses(At(None), present=present) == refused


def test_who_gets_one_of_the_last_descriptors_is_refused() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    admission = Admission(1_000_000)
    with ExitStack() as opened:
        low = opened.enter_context(socket.socket())
        high = os.dup2(low.fileno(), most - 2)
        last = opened.enter_context(socket.socket(fileno=high))

        assert not admission.refuses(At(low), present=1)
        assert admission.refuses(At(last), present=1)
