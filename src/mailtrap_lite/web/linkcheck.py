"""What links answer, asked a few at a time and for a bounded while. It knows the one way out; it knows no request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from mailtrap_lite.outbound import Outbound

MOST_ASKED = 100  # links of one mail
AT_ONCE = 8
ALTOGETHER = 30.0  # seconds
EACH = 10.0


def asked_of(outbound: Outbound, links: Sequence[str], *, follow: bool) -> dict[str, tuple[int, str]]:
    """Return status and reason of each link; 0 for one that nobody answered for, or that was not asked."""
    deadline = time.monotonic() + ALTOGETHER

    def ask(url: str) -> tuple[int, str]:
        left = deadline - time.monotonic()
        if left <= 0:
            return 0, "not asked: the others took too long"
        outcome = outbound.head_or_get(url, follow=5 if follow else 0, timeout=min(EACH, left))
        return outcome.status, outcome.reason

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mailtrap-lite-links") as pool:
        found = dict(zip(links[:MOST_ASKED], pool.map(ask, links[:MOST_ASKED]), strict=True))
    return found | dict.fromkeys(links[MOST_ASKED:], (0, f"not asked: more than {MOST_ASKED} links"))
