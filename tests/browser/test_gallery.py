"""The gallery shows each picture that there is, and the pictures are small."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "screenshots"
MOST = 4_400_000  # octets of all pictures


def test_the_gallery_shows_each_picture_in_each_look() -> None:
    shown = re.findall(r'src="screenshots/([a-z-]+)\.png"', (DOCS / "gallery.md").read_text("utf-8"))

    kept = {picture.stem for picture in PICTURES.iterdir()}
    assert sorted(shown) == sorted(kept)
    views = {name.rpartition("-")[0] for name in shown}
    assert kept == {f"{view}-{look}" for view in views for look in ("light", "dark", "phone")}
    assert len(views) > 30


def test_the_pictures_are_small() -> None:
    assert sum(picture.stat().st_size for picture in PICTURES.iterdir()) < MOST


def test_the_pictures_of_the_readme_are_there() -> None:
    named = re.findall(r"docs/(screenshots/[a-z-]+\.png)", (DOCS.parent / "README.md").read_text("utf-8"))

    assert len(named) >= 3
    assert all((DOCS / name).exists() for name in named)
