"""HTML in tokens: nothing is lost, nothing raises, and time grows with length alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.message import Content
from mailtrap_lite.message.links import links_in
from mailtrap_lite.message.markup import Mark, tokens, value_of
from mailtrap_lite.message.prose import blocks
from mailtrap_lite.message.received import hops
from mailtrap_lite.message.remote import remote_in

PIECES = st.sampled_from(
    [
        *("<", ">", "</", "/>", "<a", "<a href=", "<!--", "-->", "<!", "<?", "<style>", "</style", "<script"),
        *("<textarea ", "'", '"', "=", " ", "\n", "x", "&amp;", "&", "&#x3c;", "url(", "@import '", "//a.test"),
        *("src=", "\0", "\ud800"),
    ]
)
HTML = st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join)


def test_each_token_has_its_mark() -> None:
    html = "<!doctype html><p class='a' id=b hidden>x &lt; y<!-- c --><style>p{}</style><br/>"

    assert [(token.mark, token.text) for token in tokens(html)] == [
        (Mark.DOCTYPE, "<!doctype html>"),
        (Mark.TAG, "<p"),
        (Mark.PLAIN, " "),
        (Mark.NAME, "class"),
        (Mark.PLAIN, "="),
        (Mark.VALUE, "'a'"),
        (Mark.PLAIN, " "),
        (Mark.NAME, "id"),
        (Mark.PLAIN, "="),
        (Mark.VALUE, "b"),
        (Mark.PLAIN, " "),
        (Mark.NAME, "hidden"),
        (Mark.TAG, ">"),
        (Mark.TEXT, "x "),
        (Mark.ENTITY, "&lt;"),
        (Mark.TEXT, " y"),
        (Mark.COMMENT, "<!-- c -->"),
        (Mark.TAG, "<style"),
        (Mark.TAG, ">"),
        (Mark.CODE, "p{}"),
        (Mark.TAG, "</style"),
        (Mark.TAG, ">"),
        (Mark.TAG, "<br"),
        (Mark.TAG, "/>"),
    ]


@pytest.mark.parametrize(
    ("text", "said"), [('"a&amp;b"', "a&b"), ("'a'", "a"), ("a", "a"), ('"', ""), ('"a', "a"), ("", "")], ids=repr
)
def test_a_value_is_read_without_its_quotes(text: str, said: str) -> None:
    assert value_of(text) == said


@given(html=HTML)
def test_the_tokens_of_anything_are_the_same_again(html: str) -> None:
    found = list(tokens(html))

    assert "".join(token.text for token in found) == html
    assert all(token.text for token in found)


@given(html=HTML)
def test_the_readers_of_html_never_raise(html: str) -> None:
    assert all(link.url for link in links_in(html=html, text=html))
    assert all(item.url for item in remote_in(html))


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<!--", "<a ", "<a href='", '<a href="x', "<a b=c ", "<style>", "&", "&amp;", "url(", "@import '"),
        *("<img src=//a.test ", "<link href=//a ", "https://a.test/))", "mailto:", "www.", "> ", ">", "("),
        *("from a by b ", "from ("),
    ],
)
def test_a_lot_of_anything_is_read_in_linear_time(piece: str) -> None:
    def took(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.process_time()
        for _ in tokens(text):
            pass
        links_in(html=text, text=text)
        remote_in(text)
        blocks(text, flowed=True)
        blocks(text)
        hops([text] * 200)
        return time.process_time() - began

    # A threat bound and no benchmark: what is quadratic needs minutes.
    assert took(250_000) < 5


def test_the_tokens_of_a_mail_are_its_html() -> None:
    content = Content(b"Content-Type: text/html\n\n<p>one<br>two")

    assert "".join(token.text for token in tokens(content.html)) == "<p>one<br>two"
