"""Certificates: given files, or one made for this process, with what a client needs to trust it.

It knows files and contexts; who speaks TLS, and when, is a matter of the doors.
"""

from __future__ import annotations

import atexit
import os
import ssl
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    import trustme

    from mailtrap_lite.faults import Flaw

# What the certificate that we make is good for, beside the name that the doors greet with.
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
WRONG_NAME = "elsewhere.invalid"  # RFC 2606: a name that nobody has


@dataclass(frozen=True)
class Tls:
    """A server's certificate.

    ca_file: what clients have to trust, in PEM: the CA of this process, or the given certificate.
    server_context: what the doors use; at least TLS 1.2 (RFC 8996).
    """

    ca_file: Path
    server_context: ssl.SSLContext
    hostname: str = ""  # for which the certificate was made; "" if it was given

    def flawed(self, flaw: Flaw) -> ssl.SSLContext:
        """Return a server's context whose certificate has a flaw, and is otherwise as good as ours.

        Raises BadSetting if the certificate was given: nobody here can sign another one like it.
        """
        if not self.hostname:
            raise BadSetting("tls_cert: a certificate with a flaw can only be made where the certificate is made, too")
        return _flawed(self.hostname, flaw)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """A client's context that trusts this server, and nobody else, and checks its name."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        # So that a given certificate can be trusted that is no CA, and has none here.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


def tls_of(settings: Settings) -> Tls | None:
    """Return the certificate that the settings ask for, None if they ask for none; raises BadSetting."""
    if settings.tls_cert is not None:
        return _given(settings.tls_cert, settings.tls_key)
    if settings.tls_key is not None:
        raise BadSetting("tls_key: a key is no use without its certificate; give it with --tls-cert")
    return _made(settings.hostname) if settings.web_tls or offers_tls(settings) else None


def offers_tls(settings: Settings) -> bool:
    """Return whether SMTP and POP3 are to speak TLS; the web door has a setting of its own."""
    required = settings.require_tls or settings.pop3_require_tls
    return settings.tls or required or settings.tls_cert is not None


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _given(certificate: Path, key: Path | None) -> Tls:
    context = _server_context()
    try:
        # An empty password: a key that wants one is an error, and never a question on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as err:
        where = f"{certificate}" if key is None else f"{certificate} with tls_key {key}"
        reason = err.strerror if not isinstance(err, ssl.SSLError) and err.strerror else "not a certificate and its key"
        raise BadSetting(
            f"tls_cert: {where} cannot be used: {reason}; give a certificate chain and an unencrypted key in PEM"
        ) from err
    return Tls(certificate, context)


# One CA for each process, and one certificate for each name: a test starts many servers.
_making = threading.Lock()
_authority: tuple[int, trustme.CA, Path] | None = None
_ready: dict[str, Tls] = {}
_ready_flawed: dict[tuple[str, Flaw], ssl.SSLContext] = {}


def _made(hostname: str) -> Tls:
    with _making:
        authority, ca_file = _authority_here()
        if hostname not in _ready:
            context = _server_context()
            names = dict.fromkeys((*LOCAL_NAMES, hostname))
            # The common name, deprecated by RFC 9525, is for fetchmail, which takes no certificate without one.
            authority.issue_cert(*names, common_name=hostname[:64]).configure_cert(context)
            _ready[hostname] = Tls(ca_file, context, hostname)
        return _ready[hostname]


def _flawed(hostname: str, flaw: Flaw) -> ssl.SSLContext:
    with _making:
        authority, _ = _authority_here()
        if (hostname, flaw) not in _ready_flawed:
            import trustme  # it is there: it made the authority

            from mailtrap_lite.faults import Flaw  # whoever asks for one has it

            names = [WRONG_NAME] if flaw is Flaw.WRONG_NAME else list(dict.fromkeys((*LOCAL_NAMES, hostname)))
            if flaw is Flaw.UNTRUSTED:
                authority = trustme.CA(organization_name="mailtrap-lite, trusted by nobody")
            now = datetime.now(UTC)
            begin, end = (now - timedelta(days=60), now - timedelta(days=30)) if flaw is Flaw.EXPIRED else (None, None)
            context = _server_context()
            certificate = authority.issue_cert(*names, common_name=names[0][:64], not_before=begin, not_after=end)
            certificate.configure_cert(context)
            _ready_flawed[hostname, flaw] = context
        return _ready_flawed[hostname, flaw]


def _authority_here() -> tuple[trustme.CA, Path]:
    """Return the CA of this process and its file, which is gone when the process ends."""
    global _authority
    # After a fork the file belongs to the parent, who may end first.
    if _authority is None or _authority[0] != os.getpid():
        try:
            import trustme  # it brings cryptography, for those who ask for it only
        except ImportError as err:
            raise BadSetting(
                "tls: a certificate for this run is made with trustme, which is not installed; "
                "pip install 'mailtrap-lite[tls]', or give a certificate with --tls-cert"
            ) from err
        _ready.clear()
        _ready_flawed.clear()
        authority = trustme.CA(organization_name="mailtrap-lite, for tests only")
        descriptor, name = tempfile.mkstemp(prefix="mailtrap-lite-ca-", suffix=".pem")
        with os.fdopen(descriptor, "wb") as file:
            file.write(authority.cert_pem.bytes())
        _authority = os.getpid(), authority, Path(name)
        atexit.register(_remove, os.getpid(), Path(name))
    return _authority[1:]


def _remove(pid: int, path: Path) -> None:
    if pid == os.getpid():
        path.unlink(missing_ok=True)
