"""Who is measured, and how each is started on a port of 127.0.0.1 with an empty directory to work in.

A rival is looked for in this Python, then in .bench/, where `make bench-rivals` puts it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RIVALS = ROOT / ".bench"
SERVE = str(Path(__file__).with_name("serve.py"))
MAKE = "`make bench-rivals` installs it in .bench/"


class Missing(Exception):
    """A server is not there; says how to get it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server. command: makes the argv from a port and another free one; raises Missing. ours: obeys "clear"."""

    name: str
    command: Callable[[int, int], list[str]]
    ours: bool = False


def _ours(name: str) -> Target:
    return Target(name, lambda port, _: [sys.executable, "-P", SERVE, name, str(port)], ours=True)


def _uvloop(port: int, _: int) -> list[str]:
    from mailtrap_lite.settings import Settings

    if find_spec("uvloop") is None:
        raise Missing("uvloop is not installed: pip install uvloop")
    if "event_loop" not in {item.name for item in fields(Settings)}:
        raise Missing("this version of ours has no setting event_loop")
    return [sys.executable, "-P", SERVE, "uvloop", str(port)]


def _aiosmtpd(port: int, _: int) -> list[str]:
    return [sys.executable, "-P", SERVE, "aiosmtpd", str(port)]


def _smtpdfix(port: int, _: int) -> list[str]:
    return [*_python_with("smtpdfix"), SERVE, "smtpdfix", str(port)]


def _localserver(port: int, _: int) -> list[str]:
    return [*_python_with("pytest_localserver"), SERVE, "localserver", str(port)]


def _sendria(port: int, other: int) -> list[str]:
    ports = ["--smtp-ip", "127.0.0.1", "--smtp-port", str(port), "--http-ip", "127.0.0.1", "--http-port", str(other)]
    return [*_python_with("sendria"), "-m", "sendria", "--foreground", "--db", "sendria.db", *ports]


def _maildev(port: int, other: int) -> list[str]:
    program = shutil.which("maildev") or _installed(RIVALS / "npm/node_modules/.bin/maildev", "MailDev")
    ports = ["--ip", "127.0.0.1", "--smtp", str(port), "--web-ip", "127.0.0.1", "--web", str(other)]
    return [program, "--silent", *ports]


def _smtp_sink(port: int, _: int) -> list[str]:
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    # It refuses to run as root.
    rest = ["-4", *(["-u", "nobody"] if os.getuid() == 0 else []), f"127.0.0.1:{port}", "1024"]
    if program is not None:
        return [program, *rest]
    program = _installed(RIVALS / "postfix/usr/sbin/smtp-sink", "postfix's smtp-sink")
    return ["env", f"LD_LIBRARY_PATH={RIVALS / 'postfix/usr/lib/postfix'}", program, *rest]


def _python_with(module: str) -> list[str]:
    """Return a Python that has a module, told to look nowhere else."""
    if find_spec(module) is not None:
        return [sys.executable, "-P"]
    if any(RIVALS.glob(f"venv/lib/python3*/site-packages/{module}")):
        return [str(RIVALS / "venv/bin/python"), "-I"]
    raise Missing(f"{module} is not installed: {MAKE}")


def _installed(program: Path, name: str) -> str:
    if not program.exists():
        raise Missing(f"{name} is not installed: {MAKE}")
    return str(program)


TARGETS = (
    _ours("memory"),
    _ours("file"),
    Target("uvloop", _uvloop, ours=True),
    Target("aiosmtpd", _aiosmtpd),
    Target("smtpdfix", _smtpdfix),
    Target("localserver", _localserver),
    Target("sendria", _sendria),
    Target("maildev", _maildev),
    Target("smtp-sink", _smtp_sink),
)


def found(names: tuple[str, ...] = ()) -> tuple[list[Target], list[str]]:
    """Return the servers that are there, of these names or of all, and a line for each that is not."""
    there: list[Target] = []
    lines: list[str] = []
    for target in TARGETS:
        if names and target.name not in names:
            continue
        try:
            target.command(0, 0)
        except Missing as missing:
            lines.append(f"{target.name} is skipped: {missing}")
        else:
            there.append(target)
    return there, lines
