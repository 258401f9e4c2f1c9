"""The client's side of SMTP: smtplib, with the commands of a mail in one go (RFC 2920), and with what was said kept.

smtplib shakes hands, logs in and reads replies. It is told of each connection by the guarded way out, so that the
address that was checked is the one that is connected to. Knows no queue.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO  # Any: what smtplib leaves untyped

from mailtrap_lite.outbound import Outbound
from mailtrap_lite.relay.transcript import Transcript
from mailtrap_lite.relaying.verdicts import Said, Stage
from mailtrap_lite.terminal import escaped

# Octets of one reply, and of a mail that are sent at once.
_MOST_REPLY = 64 * 1024
_SLICE = 256 * 1024
_GO_AHEAD = 354


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to talk to, and how. tls: as relay_tls. context: for TLS. login: name and password, None without.

    by_mx: whether a name server said that it is the one.
    """

    host: str
    port: int
    tls: str
    context: ssl.SSLContext | None
    login: tuple[str, str] | None = field(repr=False)
    hostname: str  # ours
    timeout: float  # seconds for each reply
    by_mx: bool = False


class Failed(Exception):
    """The connection is no use. said: what to say of it, and at what stage it was."""

    def __init__(self, said: Said) -> None:
        super().__init__(str(said))
        self.said = said


class _Bounded:
    """Replies as lines: of bounded size, and in bounded time however slowly they come."""

    def __init__(self, lines: BinaryIO, timeout: float) -> None:
        self._lines = lines
        self._timeout = timeout
        self.begin()

    def begin(self) -> None:
        self._left = _MOST_REPLY
        self._end = time.monotonic() + self._timeout

    def readline(self, limit: int) -> bytes:
        line = self._lines.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the reply is too long")
        if time.monotonic() > self._end:
            raise TimeoutError("timed out")
        return line

    def close(self) -> None:
        self._lines.close()


class _Smtp(smtplib.SMTP):
    """smtplib that connects through Outbound, bounds replies and keeps what was said."""

    def __init__(self, outbound: Outbound, server: Server, transcript: Transcript) -> None:
        self._outbound = outbound
        self._server = server
        self._transcript = transcript
        self.secret = False
        super().__init__(local_hostname=server.hostname, timeout=server.timeout)
        self._host = server.host  # whom a certificate has to name; smtplib sets it only if its constructor connects

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._outbound.connect(host, port, timeout=timeout)
        # Each mail is a few small writes, each of which waits for an answer.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(timeout)
        if self._server.tls != "implicit" or self._server.context is None:
            return plain
        try:
            return self._server.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def putcmd(self, cmd: str, args: str = "") -> None:
        self._transcript.sent("(a secret)" if self.secret else f"{cmd} {args}".rstrip())
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"), self._server.timeout)
        if isinstance(self.file, _Bounded):
            self.file.begin()
        code, text = super().getreply()
        self._transcript.heard(code, text.decode("utf-8", "replace"))
        return code, text


