"""`python -m mailtrap_lite.search` prints docs/search.md: the grammar, each prefix, and what was decided."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mailtrap_lite.message.limits import SEARCHED_LINKS, SEARCHED_TEXT, SEARCHED_WIDE_TEXT
from mailtrap_lite.search.parser import DEEPEST, LONGEST, MOST_TERMS
from mailtrap_lite.search.terms import TERMS

# What a query finds, each with a line about it. The tests run them.
EXAMPLES = (
    ("order confirmed", "both words, anywhere and in any order"),
    ('"your order"', "these words together; a line end counts as a space"),
    ("order -cancelled", "the one and not the other; `!cancelled` is the same"),
    ("invoice OR order", "one of them; a space binds closer than `OR`"),
    ("from:alice (invoice OR order)", "parentheses"),
    ("-(refund OR cancelled)", "neither of them"),
    ("to:=bob@x.test", "this address and no longer one"),
    ('from:="Alice Smith"', "a whole name"),
    ('subject:"100%"', "`%`, `_` and `*` stand for themselves"),
    ("STRASSE", "finds `straße`: letter case, width and composition do not matter"),
    ('-reply-to:=""', "has a Reply-To"),
    ("https://shop.test/confirm?token=abc", "an unknown prefix is text; where the links of the HTML lead is found"),
    ("is:unread -is:tagged after:2026-01-31T10:00+01:00", "as many terms as you like"),
    ("3d", "a word; only behind `before:` and `after:` it is a time"),
)

DECISIONS = (
    "A word or a phrase is looked for in everything that has a prefix which takes a text, but not in `header:`,"
    " and in the text of the mail. A part of a word will do.",
    "The text of the mail is its plain text, what its HTML shows, and where the links of the HTML lead."
    f" Of each the first {SEARCHED_TEXT:,} characters are looked at, {SEARCHED_WIDE_TEXT:,} if they are not all ASCII,"
    f" and the first {SEARCHED_LINKS:,} links. Attached files are not looked into.",
    "Texts are compared in Unicode form NFKC with their case folded, and each run of white space is one space."
    " So `É` is `é`, `ß` is `ss` and a letter of full width is the plain one, but `é` is not `e`.",
    'Behind the prefixes with an = in the table, `=` asks for the whole: `to:=bob@x.test`, `subject:="hello"`.'
    ' The empty phrase finds mail without: `subject:=""`.',
    "An address is a name, an address, or both as they are shown: `Alice Smith <alice@x.test>`.",
    'A phrase goes from `"` to `"`; `\\"` and `\\\\` in it stand for `"` and `\\`.'
    ' Elsewhere than at the beginning of a term a `"` is text.',
    "A `(` opens a group at the beginning of a term only: `f(x)` is a word. `OR` and `AND` are in capitals.",
    "Only a single `-` or `!` in front of a term negates it: `--verbose` and a `-` alone are text.",
    "A prefix that is not in the table is text, so that `http://x.test` and `12:30` are found."
    " One of the table with a value that it cannot take is an error, not text.",
    "A date is `2026-01-31`, `2026-01-31T12:30` with seconds and a zone if you like, `today`, `yesterday`,"
    " or `90m`, `12h`, `3d`, `2w` for so long ago. A day is its first moment in the time zone of the one who asks,"
    " UTC if nothing is said. Compared is when the mail was received, not its Date field.",
    "A size is a number of octets, or with `k`, `m` or `g` of KiB, MiB or GiB.",
    "`mailbox:` names a mailbox by its address, or several by their local part, as a POP3 user does,"
    " also when POP3 deleted the mail there since.",
    "A tag is compared whole. A mail comes with the tags of its X-Tags field and of plus-addresses"
    " (`alice+tag@x.test`) in its From, To, Cc and Bcc and in the envelope, if the settings say so.",
    "An empty query finds every mail. What deletes or marks the mail that a query finds refuses an empty one.",
    f"A query has at most {LONGEST:,} characters, {MOST_TERMS} terms, and parentheses {DEEPEST} deep.",
)


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Search"
    yield ""
    yield "This page is made by `python -m mailtrap_lite.search`; a test fails when it is not up to date."
    yield ""
    yield "One grammar for the page, the API, the command line and `wait_for(query=…)`."
    yield "A query that cannot be understood is an error that names the place and the reason; over HTTP it is 400."
    yield ""
    yield "| query | finds |"
    yield "|---|---|"
    for query, text in EXAMPLES:
        yield f"| `{query}` | {text} |"
    yield ""
    yield "| prefix | takes | = | example | finds |"
    yield "|---|---|---|---|---|"
    for term in TERMS:
        takes = term.takes.replace("|", ", ")
        yield f"| `{term.name}:` | {takes} | {'=' if term.exact else ''} | `{term.example}` | {term.text} |"
    yield ""
    for decision in DECISIONS:
        yield f"- {decision}"


if __name__ == "__main__":
    sys.stdout.write(page())
