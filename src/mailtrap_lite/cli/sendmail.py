"""`mailtrap-lite sendmail`, and `mailtrap-lite-sendmail`: what programs call sendmail for, towards a running server.

It ends with the codes of sysexits.h, which programs look at. It adds nothing to a mail, so that what is shown is what
the program wrote; docs/commands.md tells what it does change.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from mailtrap_lite.cli import sysexits
from mailtrap_lite.cli.failure import Failure
from mailtrap_lite.cli.place import smtp_of
from mailtrap_lite.cli.sendmailargs import HELP, Asked, read
from mailtrap_lite.cli.submission import Mail, Refused, submit
from mailtrap_lite.cli.written import on_the_wire, recipients_in, until_lone_dot, without_bcc
from mailtrap_lite.terminal import escaped
from mailtrap_lite.version import __version__


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Send what standard input holds; return an exit code of sysexits.h."""
    surroundings = os.environ if environment is None else environment
    try:
        asked = read(sys.argv[1:] if arguments is None else arguments)
        return _done(asked, surroundings)
    except Refused as refused:
        return _complain(str(refused), refused.code)
    except Failure as failure:
        return _complain(str(failure), sysexits.USAGE)
    except KeyboardInterrupt:
        return _complain("interrupted", sysexits.TEMPFAIL)


def _done(asked: Asked, environment: Mapping[str, str]) -> int:
    match asked.mode:
        case "help":
            sys.stdout.write(HELP)
        case "version":
            sys.stdout.write(f"mailtrap-lite {__version__}\n")
        case "queue":
            sys.stdout.write("Mail queue is empty\n")  # what mailq says; nothing is ever queued
        case "nothing":
            pass
        case "smtp":
            from mailtrap_lite.cli.relaying import relay  # for -bs only

            relay(sys.stdin.buffer, sys.stdout.buffer, smtp_of(asked.values, environment))
        case _:
            _send(asked, environment, sys.stdin.buffer)
    return sysexits.OK


def _send(asked: Asked, environment: Mapping[str, str], stdin: BinaryIO) -> None:
    host, port, ca_file = smtp_of(asked.values, environment)
    raw = stdin.read() if asked.ignores_dots else until_lone_dot(stdin)
    if not raw.strip():
        raise Refused(sysexits.DATAERR, "no message: nothing is on standard input; nothing was sent")
    raw = on_the_wire(raw)
    recipients = list(asked.recipients)
    if asked.reads_recipients:
        recipients += recipients_in(raw)
        raw = without_bcc(raw)
    if not recipients:
        raise Refused(sysexits.USAGE, "no recipients: name them behind the options, or in To, Cc and Bcc with -t")
    login = asked.values.get("login") or environment.get("MAILTRAP_LITE_LOGIN", "")
    sender = _sender(environment) if asked.sender is None else asked.sender
    mail = Mail(sender, tuple(dict.fromkeys(recipients)), raw, body=asked.body, notify=asked.notify)
    submit(mail._replace(ret=asked.ret, envid=asked.envid), host, port, ca_file=ca_file, login=login)


def _sender(environment: Mapping[str, str]) -> str:
    """Return who runs this, at this machine, as sendmail does; no name server is asked."""
    import getpass
    import socket

    try:
        name = environment.get("LOGNAME") or environment.get("USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        name = str(os.getuid())
    return f"{name}@{socket.gethostname() or 'localhost'}"


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"mailtrap-lite sendmail: {escaped(' '.join(text.split()))}\n")
    return code
