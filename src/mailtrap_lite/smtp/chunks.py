"""One chunk of BDAT (RFC 3030 section 2): so many octets, whatever they are. Knows no socket."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailtrap_lite.smtp.replies import refused

_SIZE = re.compile(r"[0-9]{1,19}")


@dataclass(slots=True)
class Chunk:
    """A chunk that is coming in. refusal: what is answered once it has passed, if it is not taken; b"" if it is."""

    size: int
    last: bool
    refusal: bytes = b""
    missing: int = 0

    def __post_init__(self) -> None:
        self.missing = self.size

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what of these octets belongs to the chunk, and what follows it."""
        mine = data if len(data) <= self.missing else data[: self.missing]
        self.missing -= len(mine)
        return mine, data[len(mine) :]

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""
        return not self.missing


def chunk(argument: str) -> Chunk:
    """Return the chunk that `BDAT argument` announces; raises Refused.

    Nobody knows how many octets follow a wrong announcement, so none are skipped.
    """
    words = argument.split()
    size, last = words[:1], [word.upper() for word in words[1:]]
    if not size or not _SIZE.fullmatch(size[0]) or last not in ([], ["LAST"]):
        raise refused(501, "5.5.4", "Syntax: BDAT octets [LAST]")
    return Chunk(int(size[0]), last=bool(last))
