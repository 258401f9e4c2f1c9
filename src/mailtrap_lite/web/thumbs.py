"""Small pictures of attached pictures. Needs Pillow (the extra `thumbs`), which is imported when one is asked for.

What a mail carries is hostile: a few octets can declare 65,535 x 65,535 points, which would be 16 GB when decoded. So
the declared size is looked at first, only four formats are read, and one picture is decoded at a time.
"""

from __future__ import annotations

import io
import threading

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.message.html import image_type

WIDTH, HEIGHT = 180, 120
MOST_POINTS = 16_000_000  # of a picture that is decoded: 64 MB at four octets each
MOST_OCTETS = 32 * 1024**2
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_one_at_a_time = threading.Lock()


class NoThumbnail(MailtrapError):
    """There is no small picture of this; the text says why."""

    http = 415


class NoPillow(NoThumbnail):
    """What makes them is not installed."""

    http = 409


class TooManyPoints(NoThumbnail):
    """The picture declares more points than are decoded."""

    http = 422


def thumbnail(octets: bytes) -> bytes:
    """Return a JPEG of 180 x 120 points with the picture in its middle, on white. Raises NoThumbnail."""
    if not image_type(octets[:16]):
        raise NoThumbnail("this part is no PNG, JPEG, GIF or WebP by its first octets")
    if len(octets) > MOST_OCTETS:
        raise TooManyPoints(f"the picture has more than {MOST_OCTETS:,} octets")
    try:
        from PIL import Image
    except ImportError:
        raise NoPillow("small pictures need Pillow: pip install 'mailtrap-lite[thumbs]'") from None
    try:
        with _one_at_a_time, Image.open(io.BytesIO(octets), formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_POINTS:
                raise TooManyPoints(f"the picture declares {width:,} x {height:,} points, too many to decode")
            # JPEG is decoded at a fraction of its size where that is enough.
            picture.draft("RGB", (WIDTH * 2, HEIGHT * 2))
            small = picture.convert("RGBA")
            small.thumbnail((WIDTH, HEIGHT))
            ground = Image.new("RGB", (WIDTH, HEIGHT), "white")
            ground.paste(small, ((WIDTH - small.width) // 2, (HEIGHT - small.height) // 2), small)
            written = io.BytesIO()
            ground.save(written, "JPEG", quality=80)
            return written.getvalue()
    except (MailtrapError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPoints("the picture declares too many points to decode") from None
    except Exception as err:  # noqa: BLE001 - decoders raise anything on broken pictures, and refuse bombs as they like
        raise NoThumbnail(f"the picture cannot be decoded: {type(err).__name__}") from None
