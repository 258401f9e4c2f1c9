"""`python -m mailtrap_lite.smtp` prints docs/smtp.md: what the door can do, and what is not upstream's."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mailtrap_lite.settings import EXTENSIONS
from mailtrap_lite.smtp.overridden import EVERYWHERE, OVERRIDDEN, REPLACED
from mailtrap_lite.smtp.verbs import LMTP_VERBS, VERBS

ABOUT = {
    "SIZE": ("RFC 1870", "the limit of `--message-size`, at MAIL and at the end of the mail"),
    "8BITMIME": ("RFC 6152", "`BODY=8BITMIME` is kept with the envelope"),
    "SMTPUTF8": ("RFC 6531", "addresses that are not ASCII need it"),
    "PIPELINING": ("RFC 2920", "replies in order, one write for each group"),
    "ENHANCEDSTATUSCODES": ("RFC 2034", "hidden: replies come without them"),
    "CHUNKING": ("RFC 3030", "BDAT; any octets are kept"),
    "BINARYMIME": ("RFC 3030", "`BODY=BINARYMIME`, with BDAT only; goes with CHUNKING"),
    "DSN": ("RFC 3461", "RET, ENVID, NOTIFY and ORCPT are checked and kept with the envelope"),
    "STARTTLS": ("RFC 3207", "with `--tls`, and not over TLS; all that was said in plain text is forgotten"),
    "AUTH": ("RFC 4954", "PLAIN, LOGIN, CRAM-MD5 and XOAUTH2, each of which can be hidden; see `--smtp-auth`"),
    "REQUIRETLS": ("RFC 8689", "over TLS only; kept with the envelope"),
    "HELP": ("RFC 5321", "lists the verbs"),
}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# SMTP"
    yield ""
    yield "This page is made by `python -m mailtrap_lite.smtp`; a test fails when it is not up to date."
    yield ""
    yield "| capability | from | what it does here |"
    yield "|---|---|---|"
    for name in EXTENSIONS:
        source, text = ABOUT[name]
        yield f"| {name} | {source} | {text} |"
    yield ""
    yield 'Each can be hidden: `--hide CHUNKING,CRAM-MD5`, `Server(hide="DSN")`, or for a while in a test'
    yield '`with mailtrap.hidden("PIPELINING"):`. What is hidden is neither offered nor taken.'
    yield ""
    yield f"Verbs: {', '.join(VERBS)}. Over LMTP (`--lmtp`, RFC 2033): {', '.join(LMTP_VERBS)}."
    yield ""
    yield "## What is overridden of aiosmtpd"
    yield ""
    yield "aiosmtpd is the engine. What it does slowly, or not as a sandbox needs it, is done anew;"
    yield "the rest is its own, and a test compares the two in ordinary dialogues."
    yield ""
    yield from (f"- `{name}`: {reason}" for name, reason in (OVERRIDDEN | REPLACED).items())
    yield from (f"- {reason}" for reason in EVERYWHERE)


if __name__ == "__main__":
    sys.stdout.write(page())
