"""Mail that lies in files: a directory of .eml files, an mbox file or a Maildir. Knows no sandbox.

Bytes are kept as they are, as far as the format allows: a .eml file and a message of a Maildir are the mail, to the
octet; what an mbox file changes is in `mbox`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mailtrap_lite.errors import BadMail
from mailtrap_lite.sandbox.mbox import mails_of_mbox

_DIGITS = re.compile(r"([0-9]+)")


def mails_in(path: Path) -> list[bytes]:
    """Return the mails of a directory of .eml files, by name, of a Maildir, or of an mbox file, in its order.

    What is in `new` and in `cur` of a Maildir comes together, in the order of delivery, which the names begin with;
    what is in `tmp` was never delivered. Raises BadMail for anything else, and for a file that cannot be read.
    """
    try:
        return list(_mails(path))
    except OSError as err:
        raise BadMail(f"{err.filename or path} cannot be read: {err.strerror or err}") from err


def _mails(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        return (file.read_bytes() for file in _files_of(path))
    mails = mails_of_mbox(path.read_bytes())
    if mails is None:
        raise BadMail(
            f'{path} is no mbox file: it does not begin with a line "From ADDRESS DATE"; '
            "one mail is planted with deliver()"
        )
    return mails


def _files_of(directory: Path) -> list[Path]:
    parts = [directory / name for name in ("new", "cur") if (directory / name).is_dir()]
    delivered = [file for part in parts for file in _files(part)]
    letters = [file for file in _files(directory) if file.suffix.lower() == ".eml"]
    if delivered and letters:
        raise BadMail(f"{directory} is a Maildir with .eml files beside it; put either into a directory of its own")
    if not parts and not letters:
        raise BadMail(f"{directory} is no Maildir, and no .eml file is in it")
    return sorted(letters, key=lambda file: file.name) or sorted(delivered, key=_delivery)


def _files(directory: Path) -> Iterable[Path]:
    # maildir(5): names that begin with a dot are no messages. A link to nothing counts, so that its name is said when
    # it cannot be read.
    return (
        file
        for file in directory.iterdir()
        if not file.name.startswith(".") and (file.is_file() or (file.is_symlink() and not file.exists()))
    )


def _delivery(file: Path) -> list[str | int]:
    """Return what to sort a message of a Maildir by.

    maildir(5): its name begins with the seconds since the epoch, and often goes on with microseconds and a counter. All
    of them have as many digits as they need.
    """
    return [int(part) if number % 2 else part for number, part in enumerate(_DIGITS.split(file.name))]
