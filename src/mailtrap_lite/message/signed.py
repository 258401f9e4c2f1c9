"""DKIM signatures (RFC 6376), verified with a key that a test gives. dkimpy does the work; no name is looked up."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailtrap_lite.errors import MissingExtra, NotOne, NotSigned
from mailtrap_lite.message.authentication import signatures
from mailtrap_lite.message.content import Content

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace

# The public or private key as PEM, the text of its TXT record, or a function from the record's name to its text.
DkimKey = str | bytes | Callable[[str], str | bytes | None]

_PEM = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----(.{1,20000}?)-----END", re.DOTALL)
_TAGGED = re.compile(r"(?:^|[;\s])p\s{0,9}=")
# The SubjectPublicKeyInfo of an Ed25519 key is this and the 32 octets that the record has (RFC 8410, RFC 8463).
_ED25519 = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True, slots=True)
class DkimSignature:
    """A signature that holds. headers: the names of the fields that it covers, in lower case."""

    domain: str
    selector: str
    algorithm: str
    headers: tuple[str, ...]

    def __str__(self) -> str:
        return f"d={self.domain}, s={self.selector}, a={self.algorithm}, h={':'.join(self.headers)}"


def verified(raw: bytes, key: DkimKey, *, domain: str | None, name: str) -> DkimSignature:
    """Return the only signature, or the only one of a domain, that the mail has and that holds. name: of the mail."""
    fields = [each for each in signatures(Content(raw).headers) if each.field.lower() == "dkim-signature"]
    found = [_value(dict(each.tags)) for each in fields]
    fitting = [n for n, each in enumerate(found) if domain is None or each.domain.casefold() == domain.casefold()]
    if len(fitting) != 1:
        many = f"{len(fitting)} DKIM signatures" if fitting else "no DKIM signature"
        head = f"{name} has {many}{f' of {domain}' if domain else ''}"
        head += ", where one was expected:" if fitting else "; it has:" if found else ""
        listed = tuple(map(str, found))
        raise NotOne("\n".join([head, *(f"  {each!a}" for each in listed)]), listed)
    if problem := _problem(raw, fitting[0], key):
        raise NotSigned(f"the DKIM signature of {name} does not hold: {problem}\n  {str(found[fitting[0]])!a}")
    return found[fitting[0]]


def _value(tags: dict[str, str]) -> DkimSignature:
    names = tuple(each.strip().lower() for each in tags.get("h", "").split(":"))
    return DkimSignature(tags.get("d", ""), tags.get("s", ""), tags.get("a", ""), names)


def _problem(raw: bytes, number: int, key: DkimKey) -> str:
    """Return why a signature does not hold; "" if it does."""
    try:
        import dkim  # an extra, imported by who uses it
    except ImportError as err:
        raise MissingExtra("message.dkim() needs dkimpy; pip install 'mailtrap-lite[dkim]'") from err
    asked: list[str] = []
    given: list[str] = []

    def record(name: bytes, timeout: int = 0) -> bytes:
        asked.append(name.decode("ascii", "replace").rstrip("."))
        said = (key(asked[-1]) or "") if callable(key) else key
        given.append(_record(said))
        return given[-1].encode("ascii", "replace")

    try:
        holds = dkim.DKIM(raw).verify(idx=number, dnsfunc=record)
    except dkim.DKIMException as err:
        if "body hash mismatch" in str(err):
            return f"the body was changed after it was signed ({err})"
        return f"the key for {asked[-1]} cannot be used ({err})" if asked else str(err)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as err:  # what dkimpy makes of broken fields
        return f"it cannot be read ({err or type(err).__name__})"
    if holds:
        return ""
    if given and not given[-1]:
        return f"there is no key for {asked[-1]}"
    if given and not _TAGGED.search(given[-1]):
        return f"what was given for {asked[-1]} is no DKIM key: {given[-1][:60]!a}"
    return "it was made with another key, or a field that it covers was changed"


def _record(key: str | bytes) -> str:
    """Return a key as the text of its TXT record (RFC 6376 section 3.6.1)."""
    text = key.decode("ascii", "replace") if isinstance(key, bytes) else key
    found = _PEM.search(text)
    if found is None:
        return "".join(piece for piece in text.split('"')) if '"' in text else text
    if "PRIVATE" in found[1]:
        return _of_private(text)
    return _of_public(base64.b64decode(found[2]))


def _of_public(octets: bytes) -> str:
    if octets.startswith(_ED25519):
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets[len(_ED25519) :]).decode('ascii')}"
    return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode('ascii')}"


def _of_private(pem: str) -> str:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as err:
        raise MissingExtra("a private key needs cryptography to be read; give the public key, or install it") from err
    public = serialization.load_pem_private_key(pem.encode("ascii"), None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _of_public(public.public_bytes(serialization.Encoding.DER, form))
