"""`python -m mailtrap_lite.cli.faults` prints the page of faults, docs/faults.md, from the tables of faults/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailtrap_lite.faults.actions import SPELLINGS
from mailtrap_lite.faults.stages import KNOWN, MEANING, Stage
from mailtrap_lite.faults.table import ALLOWED
from mailtrap_lite.message import Protocol

# Each of these is read by a test.
EXAMPLES: Final = (
    ("RCPT bob@* 450 4.2.1 mailbox busy times=2", "busy for two attempts, then mail is taken"),
    ("MAIL sender=*@spam.test 550 5.7.1 go away", "a sender whom nobody wants"),
    ("end-of-data accept-then-drop nth=1", "stored, but the client never hears of it: does it send twice?"),
    ("DATA drop-after 1000", "the connection breaks in the middle of a mail"),
    ("RCPT 451 4.3.0 try later chance=0.2 seed=7", "one attempt of five, the same ones each time"),
    ("EHLO hide STARTTLS,AUTH", "a server without TLS and logins"),
    ("connect protocol=pop3 delay 2", "POP3 that answers late"),
    ("login user=bob -ERR [IN-USE] another session times=1", "a maildrop that is locked once"),
    ("RETR drop-after 500", "the connection breaks in the middle of a message"),
    ("UIDL change-uidl moved", "the unique-ids of another server: does a client fetch all mail again?"),
    ("RCPT 450 4.7.1 greylisted greylist=60", "greylisting: accepted a minute later"),
)

PYTHON: Final = """```python
import smtplib

import pytest
from mailtrap_lite import Reply

MAIL = "Subject: hello\\r\\n\\r\\nhi\\r\\n"


def test_a_fault_answers_twice_and_then_lets_mail_through(mailtrap):
    fault = mailtrap.faults.add("RCPT", Reply(450, "4.2.1", "mailbox busy"), times=2)

    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as smtp:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                smtp.sendmail("a@x.test", ["b@x.test"], MAIL)
        smtp.sendmail("a@x.test", ["b@x.test"], MAIL)

    assert mailtrap.wait_for(to="b@x.test").subject == "hello"
    assert [hit.matched for hit in fault.hits] == ["b@x.test", "b@x.test"]


def test_a_fault_may_end_with_a_block(mailtrap):
    with mailtrap.faults.add("MAIL", "drop"):
        with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as smtp:
            with pytest.raises(smtplib.SMTPServerDisconnected):
                smtp.sendmail("a@x.test", ["b@x.test"], MAIL)


def test_the_common_ones_have_names(mailtrap):
    mailtrap.faults.greylist(wait=0)  # 450 4.7.1 until a client comes again
    mailtrap.faults.quota_full("bob@*")  # 452 4.2.2; permanent=True: 552 5.2.2
    mailtrap.faults.flaky(0.2, seed=7)  # 451 for a fifth of all mail
    with mailtrap.down():  # connections are refused, on ports that stay ours
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port)


def test_what_comes_back(mailtrap):
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as smtp:
        smtp.sendmail("shop@x.test", ["bob@x.test"], MAIL)
    message = mailtrap.wait_for(to="bob@x.test")

    mailtrap.bounce(message, status="5.1.1")
    mailtrap.complain(message)

    subjects = [each.subject for each in mailtrap.mailbox("shop@x.test").messages]
    assert subjects[0] == "Undelivered Mail Returned to Sender"
```"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Faults on purpose"
    yield ""
    yield "This page is made by `python -m mailtrap_lite.cli.faults`; a test fails when it is not up to date."
    yield ""
    yield "A fault is a stage, a match, an action and a count. In a test:"
    yield ""
    yield PYTHON
    yield ""
    yield "A fault ends with the test, with its block, or with `fault.remove()`; what it did stays in `fault.hits`."
    yield "In a transcript a line `#: fault …` stands before what it did."
    yield "A failed test shows each fault, how often it happened, and its seed."
    yield "Of several faults the first that fits and is due happens, in the order in which they were added."
    yield ""
    yield from _grammar()
    yield from _stages()
    yield from _matrix("SMTP and LMTP", Protocol.SMTP)
    yield from _matrix("POP3", Protocol.POP3)


def _grammar() -> Iterator[str]:
    yield "## In one line"
    yield ""
    yield "`mailtrap-lite --fault 'RCPT bob@* 450 4.2.1 mailbox busy times=2'`, which can be given again and again;"
    yield 'the setting `faults`, with semicolons between them; `POST /api/v1/faults` with `{"Fault": "…"}`;'
    yield '`mailtrap.faults.read("…")`.'
    yield ""
    yield "    STAGE [CONDITION ...] ACTION [COUNT]"
    yield ""
    yield "- CONDITION: `to=`, `sender=`, `user=`, `client=` (an IP address), `session=` or `protocol=` with a value;"
    yield "  `*` and `?` stand for anything. A word with `@` or `*` alone is the recipient where there is one, else"
    yield "  the sender, else the user. Of several recipients one is enough."
    yield "- COUNT: nothing for each time, `times=2` for the first two, `every=3` for each third, `nth=2` for the"
    yield "  second only, `chance=0.2 seed=7` for a fifth, `greylist=60` until it comes again a minute later."
    yield ""
    yield "| line | what it is for |"
    yield "|---|---|"
    for line, text in EXAMPLES:
        yield f"| `{line}` | {text} |"
    yield ""


def _stages() -> Iterator[str]:
    yield "## Stages"
    yield ""
    yield "| stage | when | conditions, beside client, session and protocol |"
    yield "|---|---|---|"
    for stage in Stage:
        yield f"| `{stage}` | {MEANING[stage]} | {', '.join(sorted(KNOWN[stage]))} |"
    yield ""


def _matrix(title: str, protocol: Protocol) -> Iterator[str]:
    rows = {stage: kinds for (each, stage), kinds in ALLOWED.items() if each is protocol}
    columns = [kind for kind in SPELLINGS if any(kind in kinds for kinds in rows.values())]
    yield f"## What can happen where: {title}"
    yield ""
    yield "| action | " + " | ".join(f"`{stage}`" for stage in rows) + " |"
    yield "|---|" + "---|" * len(rows)
    for kind in columns:
        what = (kind.__doc__ or "").partition("\n")[0]
        cells = " | ".join("x" if kind in kinds else "" for kinds in rows.values())
        yield f"| `{SPELLINGS[kind].replace('|', chr(92) + '|')}`: {what} | {cells} |"
    yield ""


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - that is what it is for
