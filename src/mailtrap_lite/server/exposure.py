"""Who could reach the mail: other machines get in only when somebody said so out loud. Knows no socket."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from mailtrap_lite.credentials import credentials_of
from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Endpoint, Settings


def refuse_open_doors(settings: Settings) -> None:
    """Raise BadSetting if mail can be read from other machines, at the POP3 or the web door, unasked.

    A web password or token that cannot be used is one, too.
    """
    protected = {"web"} if credentials_of(settings) else set()
    if _wants_passwords(settings):
        protected |= {"pop3", "pop3s"}
    for name in ("pop3", "pop3s", "web"):
        endpoint: Endpoint = getattr(settings, name)
        if settings.no_auth or name in protected or _is_near(endpoint):
            continue
        way_out = "--web-password-file" if name == "web" else "--users and --pop3-auth table"
        raise BadSetting(
            f"{name}: {endpoint} lets other machines read the mail, and there is no password; "
            f"say that you want this with --no-auth, or protect it with {way_out}, or use 127.0.0.1:{endpoint.port}"
        )


def _wants_passwords(settings: Settings) -> bool:
    """Return whether each POP3 login is held against a table, or refused."""
    return settings.pop3_logins == "reject" or (bool(settings.users) and settings.pop3_logins != "any")


def refuse_users_without_password(settings: Settings) -> None:
    """Raise BadSetting if the table of mailboxes has a user who could never log in, and nobody said who may."""
    known = {name.lower() for name, _ in settings.users}
    for user, _ in settings.mailboxes if settings.pop3_auth is None else ():
        if user.lower() not in known:
            raise BadSetting(
                f"mailboxes: {user!r} has no password; add one to users, or say pop3_auth=any, which checks none"
            )


@lru_cache(maxsize=64)  # servers of tests have the same three, over and over
def _is_near(endpoint: Endpoint) -> bool:
    host = endpoint.host.lower()
    if endpoint.path or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
