"""The secrets of the settings: what opens the web door, or that of the next server, and what signs webhooks.

Reads the files that hold them; knows no request.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from pathlib import Path

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Settings

_SIGNING = "whsec_"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets of the web door; both None: it is open. user: None takes any name."""

    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    user: str | None = None

    def __bool__(self) -> bool:
        return self.password is not None or self.token is not None

    @property
    def secret(self) -> str:
        """What a person signs in with: the password, or the token if there is no password."""
        return self.password or self.token or ""

    def fit(self, user: str, password: str) -> bool:
        """Return whether a person may come in. How long it takes depends on what was sent only."""
        right_user = self.user is None or _same(self.user, user)
        return _same(self.secret, password) and right_user and bool(self)

    def fit_token(self, token: str) -> bool:
        """Return whether a program may come in."""
        return self.token is not None and _same(self.token, token)


def credentials_of(settings: Settings) -> Credentials:
    """Return the secrets that the settings give or name a file of; raises BadSetting."""
    password = _given(settings, "web_password", settings.web_password, settings.web_password_file)
    token = _given(settings, "web_token", settings.web_token, settings.web_token_file)
    if settings.web_user is not None and password is None:
        raise BadSetting("web_user: a name is no use without its password; give it with --web-password-file")
    return Credentials(password, token, settings.web_user)


def relay_login(settings: Settings) -> tuple[str, str] | None:
    """Return the name and the password for the server that mail is sent on to, None without; raises BadSetting."""
    password = _given(settings, "relay_password", settings.relay_password, settings.relay_password_file)
    if settings.relay_user is None or password is None:
        return None
    return settings.relay_user, password


def webhook_key(settings: Settings) -> bytes | None:
    """Return what webhooks are signed with, None without; raises BadSetting.

    After `whsec_` stand the octets in base64, as Standard Webhooks has it; any other text stands for its own.
    """
    secret = _given(settings, "webhook_secret", settings.webhook_secret, settings.webhook_secret_file)
    if secret is None or not secret.startswith(_SIGNING):
        return None if secret is None else secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_SIGNING), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSetting(f"webhook_secret: what follows {_SIGNING} is not base64")
    return key


def _given(settings: Settings, name: str, value: str | None, file: Path | None) -> str | None:
    if file is None:
        return value
    if value is not None:
        raise BadSetting(f"{name}: it is given twice; give it or {name}_file")
    try:
        first = file.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8"
        raise BadSetting(f"{name}_file: {file} cannot be read: {reason}") from err
    if not first.strip():
        raise BadSetting(f"{name}_file: the first line of {file} is empty")
    # Through the settings, so that a file is held to what a flag is held to.
    kept: str = getattr(Settings.of({name: first}, source=str(file)), name)
    return kept


def _same(secret: str, given: str) -> bool:
    # Digests, because the comparison of texts would tell their length.
    return hmac.compare_digest(_digest(secret), _digest(given))


def _digest(text: str) -> bytes:
    return hmac.digest(b"mailtrap-lite", text.encode("utf-8", "surrogatepass"), "sha256")
