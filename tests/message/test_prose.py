"""Plain text: quotes, signatures and flowing lines (RFC 3676)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.message.prose import Block, blocks


def test_quotes_of_each_depth_are_blocks() -> None:
    text = "Yes.\n\n> Do you?\n>> Shall we?\n> > Really?\n> Well.\nBye"

    assert blocks(text) == (
        Block(0, "Yes.\n", False),
        Block(1, "Do you?", False),
        Block(2, "Shall we?\nReally?", False),
        Block(1, "Well.", False),
        Block(0, "Bye", False),
    )


def test_what_follows_the_signature_mark_is_the_signature() -> None:
    assert blocks("Hello\n-- \nAnn\nShop") == (Block(0, "Hello", False), Block(0, "-- \nAnn\nShop", True))
    assert blocks("Hello\n--\nAnn") == (Block(0, "Hello\n--\nAnn", False),)


@pytest.mark.parametrize(
    ("text", "delsp", "found"),
    [
        ("one \ntwo\nthree", False, (Block(0, "one two\nthree", False),)),
        ("one \ntwo", True, (Block(0, "onetwo", False),)),
        ("> one \n> two\nthree", False, (Block(1, "one two", False), Block(0, "three", False))),
        ("> one \nthree", False, (Block(1, "one ", False), Block(0, "three", False))),
        (" From me\n > no quote", False, (Block(0, "From me\n> no quote", False),)),
        ("one \n-- \nAnn", False, (Block(0, "one ", False), Block(0, "-- \nAnn", True))),
        ("one ", False, (Block(0, "one ", False),)),
    ],
    ids=["flows", "without the space", "quoted", "not into another depth", "stuffed", "not into a signature", "end"],
)
def test_lines_flow(text: str, delsp: bool, found: tuple[Block, ...]) -> None:
    assert blocks(text, flowed=True, delsp=delsp) == found


@given(text=st.text(st.sampled_from(list("> -\nx")), max_size=60), flowed=st.booleans(), delsp=st.booleans())
def test_no_word_is_lost(text: str, flowed: bool, delsp: bool) -> None:
    found = blocks(text, flowed=flowed, delsp=delsp)

    assert "".join(block.text for block in found).count("x") == text.count("x")
    assert all(block.depth >= 0 for block in found)
