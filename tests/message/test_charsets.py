"""Charsets: a closed list, each in it usable, nothing raised and nothing slow."""

from __future__ import annotations

import pytest

from mailtrap_lite.message.charsets import _MULTI, _SINGLE, _UTF_8, _WIDE, decode, guess


@pytest.mark.parametrize("charset", [*_SINGLE, *_MULTI, *_UTF_8, *_WIDE])
def test_every_charset_of_the_list_reads_any_octets(charset: str) -> None:
    everything = bytes(range(256)) * 3

    assert decode(b"", charset) == ("", "")
    assert isinstance(decode(everything, charset.upper())[0], str)


@pytest.mark.parametrize(
    ("octets", "charset", "text", "complaint"),
    [
        (b"plain", "", "plain", ""),
        ("ü".encode(), "", "ü", "8-bit octets without a charset"),
        (b"\xfc", "", "ü", "8-bit octets without a charset"),
        (b"\x80", "iso-8859-1", "€", ""),
        (b"\x81", "windows-1252", "\ufffd", "octets that are not windows-1252"),
        (b"\xfc", "us-ascii", "ü", "8-bit octets in us-ascii"),
        (b"a\xff", "UTF-8", "a\ufffd", "octets that are not utf-8"),
        (b"\x93\xfa\x96{", "Shift_JIS", "日本", ""),
        (b"\xff", "euc-jp", "\ufffd", "octets that are not euc-jp"),
        ("日本".encode("utf-16"), "utf-16", "日本", ""),
        (b"+AGEAYg-", "utf-7", "+AGEAYg-", "unknown charset 'utf-7'"),
        (b"\\x41", "unicode_escape", "\\x41", "unknown charset 'unicode-escape'"),
        (b"uryyb", "rot13", "uryyb", "unknown charset 'rot13'"),
        (b"x", "\0\n" * 99, "x", "unknown charset " + ascii("\0\n" * 20)),
    ],
    ids=repr,
)
def test_octets_become_text_and_what_is_wrong_is_said(octets: bytes, charset: str, text: str, complaint: str) -> None:
    assert decode(octets, charset) == (text, complaint)


def test_octets_of_nobody_are_utf_8_or_else_windows_1252() -> None:
    assert (guess("ü".encode()), guess(b"\xfc\x80\x81")) == ("ü", "ü€\ufffd")
