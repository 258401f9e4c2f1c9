"""Encoded words and parameters: the RFCs' own examples first."""

from __future__ import annotations

import pytest

from mailtrap_lite.message.words import Parametered, base64_octets, clean, decode_words

RFC_2047 = [  # section 8
    ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
    ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"),
    (
        "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
        "If you can read this you understand the example.",
    ),
    ("=?ISO-8859-1?Q?a?=", "a"),
    ("=?ISO-8859-1?Q?a?= b", "a b"),
    ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
    ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
    ("=?ISO-8859-1?Q?a_b?=", "a b"),
    ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
]
FOUND = [
    ("=?koi8-r*ru?q?=D0?=", "п"),  # RFC 2231 section 5
    ("=?UTF-8?b?w?= =?UTF-8?b?7w=?=", "\ufffd"),
    ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),  # a character cut in two
    ("=?koi8-r?q?=D0?= =?utf-8?q?=C3=BC?=", "пü"),
    ("re=?utf-8?q?_x?=y", "re xy"),
    ("=?utf-8?x?what?=", "=?utf-8?x?what?="),
    ("=?utf-8?q?unended", "=?utf-8?q?unended"),
    ("=?utf-8?q?a b?=", "a b"),
    ("=?nonsense?q?=C3=BC?=", "ü"),
    ("=?utf-8?q?two=0D=0Alines?=", "two lines"),
    ("=?utf-8?b?!!!?=", ""),
    ("=?utf-8?q??= x", " x"),
]


@pytest.mark.parametrize(("sent", "shown"), RFC_2047 + FOUND, ids=repr)
def test_encoded_words_are_decoded(sent: str, shown: str) -> None:
    assert decode_words(sent) == shown


PARAMETERS = {
    # RFC 2231 sections 3 and 4
    'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/moore/bulk.tar"': {
        "access-type": "URL",
        "url": "ftp://cs.utk.edu/pub/moore/bulk.tar",
    },
    "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A": {"title": "This is ***fun***"},
    "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;"
    ' title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn\'t it!"': {"title": "This is even more ***fun*** isn't it!"},
    # seen in mail
    'a/b; name="=?utf-8?q?=C3=BC.txt?="': {"name": "ü.txt"},
    "a/b; name=my file.txt; x=1": {"name": "my file.txt", "x": "1"},
    r'a/b; name="a\"b\\c"': {"name": r"a\"b\c".replace("\\", "", 1)},
    r'a/b; name="C:\temp\x"': {"name": r"C:\temp\x"},
    'a/b; name="unended': {"name": "unended"},
    "a/b; x; =; y=1;;; z = 2": {"y": "1", "z": "2"},
    "a/b; name*1=b; name*0=a; name=plain": {"name": "ab"},
    "a/b; name=first; name=second": {"name": "first"},
    "a/b; name*=nonsense''%C3%BC": {"name": "ü"},
    "a/b; name*=%zz": {"name": "%zz"},
    'a/b; name="two\nlines"': {"name": "two lines"},
}


@pytest.mark.parametrize(("sent", "read"), PARAMETERS.items(), ids=PARAMETERS)
def test_parameters_are_read(sent: str, read: dict[str, str]) -> None:
    assert Parametered.of(sent) == Parametered(sent.partition(";")[0], read)


def test_a_comment_is_no_part_of_the_value() -> None:
    assert Parametered.of("Text/Plain (no HTML); name=a (1).txt") == Parametered("text/plain", {"name": "a (1).txt"})


def test_the_first_200_parameters_are_read() -> None:
    assert len(Parametered.of("a/b" + "".join(f"; p{n}=v" for n in range(300))).parameters) == 200


@pytest.mark.parametrize(
    ("text", "octets", "whole"),
    [
        (b"aGVsbG8=", b"hello", True),
        (b"aGVs\r\nbG8=\r\n", b"hello", True),
        (b"aGVsbG8", b"hello", False),
        (b"aGVsbG8=aGVsbG8=", b"hello", False),
        (b"aGVs*bG8=", b"hello", False),
        (b"aGVsb", b"hel", False),
        (b"====", b"", True),
        (b"", b"", True),
    ],
    ids=repr,
)
def test_base64_is_read_as_far_as_it_goes(text: bytes, octets: bytes, whole: bool) -> None:
    assert base64_octets(text) == (octets, whole)


def test_a_field_is_one_line_without_control_characters() -> None:
    assert clean("a\r\n\tb\0c\x1b[0m\x9b\u2028d\x7f") == "a \tb\ufffdc\ufffd[0m\ufffd d\ufffd"
