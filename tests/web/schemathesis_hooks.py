"""What schemathesis needs to know of this API: how mail is written, and that nobody has a minute for a wait."""

from __future__ import annotations

from contextlib import suppress
from typing import Any  # Any: what schemathesis generates

import schemathesis


@schemathesis.serializer("message/rfc822", "application/mbox")
def mail(context: Any, value: Any) -> bytes:
    """Return a body that is mail, or none at all."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Shorten each wait; what is no number stays what it is."""
    query = case.query or {}
    with suppress(TypeError, ValueError):
        if "timeout" in query and 0.02 < float(query["timeout"]) <= 60:
            query["timeout"] = "0.02"
