from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.smtp.path import Path, forward_path, reverse_path
from mailtrap_lite.smtp.replies import Refused


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("FROM:<>", Path("")),
        ("FROM:<a@b.test>", Path("a@b.test")),
        ("from: <a@b.test>", Path("a@b.test")),
        ("FROM:a@b.test", Path("a@b.test")),
        ("FROM:a@b.test SIZE=3", Path("a@b.test", ("SIZE=3",))),
        ("FROM:<a@b.test> SIZE=3  body=8bitmime", Path("a@b.test", ("SIZE=3", "body=8bitmime"))),
        ("FROM:<> SIZE=3", Path("", ("SIZE=3",))),
        ("FROM:<a+b@x>", Path("a+b@x")),
        ("FROM:<a..b.@x_y.test.>", Path("a..b.@x_y.test.")),
        ("FROM:<Anna>", Path("Anna")),
        ('FROM:<"a b">', Path('"a b"')),
        ('FROM:<"a\\"@>b"@x.test>', Path('"a\\"@>b"@x.test')),
        ("FROM:<a@[127.0.0.1]>", Path("a@[127.0.0.1]")),
        ("FROM:<a@[IPv6:::1]>", Path("a@[IPv6:::1]")),
        ("FROM:<@x.test,@y.test:a@b.test>", Path("a@b.test")),
        ("FROM:<用户@例子.测试>", Path("用户@例子.测试")),
        ('FROM:<"a b".c@x.test>', Path('"a b".c@x.test')),
        ('FROM:<a."b c"."d"@x.test>', Path('a."b c"."d"@x.test')),
        ('FROM:<"a b".c@x.test> SIZE=3', Path('"a b".c@x.test', ("SIZE=3",))),
    ],
)
def test_paths(argument: str, path: Path) -> None:
    assert reverse_path(argument) == path


@pytest.mark.parametrize(
    "text",
    [
        "<a@b",
        "a@b>",
        "<a b@c.d>",
        "<a(comment)@b.c>",
        "<(comment)a@b.c>",
        "<a@b.c(comment)>",
        "<a@b@c>",
        "<@b.c>",
        "<a@>",
        "<a@b c>",
        "<a@[1.2.3.4>",
        "<a,b@c.d>",
        "<Anna <a@b.c>>",
        "Anna <a@b.c>",
        "<a@b.c>junk",
        '<"a@b.c>',
        "anna",
        "<" + "(" * 1000,
        "< >",
    ],
)
def test_what_is_not_a_path(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        forward_path(f"TO:{text}")

    assert str(refusal.value.reply).startswith("501 5.1.3 ")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
def test_a_path_is_taken_as_it_stands_or_not_at_all(text: str) -> None:
    with contextlib.suppress(Refused):
        assert forward_path(f"TO:<{text}>").address in text


def test_a_path_of_any_length_is_read_in_no_time() -> None:
    for text in ('<"' + '"' * 50_000, "<" + "a." * 50_000, "<@" + "a,@" * 50_000, "<" + '"a"' * 50_000 + "("):
        with pytest.raises(Refused):
            forward_path(f"TO:{text}")
