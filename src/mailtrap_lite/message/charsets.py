"""Octets into text by a list of allowed charsets. Knows nothing of headers or parts.

The list is closed because Python's codecs are not all charsets.
`unicode_escape`, `utf-7`, `rot13` or `zip` in a mail are abuse.
No decoder here needs more than some nanoseconds an octet, whatever the octets are.
"""

from __future__ import annotations

import codecs
from functools import cache

from mailtrap_lite.message.limits import UTF_16

REPLACEMENT = "\ufffd"

# Octet by octet. Mail that says iso-8859-1 means windows-1252, as all browsers assume (WHATWG Encoding).
_SINGLE = (
    {f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16)}
    | {f"windows-125{n}": f"cp125{n}" for n in range(9)}
    | {f"cp125{n}": f"cp125{n}" for n in range(9)}
    | {f"ibm{n}": f"cp{n}" for n in (437, 850, 852, 855, 858, 862, 866)}
    | {f"cp{n}": f"cp{n}" for n in (437, 850, 852, 855, 858, 862, 866)}
    | {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "l1": "cp1252"}
    | {"iso-8859-9": "cp1254", "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8", "iso8859-15": "iso8859-15"}
    | {"koi8-r": "koi8-r", "koi8-u": "koi8-u", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic"}
    | {"tis-620": "cp874", "windows-874": "cp874", "cp874": "cp874"}
)
# Their decoders are in C, with errors="replace" handled there.
_MULTI = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "gb18030": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_1",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "cp932": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "cp949": "cp949",
    "ks-c-5601-1987": "cp949",
    "iso-2022-kr": "iso2022_kr",
}
_WIDE = {"utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
_UTF_8 = {"utf-8", "utf8", "unicode-1-1-utf-8"}
_ASCII = {"us-ascii", "ascii", "ansi-x3.4-1968"}


def decode(data: bytes, charset: str) -> tuple[str, str]:
    """Return the text, and what was wrong ("" for nothing). Never raises.

    An empty charset is not known to the caller: UTF-8 is assumed when the octets are, else windows-1252.
    """
    name = charset.strip().lower().replace("_", "-")
    if data.isascii() and (not name or name in _UTF_8 or name in _ASCII or name in _SINGLE):
        return data.decode("ascii"), ""
    if not name:
        return guess(data), "8-bit octets without a charset"
    if name in _ASCII:
        return guess(data), f"8-bit octets in {name}"
    if name in _UTF_8:
        return _utf_8(data)
    if name in _SINGLE:
        text = codecs.charmap_decode(data, "strict", _table(_SINGLE[name]))[0]
        return text, _complaint(text, name)
    if name in _MULTI:
        text = data.decode(_MULTI[name], "replace")
        return text, _complaint(text, name)
    if name in _WIDE:
        # Each malformed unit costs a call into Python's error handling, 80 ns an octet.
        text = data[:UTF_16].decode(_WIDE[name], "replace")
        return text, f"text in {name} is cut to {UTF_16} octets" if len(data) > UTF_16 else _complaint(text, name)
    return guess(data), f"unknown charset {name[:40]!a}"


def guess(data: bytes) -> str:
    """Return text from octets of which nobody said the charset: UTF-8 if they are, else windows-1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return codecs.charmap_decode(data, "strict", _table("cp1252"))[0]


def _utf_8(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), "octets that are not utf-8"


def _complaint(text: str, name: str) -> str:
    return f"octets that are not {name}" if REPLACEMENT in text else ""


@cache
def _table(codec: str) -> str:
    # A full table instead of errors="replace", which costs 150 ns for each octet that is not in the charset.
    return "".join(bytes([octet]).decode(codec, "replace") for octet in range(256))
