"""A certificate in a file that is also what a client has to trust, as smtpdfix makes it."""

from __future__ import annotations

from pathlib import Path

from mailtrap_lite import BadSetting

NAMES = ("localhost", "localhost.localdomain", "127.0.0.1", "::1")


def make_certificate(folder: Path, *, separate_key: bool = False) -> Path:
    """Write `cert.pem` into a folder, with its key in it or beside it as `key.pem`, and return it.

    Raises BadSetting without trustme.
    """
    try:
        import trustme  # it brings cryptography, for those who ask for TLS only
    except ImportError as err:
        raise BadSetting("use_ssl and use_starttls need trustme; pip install 'mailtrap-lite[tls]'") from err
    authority = trustme.CA(organization_name="mailtrap-lite, for tests only")
    made = authority.issue_cert(*NAMES, common_name="localhost")
    key = made.private_key_pem.bytes()
    chain = b"".join(each.bytes() for each in made.cert_chain_pems) + authority.cert_pem.bytes()
    if separate_key:
        (folder / "key.pem").write_bytes(key)
    certificate = folder / "cert.pem"
    certificate.write_bytes(chain if separate_key else key + chain)
    return certificate
