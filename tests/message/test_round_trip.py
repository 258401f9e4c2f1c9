"""Mails as programs build them with EmailMessage, in all shapes: what was put in comes out."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import pytest

from mailtrap_lite.message import Content

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@dataclass(frozen=True, slots=True)
class Case:
    """What a mail is built of, and so what must be read from it. attachments and inline: name, type, octets."""

    subject: str = "hello"
    sender: tuple[str, str] = ("", "a@x.test")
    to: tuple[tuple[str, str], ...] = (("", "b@x.test"),)
    text: str = ""
    html: str = ""
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    inline: tuple[tuple[str, str, bytes], ...] = ()
    cte: str | None = None
    charset: str = "utf-8"
    utf8: bool = False

    def build(self) -> bytes:
        """Return the mail as octets."""
        mail = EmailMessage()
        mail["Subject"] = self.subject
        local, _, domain = self.sender[1].partition("@")
        mail["From"] = Mailbox(self.sender[0], local, domain)
        mail["To"] = [Mailbox(name, addr_spec=address) for name, address in self.to]
        if self.text or not self.html:
            mail.set_content(self.text, charset=self.charset, cte=self.cte)
        if self.html and self.text:
            mail.add_alternative(self.html, subtype="html", charset=self.charset, cte=self.cte)
        elif self.html:
            mail.set_content(self.html, subtype="html", charset=self.charset, cte=self.cte)
        page = mail.get_body(("html",))
        for name, kind, octets in self.inline:
            assert page is not None
            main, _, sub = kind.partition("/")
            page.add_related(octets, main, sub, cid=f"<{name}@x.test>", filename=name)
        for name, kind, octets in self.attachments:
            main, _, sub = kind.partition("/")
            mail.add_attachment(octets, maintype=main, subtype=sub, filename=name)
        return mail.as_bytes(policy=SMTPUTF8 if self.utf8 else SMTP)


CASES = {
    "plain": Case(text="hello\n"),
    "empty": Case(text="\n"),
    "leading dots": Case(text=".\n..\n.hidden\n"),
    "from at line start": Case(text="From here on\n>From there\n"),
    "long line": Case(text="x" * 5000 + "\n"),
    "utf-8 quoted-printable": Case(text="Grüße, 100 % = ☃ 🎁\n", cte="quoted-printable"),
    "utf-8 base64": Case(text="Grüße ☃ 🎁\n" * 50, cte="base64"),
    "utf-8 8bit": Case(text="Grüße ☃\n", cte="8bit"),
    "latin-1": Case(text="Grüße\n", charset="iso-8859-1"),
    "koi8-r": Case(text="Привет\n", charset="koi8-r"),
    "gb2312": Case(text="你好\n", charset="gb2312"),
    "trailing spaces": Case(text="two  \n\ttab\t\n", cte="quoted-printable"),
    "html alone": Case(html="<p>hällo</p>\n"),
    "alternative": Case(text="hello\n", html="<p>hello</p>\n"),
    "encoded headers": Case(
        # Without spaces: EmailMessage of Python 3.11 loses one where it folds between two encoded words.
        subject="Überraschung🎁" * 20,
        sender=("Jörg Müller", "j@x.test"),
        to=(("Doe, Jane", "jane@x.test"), ("山田太郎", "yamada@x.test"), ('say "hi"', "q@x.test")),
        text="x\n",
    ),
    "smtputf8": Case(subject="blåbær", sender=("Ø", "øst@x.test"), text="rød\n", cte="8bit", utf8=True),
    "attachment": Case(text="see\n", attachments=(("a.pdf", "application/pdf", b"%PDF\0\r\n\xff" * 999),)),
    "attachments with odd names": Case(
        text="see\n",
        attachments=(
            ("Übersicht ☃.pdf", "application/pdf", b"1"),
            ("a very long name " * 10 + ".bin", "application/octet-stream", b""),
            ('quote" back\\slash; semi=.txt', "application/octet-stream", b"3"),
            ("same.bin", "application/octet-stream", b"4"),
            ("same.bin", "application/octet-stream", b"5"),
        ),
    ),
    "inline picture": Case(
        text="logo\n", html='<img src="cid:logo.png@x.test">\n', inline=(("logo.png", "image/png", PNG),)
    ),
    "everything": Case(
        text="Grüße\n",
        html='<p>Grüße <img src="cid:a.png@x.test"> <b style="background:url(cid:b.png@x.test)">x</b></p>\n',
        inline=(("a.png", "image/png", PNG), ("b.png", "image/png", PNG[::-1])),
        attachments=(("a.zip", "application/zip", b"PK\x03\x04" * 100), ("b.csv", "text/csv", b"a,b\r\n1,2\r\n")),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_what_was_put_in_comes_out(case: Case, line_end: bytes) -> None:
    content = Content(case.build().replace(b"\r\n", line_end))

    assert content.subject == case.subject
    assert (content.sender.name, content.sender.address) == case.sender
    assert tuple((address.name, address.address) for address in content.to) == case.to
    assert (content.text, content.html) == (case.text, case.html)
    assert tuple((p.filename, p.content_type, p.data) for p in content.attachments) == case.attachments
    assert tuple((p.filename, p.content_type, p.data) for p in content.inline) == case.inline
    assert content.defects == ()


def test_each_leaf_is_body_inline_or_attachment_and_only_one_of_them() -> None:
    content = Content(CASES["everything"].build())

    bodies = {"1.1", "1.2.1"}
    assert {p.id for p in content.parts} == bodies | {p.id for p in (*content.inline, *content.attachments)}
    assert len(content.parts) == 2 + len(content.inline) + len(content.attachments)
