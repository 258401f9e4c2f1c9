"""What tells a receiver of what happens in a sandbox: one request after the other, in the order of the commits.

A notice is finished once the receiver has answered 2xx and that is written down. A kill between the two has it told
once more, under the same id: at least once, and never not at all.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mailtrap_lite.credentials import webhook_key
from mailtrap_lite.errors import BadSetting, MailtrapError, NoSuchMessage
from mailtrap_lite.message.notices import Notice, Subject, Telling
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.outbound import Outbound, Outcome
from mailtrap_lite.relaying import Schedule
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Store, Told
from mailtrap_lite.webhook.body import body_of, signed

log = logging.getLogger(__name__)

# How long a busy store is left alone between two looks, and one that is out of order, in seconds.
LOOK = 0.05
REST = 1.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, and how. base: returns the URL of the pages, "" while there are none."""

    url: str
    key: bytes = field(repr=False)
    timeout: float
    schedule: Schedule
    outbound: Outbound
    base: Callable[[], str]

    @classmethod
    def of(cls, settings: Settings, *, base: Callable[[], str]) -> Receiver | None:
        """Return what the settings say; None if nobody is told. Raises BadSetting."""
        if settings.webhook_url is None:
            return None
        if (key := webhook_key(settings)) is None:
            raise BadSetting(
                "webhook_secret: webhook_url needs one, so that it can tell who speaks; give it, or webhook_secret_file"
            )
        return cls(
            url=settings.webhook_url,
            key=key,
            timeout=settings.webhook_timeout,
            schedule=Schedule(settings.webhook_retry, settings.webhook_expire, warn=0.0),
            outbound=Outbound(settings.outbound_allow),
            base=base,
        )


class Teller:
    """Any thread; `start` once, `stop` any number of times."""

    def __init__(self, sandbox: Sandbox, store: Store, receiver: Receiver) -> None:
        self._sandbox = sandbox
        self._store = store
        self._receiver = receiver
        self._stopping = threading.Event()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="mailtrap-lite webhook", daemon=True)

    def start(self) -> None:
        """Begin with what the last process has left."""
        self._store.note(self._sandbox.webhooks.events, clock=self._sandbox.queue.now)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; what is under way is told again at the next start. Waits for timeout seconds at most."""
        self._stopping.set()
        if not self._store.closed:
            self._store.nudge()
        if (connection := self._connection) is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if timeout and self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except MailtrapError as err:
                if self._store.closed:
                    return
                log.warning("what there is to tell cannot be read: %s", err)
                self._stopping.wait(REST)
            except Exception:
                log.exception("a bug of ours; it is told again")
                self._stopping.wait(REST)

    def _work(self) -> None:
        """Tell one thing, or wait until there is one."""
        revision, now = self._store.revision, self._sandbox.queue.now()
        if (notice := self._store.due_notice(now=now)) is not None:
            self._tell(notice)
            return
        due = self._store.next_telling()
        if due is not None and due - now > self._receiver.schedule.longest:  # somebody has set the clock back since
            self._sandbox.webhooks.retry_now()
            return
        self._stopping.wait(LOOK)
        if not self._stopping.is_set():
            self._store.wait(revision, None if due is None else max(due - now, 0.0))

    def _tell(self, notice: Notice) -> None:
        receiver, at = self._receiver, self._sandbox.queue.now()
        body = body_of(notice, self._subject(notice.message), sandbox=self._sandbox.name, base=self._base())
        headers = signed(receiver.key, body, identity=notice.key, now=self._sandbox.clock())
        began = time.monotonic()
        outcome = receiver.outbound.post(
            receiver.url, body, headers=headers, timeout=receiver.timeout, opened=self._opened
        )
        reached, self._connection = self._connection is not None, None
        if self._stopping.is_set() and outcome.status == 0:  # it was us who broke it off
            return
        telling = Telling(at, time.monotonic() - began, outcome.status, said(outcome))
        self._store.told(self._told(notice, outcome, telling, reached=reached))
        log.info("notice %d of message %d, %s: %s", notice.id, notice.message, notice.event, said(outcome))

    def _told(self, notice: Notice, outcome: Outcome, telling: Telling, *, reached: bool) -> Told:
        self._sandbox.webhooks.count(notice.event, delivered=200 <= outcome.status < 300)
        if 200 <= outcome.status < 300:
            return Told(notice.id, telling, QueueState.SENT)
        next_try = self._receiver.schedule.next_try(notice.tries + 1, queued_at=notice.at, now=telling.at)
        if next_try is None:
            return Told(notice.id, telling, QueueState.FAILED)
        # Who answers has looked at this one, and may take another; who does not, will take none now. But who is there
        # and is silent on the same one again may be silent on this one only.
        silent = outcome.status == 0 and not (reached and notice.tries > 0)
        return Told(notice.id, telling, QueueState.WAITING, next_try, all_wait=silent)

    def _subject(self, message: int) -> Subject | None:
        subject = self._store.subject(message)
        if subject is None or subject.deleted or subject.digest is not None:
            return subject
        try:  # which reads it whole, and keeps what was read for the list
            return replace(subject, digest=self._sandbox.summary(message).digest)
        except NoSuchMessage:
            return self._store.subject(message)

    def _base(self) -> str:
        base = self._receiver.base()
        return f"{base}/sandboxes/{self._sandbox.name}" if base and self._sandbox.name else base

    def _opened(self, connection: socket.socket) -> None:
        self._connection = connection
        if self._stopping.is_set():
            raise OSError("the server was stopped")


def said(outcome: Outcome) -> str:
    """Return an outcome in words."""
    if not outcome.status:
        return outcome.reason
    text = f"{outcome.status} {outcome.reason}".rstrip()
    return f"{text}; redirects are not followed" if 300 <= outcome.status < 400 else text
