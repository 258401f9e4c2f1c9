"""Mail that lies in files: a directory of .eml files, an mbox file or a Maildir. Knows no sandbox.

Bytes are kept as they are, as far as the format allows:
A .eml file and a message of a Maildir are the mail, to the octet.
An mbox file holds each mail behind a line that begins with "From " (RFC 4155). That line is not part of the mail, nor
is the empty line before the next one. A line that the writer had to quote, as ">From " or ">>From ", loses one ">".
"""

from __future__ import annotations

import mailbox
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mailtrap_lite.errors import BadMail

_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_OTHER_LINE_END = b"\r\n" if os.linesep == "\n" else b"\n"


def mails_in(path: Path) -> list[bytes]:
    """Return the mails of a directory of .eml files or a Maildir, by file name, or of an mbox file, in its order.

    The names in a Maildir begin with the time of delivery, so that its order is the order of delivery; what is in its
    `new` and in its `cur` counts, what is in `tmp` was never delivered. Raises BadMail for anything else.
    """
    try:
        return list(_mails(path))
    except OSError as err:
        raise BadMail(f"{err.filename or path} cannot be read: {err.strerror or err}") from err


def _mails(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        parts = [path / name for name in ("new", "cur") if (path / name).is_dir()]
        files = sorted(_files(parts) if parts else _eml_files(path), key=lambda file: file.name)
        return (file.read_bytes() for file in files)
    with path.open("rb") as file:
        first = file.read(5)
    if first not in (b"", b"From "):
        raise BadMail(f'{path} is no mbox file: it does not begin with "From "; one mail is planted with deliver()')
    return _of_mbox(path)


def _files(directories: list[Path]) -> list[Path]:
    # maildir(5): names that begin with a dot are no messages.
    return [
        file
        for directory in directories
        for file in directory.iterdir()
        if file.is_file() and not file.name.startswith(".")
    ]


def _eml_files(directory: Path) -> list[Path]:
    found = [file for file in _files([directory]) if file.suffix.lower() == ".eml"]
    if not found:
        raise BadMail(f"{directory} is no Maildir, and no .eml file is in it")
    return found


def _of_mbox(path: Path) -> Iterator[bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as part:
                raw: bytes = part.read()
            # The library leaves the empty line before the next mail out only where lines end as this system's do.
            if raw.endswith(2 * _OTHER_LINE_END):
                raw = raw[: -len(_OTHER_LINE_END)]
            yield _QUOTED.sub(rb"\1", raw)
    finally:
        box.close()
