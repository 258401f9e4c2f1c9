"""Small pictures: made of real ones, never by decoding a bomb."""

from __future__ import annotations

import io
import struct
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web.thumbs import NoThumbnail, TooManyPoints, thumbnail

Image = pytest.importorskip("PIL.Image", reason="pip install pillow")


def picture(kind: str, size: tuple[int, int] = (400, 100), mode: str = "RGB") -> bytes:
    octets = io.BytesIO()
    Image.new(mode, size, 200 if mode in "LP1" else (200, 0, 0) if mode == "RGB" else (200, 0, 0, 0)).save(octets, kind)
    return octets.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    """A PNG that declares any size, and would be as large when decoded."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * min(width * height * 3, 20_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("size", [(400, 100), (1, 1), (10, 3000), (4000, 3000)], ids=str)
def test_a_picture_becomes_a_jpeg_of_one_size(kind: str, size: tuple[int, int]) -> None:
    small = Image.open(io.BytesIO(thumbnail(picture(kind, size))))

    assert (small.format, small.size, small.mode) == ("JPEG", (180, 120), "RGB")


def test_what_can_be_seen_through_is_on_white() -> None:
    small = Image.open(io.BytesIO(thumbnail(picture("PNG", mode="RGBA"))))

    assert min(small.getpixel((90, 60))) > 250


@pytest.mark.parametrize(
    "octets",
    [
        png(65_535, 65_535),
        b"GIF89a"
        + struct.pack("<HH", 65_535, 65_535)
        + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0"
        + b"\xff" * 4
        + b"\0\x02\0;",
        png(100_000, 1_000),
    ],
    ids=["PNG", "GIF", "wide"],
)
def test_a_bomb_is_refused_by_what_it_declares(octets: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()

    with pytest.raises(TooManyPoints, match="declares"):
        thumbnail(octets)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert time.process_time() - began < 2  # a bound on hostile input, not a speed


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"text",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 1000,
        b"GIF89a",
        b"\xff\xd8\xff" + b"x" * 100,
        b"RIFF\0\0\0\0WEBP" + b"x" * 100,
        picture("PNG")[:-40],
        png(100, 100)[:60],
    ],
    ids=repr,
)
def test_what_is_no_whole_picture_is_refused(octets: bytes) -> None:
    with pytest.raises(NoThumbnail):
        thumbnail(octets)


def with_file(sandbox: Sandbox, octets: bytes) -> Message:
    mail = EmailMessage()
    mail["Subject"] = "picture"
    mail.set_content("text")
    mail.add_attachment(octets, "image", "png", filename="a.png")
    return sandbox.deliver(mail, to="b@x.test")


@pytest.mark.parametrize(
    ("octets", "status"),
    [(picture("PNG"), 200), (b"no picture", 415), (png(65_535, 65_535), 422)],
    ids=["a picture", "none", "a bomb"],
)
def test_the_route_answers_with_it_or_why_not(
    client: FlaskClient, sandbox: Sandbox, octets: bytes, status: int
) -> None:
    with_file(sandbox, octets)

    answer = client.get("/api/v1/message/1/part/2/thumb")

    assert answer.status_code == status
    assert answer.content_type == ("image/jpeg" if status == 200 else "application/json")
    assert "sandbox" in answer.headers["Content-Security-Policy"] or status != 200
    assert client.get("/api/v1/message/1/part/9/thumb").status_code == 404
    assert sandbox.counts().unread == 1


def test_without_pillow_it_says_how_to_get_it(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_file(sandbox, picture("PNG"))
    monkeypatch.setitem(sys.modules, "PIL", None)

    answer = client.get("/api/v1/message/1/part/2/thumb")

    assert answer.json is not None
    assert (answer.status_code, "mailtrap-lite[thumbs]" in answer.json["Error"]) == (409, True)


def test_many_at_once_are_all_answered(deliver: Callable[..., Message]) -> None:
    octets = picture("JPEG", (4000, 3000))
    found: list[int] = []
    jobs = [threading.Thread(target=lambda: found.append(len(thumbnail(octets)))) for _ in range(8)]

    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)

    assert len(set(found)) == 1
    assert len(found) == 8
