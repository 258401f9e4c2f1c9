"""Eight threads list, delete, mark and search while four send and POP3 commits: nobody gets a 5xx or a wrong count."""

from __future__ import annotations

import http.client
import json
import poplib
import random
import smtplib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite import Server

ROUNDS = 25
READERS = 8
SENDERS = 4


class Witness:
    """What was seen that must not be. Any thread."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wrong: list[str] = []
        self.chance = random.Random(20261124)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API; remember a 5xx and a number below zero."""
        connection = http.client.HTTPConnection(self.server.web.host, self.server.web.port, timeout=30)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 500:
            self.wrong.append(f"{method} {path}: {answer.status} {text[:200]}")
        found = json.loads(text) if answer.headers["Content-Type"] == "application/json" else None
        self.look(found, path)
        return found

    def look(self, value: object, where: str) -> None:
        """Remember numbers below zero, wherever they are."""
        if isinstance(value, dict):
            for name, inner in value.items():
                self.look(inner, f"{where} {name}")
        elif isinstance(value, list):
            for inner in value:
                self.look(inner, where)
        elif isinstance(value, int) and value < 0:
            self.wrong.append(f"{where} is {value}")

    def read(self) -> None:
        """List, mark, search, delete."""
        for _ in range(ROUNDS):
            listed = self.ask("GET", f"/api/v1/messages?limit=20&start={self.chance.choice((0, 0, 5))}")
            ids = [message["ID"] for message in listed["messages"]]
            some = self.chance.sample(ids, min(3, len(ids)))
            if len(listed["messages"]) > listed["total"]:
                self.wrong.append("more are listed than there are")
            if some:
                self.ask("PUT", "/api/v1/messages", {"IDs": some, "Read": self.chance.random() < 0.5})
                self.ask("GET", f"/api/v1/message/{some[0]}")
            self.ask("GET", "/api/v1/search?query=subject:number")
            self.ask("GET", "/api/v1/mailboxes")
            if some and self.chance.random() < 0.5:
                self.ask("DELETE", "/api/v1/messages", {"IDs": some[:2]})

    def send(self) -> None:
        """Send over one connection."""
        with smtplib.SMTP(self.server.smtp.host, self.server.smtp.port, timeout=30) as smtp:
            for number in range(ROUNDS):
                mail = f"Subject: number {number}\r\n\r\nhello\r\n"
                smtp.sendmail("a@x.test", [f"{self.chance.choice('bcd')}@x.test"], mail)

    def fetch(self) -> None:
        """Fetch and delete over POP3; a mailbox that another session has is left for later."""
        for _ in range(ROUNDS):
            client = poplib.POP3(self.server.pop3.host, self.server.pop3.port, timeout=30)
            try:
                client.user(self.chance.choice("bcd") + "@x.test")
                client.pass_("any")
                for number in range(1, min(3, client.stat()[0]) + 1):
                    client.dele(number)
                client.quit()
            except poplib.error_proto as err:
                # A message that the inspector has deleted meanwhile is a refusal, and no failure of ours.
                if b"SYS/TEMP" in err.args[0]:
                    self.wrong.append(str(err))
                client.close()


@pytest.mark.parametrize("kept", ["memory", "file"])
def test_eight_read_and_delete_while_four_send_and_pop3_commits(kept: str, tmp_path: Path) -> None:
    with Server(store="memory" if kept == "memory" else str(tmp_path / "mail.db")) as server:
        assert server.url
        witness = Witness(server)
        work: list[Callable[[], None]] = [witness.read] * READERS + [witness.send] * SENDERS + [witness.fetch]
        failures: list[BaseException] = []

        def do(task: Callable[[], None]) -> None:
            try:
                task()
            except Exception as err:  # noqa: BLE001  (whatever it is, the test says it)
                failures.append(err)

        threads = [threading.Thread(target=do, args=(task,), daemon=True) for task in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

        assert not [thread for thread in threads if thread.is_alive()], "a deadlock"
        assert (witness.wrong, failures) == ([], [])
        counts = witness.ask("GET", "/api/v1/messages?limit=1000")
        unread = [message for message in counts["messages"] if not message["Read"]]
        assert (counts["total"], counts["unread"]) == (len(counts["messages"]), len(unread))
        witness.ask("DELETE", "/api/v1/messages")
        after = witness.ask("GET", "/api/v1/messages")
        assert (after["total"], after["unread"]) == (0, 0)