class Client:
    """One connection. One thread; `abort` may come from any.

    offered: what EHLO listed, by its keyword, with its parameters. transcript: where to go on with what was said.
    """

    def __init__(self, outbound: Outbound, server: Server, transcript: Transcript | None = None) -> None:
        self.transcript = transcript or Transcript()
        self.server = server
        self.usable = False
        self.offered: Mapping[str, str] = {}
        self._smtp = _Smtp(outbound, server, self.transcript)
        self._aborted = False

    @property
    def tls(self) -> str | None:
        """The TLS version that is spoken, None without."""
        sock = self._smtp.sock
        return sock.version() if isinstance(sock, ssl.SSLSocket) else None

    @property
    def verified(self) -> bool:
        """Whether TLS is spoken with whom we meant; a name out of DNS may be another's (RFC 8689 section 4.2.1)."""
        return self.tls is not None and not self.server.by_mx and self.server.tls in ("required", "implicit")

    def open(self) -> None:
        """Connect, greet, agree on TLS and log in; raises Failed."""
        stage = Stage.CONNECT
        try:
            self.transcript.happened(f"connecting to {self.server.host}:{self.server.port}")
            code, text = self._smtp.connect(self.server.host, self.server.port)
            if code != 220:
                raise Failed(Said(code, _decoded(text), stage))
            stage = Stage.HELLO
            self._greet()
            stage = Stage.TLS
            self._secure()
            stage = Stage.LOGIN
            self._log_in()
        except (OSError, smtplib.SMTPException, ValueError) as err:
            raise self._failed(err, stage) from err
        except Failed:
            self.close()
            raise
        self.usable = True

    def _greet(self) -> None:
        self._smtp.ehlo_or_helo_if_needed()
        self.offered = {name.upper(): said for name, said in self._smtp.esmtp_features.items()}

    def _secure(self) -> None:
        if self.server.tls == "implicit":
            self.transcript.happened(f"{self.tls} since the first octet")
            return
        if self.server.tls == "off" or (self.server.tls == "offered" and "STARTTLS" not in self.offered):
            return
        self._smtp.starttls(context=self.server.context)
        self.transcript.happened(f"{self.tls} from here on")
        self._greet()

    def _log_in(self) -> None:
        if self.server.login is None:
            return
        self.transcript.sent(f"AUTH (as {self.server.login[0]})")
        self._smtp.secret = True
        try:
            self._smtp.login(*self.server.login)
        finally:
            self._smtp.secret = False

    def hand_over(self, mail: str, recipients: Sequence[str], octets: bytes) -> list[Said]:
        """Send a mail and return what was said of each recipient. Does not raise.

        mail, recipients: the commands. octets: dot-stuffed, with the final dot.
        """
        replies: list[Said] = []
        ambiguous = [False]
        try:
            self._ask([mail, *recipients, "DATA"], replies)
            said = _refusals(replies, len(recipients))
            go_ahead = replies[-1]
            accepted = [number for number in range(len(recipients)) if number not in said]
            if go_ahead.code != _GO_AHEAD:
                said.update((number, go_ahead) for number in accepted)
                self._begin_anew()
            else:
                # RFC 2920 section 3.1: a server may ask for the mail although it has taken no recipient.
                end = self._send(octets if accepted else b".\r\n", ambiguous)
                said.update((number, end) for number in accepted)
        except (OSError, smtplib.SMTPException) as err:
            broken = self._failed(err, _stage(len(replies), len(recipients)), ambiguous=ambiguous[0]).said
            # RFC 5321 section 3.8: a server that has to go says 421, and what follows is never answered.
            gone = next((each for each in replies if each.code == 421), broken)
            said = dict.fromkeys(range(len(recipients)), gone) | _refusals(replies, len(recipients))
        if any(each.code == 421 for each in said.values()):
            self.close()
        return [said[number] for number in range(len(recipients))]

    def _begin_anew(self) -> None:
        """End a transaction that came to nothing; a server that goes now has said what there is to say."""
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _ask(self, commands: Sequence[str], replies: list[Said]) -> None:
        """Send commands, in one go if the server takes them so, and add each reply."""
        stages = [_stage(number, len(commands) - 2) for number in range(len(commands))]
        if "PIPELINING" not in self.offered:
            self._ask_one_by_one(commands, stages, replies)
            return
        for command in commands:
            self.transcript.sent(command)
        self._smtp.send("".join(f"{command}\r\n" for command in commands).encode())
        for stage in stages:
            replies.append(self._reply(stage))  # noqa: PERF401 - what was read stays when the next is not there

    def _ask_one_by_one(self, commands: Sequence[str], stages: Sequence[Stage], replies: list[Said]) -> None:
        for command, stage in zip(commands, stages, strict=True):
            taken = [reply for reply in replies[1:] if reply.code // 100 == 2]
            if replies and (replies[0].code // 100 != 2 or (stage is Stage.DATA and not taken)):
                replies.append(Said(503, "not asked for", stage))
                continue
            self.transcript.sent(command)
            self._smtp.send(f"{command}\r\n".encode())
            replies.append(self._reply(stage))

    def _reply(self, stage: Stage) -> Said:
        code, text = self._smtp.getreply()
        if not 200 <= code < 600 or (stage is Stage.END and code < 400 and code // 100 != 2):
            # RFC 5321 section 4.2.1: this is no answer to what was asked, so nobody knows what the next one answers.
            raise smtplib.SMTPException(_decoded(f"{code} ".encode() * (code > 0) + text).strip() or "no reply of SMTP")
        return Said(code, _decoded(text), stage)

    def _send(self, octets: bytes, ambiguous: list[bool]) -> Said:
        whole = memoryview(octets)
        for start in range(0, len(octets), _SLICE):
            # With the last slice goes the final dot: from here on nobody can know whether the mail was taken.
            ambiguous[0] = start + _SLICE >= len(octets)
            self._smtp.sock.sendall(whole[start : start + _SLICE])  # type: ignore[union-attr]
        self.transcript.happened(f"{len(octets)} octets of data")
        return self._reply(Stage.END)

    def _failed(self, error: Exception, stage: Stage, *, ambiguous: bool = False) -> Failed:
        """Close, and return what an exception says."""
        code, text = _meaning(error)
        text = "we stopped" if self._aborted else text
        if ambiguous:
            text += "; it may have taken the mail all the same"
        self.transcript.happened(text)
        self.close()
        return Failed(Said(code, text, stage, ambiguous=ambiguous))

    def quit(self) -> None:
        """Take leave."""
        if self.usable:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.usable = False
        self._smtp.close()

    def abort(self) -> None:
        """End what goes on, whatever it waits for. Any thread."""
        self._aborted = True
        sock: Any = self._smtp.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _stage(number: int, recipients: int) -> Stage:
    """Return at which stage the reply of this number comes: that of MAIL, of each RCPT, of DATA and of its end."""
    if number == 0:
        return Stage.MAIL
    return Stage.RCPT if number <= recipients else Stage.DATA if number == recipients + 1 else Stage.END


def _refusals(replies: Sequence[Said], recipients: int) -> dict[int, Said]:
    """Return what was said of the recipients that were not taken; all of them if the sender was not."""
    if replies and replies[0].code // 100 != 2:
        return dict.fromkeys(range(recipients), replies[0])
    said = enumerate(replies[1 : recipients + 1])
    return {number: each for number, each in said if each.code // 100 != 2}


def _meaning(error: Exception) -> tuple[int, str]:
    match error:
        case smtplib.SMTPHeloError() | smtplib.SMTPAuthenticationError() | smtplib.SMTPResponseException():
            return error.smtp_code, _decoded(error.smtp_error)
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, OSError):  # what smtplib makes of it
            return _meaning(error.__context__)
        case smtplib.SMTPServerDisconnected():
            return 0, "the server closed the connection"
        case ssl.SSLCertVerificationError():
            return 0, f"the certificate is not right: {error.verify_message}"
        case TimeoutError():
            return 0, "no answer in time"
        case ssl.SSLError():
            return 0, f"no TLS: {error.reason or error}"
        case socket.gaierror():
            return 0, "the host has no address"
        case OSError():
            return 0, error.strerror or str(error)
    return 0, str(error)


def _decoded(text: bytes | str) -> str:
    """Return what a server said as one line without control characters."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return escaped(" ".join(decoded.split("\n")))
