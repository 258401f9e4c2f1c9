"""`python -m mailtrap_lite.cli.findings` prints the page of what lint finds, docs/lint.md, from the table of rules."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrap_lite.message import Rule
from mailtrap_lite.message.rules import Kind

_HEADINGS = {
    Kind.OCTETS: "Octets",
    Kind.HEADER: "Header",
    Kind.MIME: "MIME",
    Kind.ENVELOPE: "Envelope",
    Kind.WIRE: "What only the wire shows",
}

_ABOUT = """\
# Lint

This page is made from the table in `message/rules.py`; a test fails when it is not up to date.

A sandbox accepts what a real server would accept, and says what a strict one would object to.
`message.lint` is a tuple of findings, and empty for clean mail.
[An example](../examples/test_clean_mail.py) asserts on it.

A `Finding` has a `code`, which stays the same from version to version, a `text` that says what, how often and where,
`refusable`, and the `rfc` that is broken. `str(finding)` reads `bare-lf: LF without CR in line 7`.

`--strict` refuses what is marked so below: rules that real servers can be set to enforce,
and rules that make two readers see different mails. The others are only said.
Mail that was planted by a test came over no wire, so the last two tables are not for it.

Not flagged, since it is normal: an envelope sender that is in no header, recipients that are in no header
(blind copies, lists), the null sender of bounces, `From` of another domain than the envelope's sender,
8-bit text without a charset in attachments, and whatever is inside of an attached mail.
"""


def page() -> str:
    """Return the page as Markdown."""
    return _ABOUT + "".join(f"{line}\n" for line in _tables())


def _tables() -> Iterator[str]:
    for kind, heading in _HEADINGS.items():
        yield from ("", f"## {heading}", "")
        yield from ("| code | what is wrong | `--strict` | where that is written |", "|---|---|---|---|")
        for rule in Rule:
            if rule.kind is kind:
                strict = "refuses" if rule.refusable else ""
                yield f"| `{rule.value}` | {rule.meaning} | {strict} | {rule.rfc} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - that is what it is for
