"""What HTML shows, as text in lines."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.message.shown import text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a <b>bold</b>\n word", "a bold word"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<ul><li>one</li><li>two</ul>", "- one\n- two"),
        (
            "<table><tr><td>Total</td><td>5 &euro;</td></tr><tr><td>Tax</td><td>1 &euro;</td></tr></table>",
            "Total 5 €\nTax 1 €",
        ),
        ("<h1>Hi &amp; bye</h1>text", "Hi & bye\n\ntext"),
        ("<style>p{}</style><script>x<y</script><title>t</title>shown<!-- not -->", "shown"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a href="x">link</a> <img src="y" alt="Logo &lt;1&gt;">', "link Logo <1>"),
        ("4&#56;2&nbsp;913", "482 913"),
        ("re\u200bset\u00ad", "reset"),
        ("a < b", "a < b"),
        ("<P>UPPER</P><BR>case", "UPPER\n\ncase"),
    ],
)
def test_html_is_read_as_a_reader_sees_it(html: str, text: str) -> None:
    assert text_of_html(html) == text


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<br",
        "<pre>",
        "</pre>",
        "<li",
        "<img alt='x",
        ">",
        "&amp",
        ";",
        "\n",
        "a",
        " ",
        "<!--",
        "-->",
        "'",
    ]
)


@settings(deadline=None)
@given(html=st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_any_html_gives_a_text(html: str) -> None:
    text = text_of_html(html)

    assert text == text.strip("\n")
    assert "\n\n\n" not in text or "<pre" in html


@pytest.mark.parametrize(
    "piece", ["<", "<br>", "<p>", "&amp;", "<img alt=", "<pre>\n", "<!--", "<a ", "</", "\n"], ids=repr
)
def test_hostile_html_is_read_in_linear_time(piece: str) -> None:
    before = time.process_time()

    text_of_html(piece * (4_000_000 // len(piece)))

    assert time.process_time() - before < 2
