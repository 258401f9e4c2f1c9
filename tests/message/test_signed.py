"""DKIM signatures that dkimpy made, verified with keys of the test."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mailtrap_lite import Envelope, Message, NotOne, NotSigned

RAW = b"From: Shop <shop@x.test>\r\nTo: bob@x.test\r\nSubject: hello\r\n\r\nhi\r\n"
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
PRIVATE = RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
TXT = f"v=DKIM1; k=rsa; p={b64encode(DER).decode()}"


def message(raw: bytes) -> Message:
    return Message(7, Envelope.of("a@x.test", ["bob@x.test"]), raw, 1.0)


def signed(raw: bytes = RAW, *, domain: bytes = b"x.test") -> bytes:
    return bytes(dkim.sign(raw, b"mail", domain, PRIVATE, include_headers=[b"from", b"to", b"subject"])) + raw


@pytest.mark.parametrize(
    "key",
    [
        PUBLIC,
        PUBLIC.decode(),
        PRIVATE,
        TXT,
        f'"{TXT[:40]}" "{TXT[40:]}"',
        lambda name: TXT if "mail." in name else None,
    ],
    ids=["PEM in octets", "PEM", "private PEM", "TXT", "TXT in pieces", "function"],
)
def test_a_signature_is_verified_with_a_key_in_any_form(key: str | bytes) -> None:
    signature = message(signed()).dkim(key)

    assert (signature.domain, signature.selector, signature.algorithm) == ("x.test", "mail", "rsa-sha256")
    assert {"from", "to", "subject"} <= set(signature.headers)


def test_an_ed25519_key_is_understood() -> None:
    seed = b64encode(ED25519.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    raw = bytes(dkim.sign(RAW, b"ed", b"x.test", seed, signature_algorithm=b"ed25519-sha256")) + RAW
    public = ED25519.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    assert message(raw).dkim(public).algorithm == "ed25519-sha256"


def test_the_function_is_asked_for_the_name_of_the_record() -> None:
    asked: list[str] = []

    def record(name: str) -> str:
        asked.append(name)
        return TXT

    message(signed()).dkim(record)

    assert asked == ["mail._domainkey.x.test"]


@pytest.mark.parametrize(
    ("raw", "key", "problem"),
    [
        (signed().replace(b"\r\nhi", b"\r\nho"), PUBLIC, "the body was changed after it was signed"),
        (
            signed().replace(b"hello", b"holla"),
            PUBLIC,
            "it was made with another key, or a field that it covers was changed",
        ),
        (
            signed(),
            OTHER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "it was made with another key, or a field that it covers was changed",
        ),
        (signed(), lambda _: None, "there is no key for mail._domainkey.x.test"),
        (signed(), "garbage", "what was given for mail._domainkey.x.test is no DKIM key: 'garbage'"),
        (b"DKIM-Signature: v=1\r\n" + RAW, PUBLIC, "missing"),
        (b"DKIM-Signature: v=1; a=rsa-sha256; b=!; bh=!; d=x; s=y; h=from\r\n" + RAW, PUBLIC, ""),
    ],
    ids=["body", "field", "other key", "no key", "no such key", "no tags", "broken"],
)
def test_a_signature_that_does_not_hold_says_why(raw: bytes, key: str | bytes, problem: str) -> None:
    with pytest.raises(NotSigned, match=r"^the DKIM signature of message 7 does not hold: ") as caught:
        message(raw).dkim(key)

    assert problem in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def test_a_mail_without_a_signature_says_so() -> None:
    with pytest.raises(NotOne, match=r"^message 7 has no DKIM signature$"):
        message(RAW).dkim(PUBLIC)


def test_of_several_signatures_one_is_chosen_by_its_domain() -> None:
    twice = message(signed(signed(), domain=b"list.test"))

    with pytest.raises(NotOne, match=r"has 2 DKIM signatures, where one was expected:\n  'd=list"):
        twice.dkim(PUBLIC)
    with pytest.raises(NotOne, match=r"has no DKIM signature of z.test; it has:\n  'd=list"):
        twice.dkim(PUBLIC, domain="z.test")

    assert twice.dkim(PUBLIC, domain="X.test").domain == "x.test"
    assert twice.dkim(PUBLIC, domain="list.test").domain == "list.test"


def test_without_dkimpy_the_error_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['dkim'] = None\n"
        "from mailtrap_lite import Envelope, Message, MissingExtra\n"
        "try: Message(1, Envelope.of('', []), b'DKIM-Signature: v=1\\r\\n\\r\\n', 1.0).dkim('x')\n"
        "except MissingExtra as err: print(err)\n"
    )

    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("message.dkim() needs dkimpy; pip install 'mailtrap-lite[dkim]'\n", "")
