"""`python -m mailtrap_lite.cli.reference` prints the page of settings, docs/settings.md, from their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from mailtrap_lite.cli.sources import OWN_FILE, PROJECT_FILE, TABLE, flag_of
from mailtrap_lite.settings import PREFIX, Settings, default_of


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "This page is made from the table in `settings.py`; a test fails when it is not up to date."
    yield ""
    yield f"A flag wins over `{PREFIX}…` in the environment, that over `{OWN_FILE}` in the current directory,"
    yield f"that over `[tool.{TABLE}]` in its `{PROJECT_FILE}`, that over the default."
    yield 'In Python the same names are keyword arguments: `Server(message_size="1m")`,'
    yield "and what the fixture `mailtrap_settings` returns."
    yield "A server made in Python has free ports on 127.0.0.1 and its mail in memory unless told otherwise;"
    yield "the command keeps mail in `mail.db` in the user's data directory."
    yield ""
    yield "| setting | flag | default | what it is | allowed |"
    yield "|---|---|---|---|---|"
    for item in fields(Settings):
        default = default_of(item)
        cells = (f"`{item.name}`", f"`{flag_of(item.name)}`", f"`{default}`" if default else "", item.metadata["help"])
        yield f"| {' | '.join(cells)} | {item.metadata['kind'].allowed} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - that is what it is for
