"""The content: what MIME says about the raw bytes of a mail. Derived, never stored as truth, and it never raises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from mailtrap_lite.message import html as markup
from mailtrap_lite.message import limits
from mailtrap_lite.message.addresses import Address, addresses_in
from mailtrap_lite.message.charsets import guess
from mailtrap_lite.message.dates import date_in
from mailtrap_lite.message.headers import Block, Headers
from mailtrap_lite.message.links import Link, links_in
from mailtrap_lite.message.parts import Part, Span, identifier
from mailtrap_lite.message.reading import guarded, reading
from mailtrap_lite.message.tree import read_tree

if TYPE_CHECKING:
    from mailtrap_lite.message.remote import Remote

__all__ = ["Address", "Content", "Headers", "Part"]

_NOTHING = Part(b"", Span(0, 0, 0), Block((), 0, ()), identity="0")


class Content:
    """What a mail says: read when first asked for, then kept.

    Broken mail is what a sandbox is for: whatever the bytes are, each attribute has a value.
    `defects` says what is wrong.
    Any thread.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._notes: list[str] = []

    def note(self, defect: str) -> None:
        """Keep a defect."""
        if defect not in self._notes:
            self._notes.append(defect)

    @reading(_NOTHING)
    def root(self) -> Part:
        """The whole mail as the root of the tree of its parts."""
        return self._tree[0]

    @property
    def headers(self) -> Headers:
        """The decoded header fields, in order; the first 1,000."""
        return self.root.headers

    @reading("")
    def subject(self) -> str:
        """The decoded Subject; "" without one."""
        return self.headers.get("subject", "")

    @reading(Address())
    def sender(self) -> Address:
        """The first From address; an empty Address without one."""
        return next(iter(self._addresses("from")), Address())

    @reading(())
    def to(self) -> tuple[Address, ...]:
        """The To addresses."""
        return self._addresses("to")

    @reading(())
    def cc(self) -> tuple[Address, ...]:
        """The Cc addresses."""
        return self._addresses("cc")

    @reading(())
    def bcc(self) -> tuple[Address, ...]:
        """The Bcc addresses; most mailers remove the field, so see the envelope too."""
        return self._addresses("bcc")

    @reading(())
    def reply_to(self) -> tuple[Address, ...]:
        """The Reply-To addresses."""
        return self._addresses("reply-to")

    @reading(None)
    def date(self) -> datetime | None:
        """The Date field with its zone; None without one, or when it is no date."""
        text = self.headers.get("date", "")
        date = date_in(text)
        if text and date is None:
            self.note("the Date is no date")
        return date

    @reading("")
    def message_id(self) -> str:
        """The Message-ID without its angle brackets; "" without one."""
        return identifier(self.headers.get("message-id", ""))

    @reading("")
    def return_path(self) -> str:
        """The address in the Return-Path field; "" without one, and for the null sender."""
        return identifier(self.headers.get("return-path", ""))

    @property
    def list_unsubscribe(self) -> str:
        """The List-Unsubscribe field (RFC 2369); "" without one."""
        return self.headers.get("list-unsubscribe", "")

    @reading("")
    def text(self) -> str:
        """The plain text, decoded, lines ending with LF; several text parts follow each other. "" without any."""
        return self._joined([part for part in self._bodies if part.content_type != "text/html"])

    @reading("")
    def html(self) -> str:
        """The HTML, decoded, lines ending with LF; "" without any."""
        return self._joined([part for part in self._bodies if part.content_type == "text/html"])

    @reading("")
    def text_of_html(self) -> str:
        """What the beginning of the HTML shows, in lines as a reader sees them; "" without any."""
        from mailtrap_lite.message.shown import text_of_html  # imported by who asks: most mails are only listed

        return text_of_html(self.html)

    @reading(())
    def parts(self) -> tuple[Part, ...]:
        """The leaves of the tree, in order."""
        return tuple(_leaves(self.root))

    @reading(())
    def attachments(self) -> tuple[Part, ...]:
        """The leaves that are neither shown as text or HTML nor inline."""
        shown = {part.id for part in (*self._bodies, *self.inline)}
        return tuple(part for part in self.parts if part.id not in shown)

    @reading(())
    def inline(self) -> tuple[Part, ...]:
        """The leaves to which the HTML refers by their Content-ID."""
        if not any(part.content_id for part in self.parts) or not self.html:
            return ()
        wanted = markup.content_ids(self.html)
        bodies = {part.id for part in self._bodies}
        return tuple(part for part in self.parts if part.content_id in wanted and part.id not in bodies)

    @property
    def defects(self) -> tuple[str, ...]:
        """What is wrong with the mail, in words for people. Reads all of it."""
        _ = (self.date, self.text, self.attachments, self.sender, self.to, self.cc, self.bcc, self.reply_to)
        return guarded(self, "defects", lambda: tuple(islice(self._defects(), limits.DEFECTS)), ()) or tuple(
            self._notes
        )

    @reading(())
    def remote(self) -> tuple[str, ...]:
        """The remote addresses that showing the HTML would fetch, each once, in order; the first 1,000."""
        return tuple(dict.fromkeys(item.url for item in self.remote_content))

    @reading(())
    def remote_content(self) -> tuple[Remote, ...]:
        """What showing the HTML would fetch, with its kind, in order; the first 1,000."""
        from mailtrap_lite.message.remote import remote_in  # the inspector asks, few tests do

        return remote_in(self.html)

    @reading(())
    def links(self) -> tuple[Link, ...]:
        """The links of the HTML, then those of the text, in order; the first 1,000 of each."""
        return links_in(html=self.html, text=self.text)

    def part(self, identity: str) -> Part:
        """Return the part with that id ("0" is the root). Raises KeyError."""
        for part in _all(self.root):
            if part.id == identity:
                return part
        raise KeyError(identity)

    def snippet(self, length: int) -> str:
        """Return the first characters of the text, or of what the HTML shows, with white space collapsed."""
        return guarded(self, "snippet", lambda: self._snippet(length), "")

    def render_html(self) -> str:
        """Return the HTML with the images that the mail carries put in as `data:` addresses; nothing else is changed.

        It is as hostile as the mail: show it only in a sandboxed frame under a Content-Security-Policy.
        """
        return guarded(self, "the images", self._with_images, self.html)

    @reading((_NOTHING, ()))
    def _tree(self) -> tuple[Part, tuple[str, ...]]:
        return read_tree(self.raw)

    @reading(())
    def _bodies(self) -> tuple[Part, ...]:
        """The leaves that are the text of the mail itself."""
        if not self.root.children:
            return (self.root,) if _is_text(self.root) else ()
        return tuple(part for part in self.parts if _is_body(part))

    def _joined(self, parts: list[Part]) -> str:
        """Return the texts of the parts, each beginning on a line of its own."""
        if len(parts) == 1:
            return parts[0].text
        pieces: list[str] = []
        room = limits.TEXTS
        for part in parts:
            if room <= 0:
                self.note(f"the text is cut to {limits.TEXTS} characters")
                break
            if pieces and pieces[-1] and not pieces[-1].endswith("\n"):
                pieces.append("\n")
            pieces.append(part.text[:room])
            room -= len(pieces[-1])
        return "".join(pieces)

    def _addresses(self, name: str) -> tuple[Address, ...]:
        # Several fields of one name break RFC 5322 section 3.6 and are shown all the same.
        texts = (guess(field.value) for field in self.root.block.all(name))
        found = tuple(islice((address for text in texts for address in addresses_in(text)), limits.ADDRESSES + 1))
        if len(found) > limits.ADDRESSES:
            self.note(f"more than {limits.ADDRESSES} addresses in {name.title()}; the others are not shown")
        return found[: limits.ADDRESSES]

    def _snippet(self, length: int) -> str:
        for source in (self.text[: limits.SNIPPET_SOURCE], markup.text_of(self.html)):
            words = " ".join(source.split())
            if words:
                return words[:length]
        return ""

    def _with_images(self) -> str:
        carried = {part.content_id: part for part in reversed(self.parts) if part.content_id}
        return markup.with_images(self.html, lambda name: carried[name].data if name in carried else None)

    def _defects(self) -> Iterator[str]:
        yield from self.root.defects
        yield from self._tree[1]
        yield from self._notes
        for part in _all(self.root):
            if part is not self.root:
                yield from (f"part {part.id}: {defect}" for defect in part.defects)


def _all(part: Part) -> Iterator[Part]:
    yield part
    for child in part.children:
        yield from _all(child)


def _leaves(part: Part) -> Iterator[Part]:
    return (each for each in _all(part) if not each.children)


def _is_body(part: Part) -> bool:
    return part.content_type in ("text/plain", "text/html") and part.disposition != "attachment" and not part.filename


def _is_text(root: Part) -> bool:
    """Return whether a mail of one part is text: any text type is, and a multipart that could not be split."""
    return root.content_type.startswith(("text/", "multipart/")) and root.disposition != "attachment"
