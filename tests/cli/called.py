"""A command that is called in this process, with streams, an environment and a directory of its own.

It is what a process would be told and would say, for a fraction of the time. What has to do with a process itself
(signals, terminals, pipes, the encoding of a locale) is no matter of this.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest import mock

Main = Callable[[Sequence[str], Mapping[str, str]], int]


def called(
    main: Main, arguments: Sequence[str], *, environment: Mapping[str, str], where: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Call a command as its process would; the main thread only, as the streams are those of the whole process."""
    given, out, err = (TextIOWrapper(BytesIO(octets), "utf-8", write_through=True) for octets in (stdin, b"", b""))
    with (
        contextlib.chdir(where),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.multiple(sys, stdin=given, stdout=out, stderr=err),
    ):
        try:
            code = main(list(arguments), os.environ)
        except SystemExit as end:  # of --help
            code = end.code if isinstance(end.code, int) else 0
    return subprocess.CompletedProcess(list(arguments), code, written(out), written(err))


def written(stream: TextIOWrapper) -> bytes:
    """Return the octets that went into a stream."""
    stream.flush()
    octets = stream.buffer
    assert isinstance(octets, BytesIO)
    return octets.getvalue()


def as_text(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    """Return the same with texts, whose lines end as those of `subprocess` do."""
    out, err = (octets.decode().replace("\r\n", "\n").replace("\r", "\n") for octets in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)
