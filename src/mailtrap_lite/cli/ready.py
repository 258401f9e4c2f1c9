"""The ready file: how another program learns that every door is open, and where."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.server import Server
from mailtrap_lite.version import __version__


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
