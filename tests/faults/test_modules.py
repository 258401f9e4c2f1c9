"""Faults happen also where modules are taken out of sys.modules meanwhile, as pytester does between its suites."""

from __future__ import annotations

import subprocess
import sys

SUITES = """
import smtplib
import sys
from mailtrap_lite import Server

def send(server):
    try:
        with smtplib.SMTP(server.smtp.host, server.smtp.port, timeout=2) as client:
            client.sendmail("a@x.test", ["b@x.test"], "Subject: x\\r\\n\\r\\n")
    except smtplib.SMTPServerDisconnected as err:
        return str(err)

with Server() as server:
    send(server)
before = set(sys.modules)
for stage, action in (("RCPT", "drop"), ("end-of-data", "accept-then-drop"), ("MAIL", "reset")):
    with Server() as server:
        server.faults.add(stage, action)
        print(send(server))
    for name in set(sys.modules) - before:
        del sys.modules[name]
"""


def test_a_fault_happens_also_when_its_modules_were_imported_twice() -> None:
    done = subprocess.run([sys.executable, "-c", SUITES], capture_output=True, text=True, timeout=120, check=False)

    dropped, stored, reset = done.stdout.splitlines()
    assert (dropped, stored, done.stderr) == ("Connection unexpectedly closed",) * 2 + ("",)
    assert "reset by peer" in reset
