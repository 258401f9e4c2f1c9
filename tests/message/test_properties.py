"""Whatever the octets are, reading never raises, and no fault of ours hides behind the wrapper."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrap_lite.message import Content
from mailtrap_lite.message.addresses import addresses_in
from mailtrap_lite.message.dates import date_in
from mailtrap_lite.message.words import Parametered, decode_words

ReadAll = Callable[[Content], tuple[str, ...]]

# Pieces from which mails are made, so that chance finds the corners of the grammar.
PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"\n\n",
            b" ",
            b"\t",
            b"\0",
            b"\xff",
            b"--",
            b"--b",
            b"--b--",
            b"--c",
            b"--c--",
            b";",
            b"=",
        ),
        *(b"Subject: ", b"To: ", b"From: ", b"Date: ", b"Content-Type: ", b"Content-Disposition: attachment; "),
        *(
            b"multipart/mixed; boundary=b",
            b'multipart/alternative; boundary="c"',
            b"message/rfc822",
            b"text/html",
            b"a/b",
        ),
        *(
            b"Content-Transfer-Encoding: ",
            b"base64",
            b"quoted-printable",
            b"x-uuencode",
            b"begin 644 x\n",
            b"Content-ID: <x>",
        ),
        *(
            b"=?utf-8?q?=C3=BC?=",
            b"=?utf-8?b?w7w=?=",
            b"=?x?b?",
            b"?=",
            b"filename*0*=utf-8''%41",
            b"name=",
            b"charset=utf-16",
        ),
        *(
            b"<img src='cid:x'>",
            b"<",
            b">",
            b"(",
            b")",
            b'"',
            b"\\",
            b"@",
            b",",
            b":",
            b"Mon, 1 Jan 2024 00:00:00 +0000",
            b"aGk=",
        ),
    ]
)
MAILS = st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join)
# A deadline, or the check for slow data, would measure the machine.
many = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


def sound(defects: tuple[str, ...]) -> bool:
    """Return whether none of the defects is a fault of ours."""
    return not [defect for defect in defects if "internal fault" in defect]


@many
@given(raw=st.binary(max_size=300) | MAILS)
def test_any_octets_are_a_mail(raw: bytes, read_all: ReadAll) -> None:
    content = Content(raw)

    assert sound(read_all(content))
    assert content.raw is raw


@many
@given(data=st.data())
def test_a_damaged_mail_is_a_mail(data: st.DataObject, corpus: list[bytes], read_all: ReadAll) -> None:
    raw = bytearray(data.draw(st.sampled_from(corpus)))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 40)))
        raw[start:end] = data.draw(PIECES | st.binary(max_size=8) | st.just(bytes(raw[end : end + 200])))

    assert sound(read_all(Content(bytes(raw))))


@many
@given(raw=MAILS)
def test_each_leaf_is_body_inline_or_attachment(raw: bytes) -> None:
    content = Content(raw)

    others = [part.id for part in (*content.inline, *content.attachments)]
    bodies = [part for part in content.parts if part.id not in others]

    assert len(others) == len(set(others))
    assert len(bodies) + len(others) == len(content.parts)
    assert "".join(content.text.split()) + "".join(content.html.split()) == "".join(
        "".join(part.text.split())
        for kind in (False, True)
        for part in bodies
        if (part.content_type == "text/html") == kind
    )


@many
@given(raw=MAILS)
def test_the_parts_lie_in_the_mail_in_order_and_do_not_overlap(raw: bytes) -> None:
    position = 0
    for part in Content(raw).parts:
        found = raw.find(part.raw, position)
        assert found >= position
        position = found + len(part.raw)


@many
@given(text=st.text(max_size=200) | MAILS.map(lambda raw: raw.decode("latin-1")))
def test_the_readers_of_a_field_never_raise(text: str) -> None:
    assert all(address for address in addresses_in(text))
    assert not {"\r", "\n", "\0", "\x1b"} & set(decode_words(text) + str([*Parametered.of(text).parameters.values()]))
    date = date_in(text)
    assert date is None or date.tzinfo is not None


@many
@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=100))
def test_what_the_standard_library_encodes_is_decoded(text: str) -> None:
    from email.header import Header

    # One word a time: the library decides itself where white space between words goes.
    sent = Header("".join(text.split()), "utf-8", maxlinelen=75).encode()

    assert decode_words(sent.replace("\n", "")) == "".join(text.split())
