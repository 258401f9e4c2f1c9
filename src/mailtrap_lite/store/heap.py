"""The memory of large mails: what is large, and that it goes back to the system. Knows no mail."""

from __future__ import annotations

from functools import cache

# From so many octets on a mail is large, and is not copied whole.
LARGE = 512 * 1024

# glibc's mallopt(3): blocks of that many octets are mapped one by one, and unmapped when they are freed.
_M_MMAP_THRESHOLD = -3
_MAPPED = 4 * 1024**2


@cache
def free_at_once() -> None:
    """Have the memory of mails of some MB go back to the system as soon as it is freed.

    glibc does so with the first such block. Then it raises its threshold, and keeps up to 64 MB for each thread.
    """
    import ctypes  # only a server that gets a large mail needs it

    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED)
    except (AttributeError, OSError, TypeError):
        return  # another C library
