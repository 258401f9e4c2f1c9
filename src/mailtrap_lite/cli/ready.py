"""The ready file: how another program learns that every door is open, and where."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.server import Server
from mailtrap_lite.version import __version__

log = logging.getLogger(__name__)


def describe(server: Server) -> dict[str, object]:
    """Return what the ready file says of a running server."""
    doors = {name: {"host": where.host, "port": where.port} for name, where in server.endpoints.items()}
    has_tls = "smtps" in doors or server.settings.web_tls
    tls = {"tls": {"ca_file": str(server.tls.ca_file.absolute())}} if has_tls else {}
    path = {"path": server.web.path} if server.web.path else {}
    return {
        "pid": os.getpid(),
        "version": __version__,
        **doors,
        "web": {"host": server.web.host, "port": server.web.port, "url": server.url, **path},
        **tls,
    }


@contextmanager
def written(path: Path, server: Server) -> Iterator[None]:
    """Keep a ready file while the block runs; raises BadSetting."""
    write(path, server)
    try:
        yield
    finally:
        remove(path)


@contextmanager
def usually_written(path: Path, server: Server) -> Iterator[None]:
    """Keep the ready file at the usual place, where commands look, while the block runs.

    The first server has it as long as it runs; those beside it go without. Where it cannot be written nobody minds.
    """
    lock = FileLock(path.with_suffix(".lock"), blocking=False)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
        write(path, server)
    except (OSError, BadSetting, Timeout) as err:
        log.info("commands do not find this server by themselves: %s", err)
        lock.release()
        yield
        return
    try:
        yield
    finally:
        remove(path)
        lock.release()


def write(path: Path, server: Server) -> None:
    """Write the ready file in one step: whoever sees it sees all of it. Raises BadSetting."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(describe(server), file)
                file.write("\n")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as err:
        raise BadSetting(
            f"ready_file: {path} cannot be written: {err.strerror}; give a path in a directory that exists "
            "and that this user may write with --ready-file"
        ) from err


def remove(path: Path) -> None:
    """Remove the ready file at the end, if it is ours."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        if json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid():
            path.unlink()
