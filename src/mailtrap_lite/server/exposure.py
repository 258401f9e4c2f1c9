"""Who could reach the mail: other machines get in only when somebody said so out loud. Knows no socket."""

from __future__ import annotations

import ipaddress

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Endpoint, Settings


def refuse_open_doors(settings: Settings) -> None:
    """Raise BadSetting if mail can be read from other machines, at the POP3 or the web door, unasked."""
    for name in ("pop3", "pop3s", "web"):
        endpoint: Endpoint = getattr(settings, name)
        if not settings.no_auth and not _is_loopback(endpoint.host):
            raise BadSetting(
                f"{name}: {endpoint} lets other machines read the mail, and there is no password; "
                f"say that you want this with --no-auth, or use 127.0.0.1:{endpoint.port}"
            )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
