"""The sandboxes of one server: made, found by name or by who logs in, and deleted. Knows no wire format.

One is there without choosing, the default; its mail is where the settings say. The others have a name, and their mail
in memory. Their names are in the path of a URL, in user names and in the domain of addresses, so they are DNS labels.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from mailtrap_lite.accounts import EVERYTHING
from mailtrap_lite.errors import BadSandbox, NoSuchSandbox, SandboxGone, SandboxTaken, TooManySandboxes
from mailtrap_lite.message import Envelope, Recipient, Recorder
from mailtrap_lite.sandbox.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import MemoryStore, retention_of

DOMAIN: Final = "sandbox.test"  # RFC 2606 section 2: no such domain will ever be anybody's
MOST_GONE: Final = 10_000  # names that are remembered so that late mail is refused

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MADE = re.compile(r"sandbox-[0-9a-f]{16}")  # a name that nobody chose


@dataclass(frozen=True, slots=True)
class Guest:
    """Who logged in where. user: the name in that sandbox, "" if only the sandbox was named."""

    sandbox: Sandbox
    user: str

    @property
    def known_as(self) -> str:
        """The name by which faults know the user."""
        return self.user or self.sandbox.name

    @property
    def maildrop(self) -> str:
        """What a POP3 client sees: the mailbox of the user, or everything."""
        return self.user or EVERYTHING


class Sandboxes:
    """Any thread; who reads needs no lock. `create` and `delete` may wait for the loop, so not on it."""

    def __init__(self, default: Sandbox, *, clock: Callable[[], float] = time.time) -> None:
        self.default = default
        # What the floors above do when a sandbox ends, in this order: cut its sessions, forget its pages.
        self.on_end: list[Callable[[Sandbox], None]] = []
        # When one is made, before anybody can use it.
        self.on_made: list[Callable[[Sandbox], None]] = []
        # And when there is one that may become idle.
        self.on_create: Callable[[], None] = _nothing
        self._clock = clock
        self._lock = threading.RLock()
        # Replaced whole, so that a door needs no lock, and asks nothing while there is none.
        self._named: dict[str, Sandbox] = {}
        self._used: dict[str, float] = {}
        self._visits: Counter[str] = Counter()
        self._gone: OrderedDict[str, None] = OrderedDict()

    def __iter__(self) -> Iterator[Sandbox]:
        return iter(self._named.values())

    def __len__(self) -> int:
        return len(self._named)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __repr__(self) -> str:
        return f"<{len(self._named)} sandboxes>"

    @property
    def settings(self) -> Settings:
        """Those of the server, which each sandbox has."""
        return self.default.settings

    # They come and go.

    def create(self, name: str | None = None) -> Sandbox:
        """Make a sandbox; without a name it gets one that nobody guesses.

        Raises BadSandbox for what is no name, SandboxTaken and TooManySandboxes.
        """
        wanted = f"sandbox-{secrets.token_hex(8)}" if name is None else checked_name(name)
        self.sweep()
        with self._lock:
            if wanted in self._named:
                raise SandboxTaken(f"there is a sandbox {wanted} already")
            most = self.settings.sandboxes
            if 0 < most <= len(self._named):
                raise TooManySandboxes(f"there are {most} sandboxes already; delete some, or raise --sandboxes")
            made = self._made(wanted)
            for told in self.on_made:
                told(made)
            self._gone.pop(wanted, None)
            self._used[wanted] = self._clock()
            self._named = {**self._named, wanted: made}
        self.on_create()
        return made

    def _made(self, name: str) -> Sandbox:
        store = MemoryStore(retention=retention_of(self.settings))
        return Sandbox(store, settings=self.settings, clock=self.default.clock, name=name, tally=self.default.tally)

    @contextmanager
    def temporary(self, name: str | None = None) -> Iterator[Sandbox]:
        """Make a sandbox for a `with` block."""
        made = self.create(name)
        try:
            yield made
        finally:
            self._end(made)

    def find(self, name: str) -> Sandbox:
        """Return the sandbox of a name, which counts as its use; "" is the default.

        Raises SandboxGone for one that was there, NoSuchSandbox for one that was not.
        """
        if not name:
            return self.default
        key = name.lower()
        if (found := self._named.get(key)) is not None:
            self._used[key] = self._clock()
            return found
        if self._was_there(key):
            raise _gone(key)
        raise NoSuchSandbox(f"there is no sandbox {name[:80]!a}")

    def delete(self, name: str | Sandbox) -> int:
        """Delete a sandbox; return how many messages it had.

        Who waits there is told, sessions are cut off, and logins to it are refused from now on. Raises as `find`.
        """
        sandbox = name if isinstance(name, Sandbox) else self.find(name)
        if not sandbox.name:
            raise BadSandbox("the default sandbox is always there; `clear` empties it")
        messages = self._end(sandbox)
        if messages is None:
            raise _gone(sandbox.name)
        return messages

    def _end(self, sandbox: Sandbox) -> int | None:
        name = sandbox.name
        with self._lock:
            if self._named.get(name) is not sandbox:
                return None
            self._named = {each: other for each, other in self._named.items() if each != name}
            self._used.pop(name, None)
            self._gone[name] = None
            if len(self._gone) > MOST_GONE:
                self._gone.popitem(last=False)
        messages = sandbox.counts().total
        try:
            for told in self.on_end:
                told(sandbox)
        finally:
            sandbox.close(partial(_gone, name))
        return messages

    def close(self) -> None:
        """Let all end, but the default; who waits is told that the server was stopped."""
        with self._lock:
            ended, self._named = self._named, {}
        for sandbox in ended.values():
            sandbox.close()

    # What nobody uses goes.

    @contextmanager
    def visit(self, sandbox: Sandbox) -> Iterator[None]:
        """Have a sandbox count as used for a block, however long it takes."""
        self.enter(sandbox)
        try:
            yield
        finally:
            self.leave(sandbox)

    def enter(self, sandbox: Sandbox) -> None:
        """Somebody begins to use a sandbox."""
        with self._lock:
            self._visits[sandbox.name] += 1

    def leave(self, sandbox: Sandbox) -> None:
        """And ends."""
        with self._lock:
            self._visits[sandbox.name] -= 1
            self._visits += Counter()  # drops what is 0
            self._touch(sandbox.name)

    def _touch(self, name: str) -> None:
        if name in self._named:
            self._used[name] = self._clock()

    def used(self, sandbox: Sandbox) -> float:
        """Return when somebody used it last."""
        return self._used.get(sandbox.name, 0.0)

    def sweep(self) -> int:
        """Delete what nobody has used for too long; return how many."""
        return sum(self._end(sandbox) is not None for sandbox in list(self) if self._is_idle(sandbox))

    def _is_idle(self, sandbox: Sandbox) -> bool:
        name = sandbox.name
        if self._visits[name] or sandbox.open_sessions:
            with self._lock:
                self._touch(name)
            return False
        return self._clock() - self.used(sandbox) >= self.settings.sandbox_idle

    # Who is meant.

    def guest(self, login: str) -> Guest:
        """Return where a user name leads: `NAME`, `NAME+user`, or an address in the domain of a sandbox.

        Every other name is a user of the default sandbox. Raises SandboxGone.
        """
        name, user = _split(login)
        found = self._named.get(name)
        if found is not None:
            self._used[name] = self._clock()
            return Guest(found, user)
        if self._was_there(name):
            raise _gone(name)
        return Guest(self.default, login)

    def known_as(self, login: str) -> str:
        """Return under which name a user is in the table of accounts."""
        name, user = _split(login)
        return user if user and name in self._named else login

    def of_address(self, address: str) -> Sandbox:
        """Return the sandbox in whose domain an address is, or the default; raises SandboxGone."""
        name = _label(address)
        found = self._named.get(name)
        if found is not None:
            return found
        if self._was_there(name):
            raise _gone(name)
        return self.default

    async def accept(self, envelope: Envelope, raw: bytes, *, recorder: Recorder | None = None) -> int:
        """Store a mail of a client that chose no sandbox, in each one in whose domain recipients are.

        Each gets an envelope with its own recipients only. The rest is as in `Sandbox.accept`; the id is the first's.
        """
        parts: dict[Sandbox, list[Recipient]] = {}
        for recipient in envelope.recipients:
            parts.setdefault(self.of_address(recipient.address), []).append(recipient)
        # The default first: if its file is full, nobody else has the mail either when the client tries again.
        ids = []
        for sandbox in sorted(parts, key=lambda each: each.name):
            self._touch(sandbox.name)
            part = replace(envelope, recipients=tuple(parts[sandbox]))
            ids.append(await sandbox.accept(part, raw, recorder=None if sandbox.name else recorder))
        return ids[0]

    def _was_there(self, name: str) -> bool:
        return name in self._gone or _MADE.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """Return a name as it is kept; raises BadSandbox."""
    if not isinstance(name, str) or not _NAME.fullmatch(name.lower()):
        raise BadSandbox(f"{str(name)[:80]!a} is no name of a sandbox: letters, digits and inner hyphens, 63 at most")
    return name.lower()


def domain_of(sandbox: Sandbox) -> str:
    """Return the domain whose mail is for a sandbox."""
    return f"{sandbox.name}.{DOMAIN}"


def is_in_domain(address: str) -> bool:
    """Return whether an address could be in the domain of a sandbox."""
    return address.endswith(DOMAIN) or address.lower().endswith(DOMAIN)


def _split(login: str) -> tuple[str, str]:
    """Return which sandbox a user name would name, and who that is there."""
    if label := _label(login):
        return label, login
    name, _, user = login.strip().partition("+")
    return name.lower(), user


def _label(address: str) -> str:
    domain = address.rpartition("@")[2].strip().lower()
    return domain.removesuffix(f".{DOMAIN}") if "@" in address and domain.endswith(f".{DOMAIN}") else ""


def _gone(name: str) -> SandboxGone:
    return SandboxGone(f"there is no sandbox {name} any more: it was deleted, or nobody used it for too long")


def _nothing() -> None:
    """Nobody wants to know."""
