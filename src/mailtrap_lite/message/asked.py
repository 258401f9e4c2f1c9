"""What a test asks a message for: the link, the code, the attachment. Exactly one, or the candidates are listed.

Nothing goes out: no link is followed and no key is looked up.
What does the work is imported when somebody asks, as most tests ask for one thing or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from mailtrap_lite.errors import NotOne
from mailtrap_lite.match import Pattern, fits, occurs, spelled
from mailtrap_lite.terminal import escaped

if TYPE_CHECKING:
    from email.message import EmailMessage

    from mailtrap_lite.message.codes import Code
    from mailtrap_lite.message.content import Content
    from mailtrap_lite.message.envelope import Envelope
    from mailtrap_lite.message.links import Link
    from mailtrap_lite.message.parts import Part
    from mailtrap_lite.message.signed import DkimKey, DkimSignature
    from mailtrap_lite.message.snapshot import Replacements
    from mailtrap_lite.message.unsubscribing import UnsubscribeTarget

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
T = TypeVar("T")
_MOST_SHOWN = 30
_WEB = ("http", "https")


class Asked:
    """A part of `Message`. Any thread."""

    if TYPE_CHECKING:
        id: int
        envelope: Envelope
        raw: bytes

        @property
        def content(self) -> Content: ...

    def links(self) -> tuple[Link, ...]:
        """Return the links of the HTML, then those of the text, in order; the first 1,000 of each."""
        return self.content.links

    def link(self, url: Pattern | None = None, *, text: Pattern | None = None) -> str:
        """Return the address of the only link: `link("/reset/")`, `link(text="Reset password")`.

        url: something in its address. text: something that a reader sees of it. A text may have `*` and `?`; a regular
        expression is searched for. Without any, the only http or https link. The same address twice is one link.
        Raises NotOne, an AssertionError that lists the links, if none or several fit.
        """
        every = _by_address(self.links())
        fitting = {
            address: links
            for address, links in every.items()
            if (links[0].scheme in _WEB if url is None and text is None else True)
            and (url is None or occurs(url, address))
            and (text is None or any(occurs(text, link.text) for link in links))
        }
        wanted = _named(url=url, text=text)
        return self._one("link", "links", wanted, list(fitting), every, lambda address: _shown(every[address]))

    def codes(self) -> tuple[Code, ...]:
        """Return the one-time codes, each once, in order: of the subject, of the text and of what the HTML shows."""
        from mailtrap_lite.message.codes import codes_in

        return codes_in((self.content.subject, self.content.text, self.content.text_of_html))

    def code(self, *, digits: int | None = None) -> str:
        """Return the digits of the only one-time code: 4 to 8 digits near a word such as code, OTP or PIN.

        Dates, prices, phone numbers and order numbers are none. digits: how many it has.
        Raises NotOne, an AssertionError that lists the codes, if there is none or several.
        """
        every = {code.digits: code for code in self.codes()}
        fitting = [found for found in every if digits is None or len(found) == digits]
        wanted = "" if digits is None else f" of {digits} digits"
        return self._one("one-time code", "one-time codes", wanted, fitting, every, lambda found: str(every[found]))

    def attachment(self, name: Pattern | None = None) -> Part:
        """Return the only attachment, or the only one with such a name: `attachment("invoice-*.pdf")`.

        It has `.name`, `.data`, `.text`, `.json()`, `.type` and `.save(path)`.
        Raises NotOne, an AssertionError that lists the attachments, if none or several fit.
        """
        every = self.content.attachments
        fitting = [part for part in every if name is None or fits(name, part.name)]
        return self._one("attachment", "attachments", _named(name), fitting, every, _part)

    def inline(self, content_id: Pattern | None = None) -> Part:
        """Return the only part with a Content-ID, or the only one with such a one: `inline("logo*")`.

        The brackets of the field and the `cid:` of an address are no part of it.
        Raises NotOne, an AssertionError that lists those parts, if none or several fit.
        """
        if isinstance(content_id, str):
            content_id = content_id.removeprefix("cid:").strip("<>")
        every = [part for part in self.content.parts if part.content_id]
        fitting = [part for part in every if content_id is None or fits(content_id, part.content_id)]
        return self._one("inline part", "inline parts", _named(content_id), fitting, every, _part)

    def unsubscribe(self, *, one_click: bool = False) -> UnsubscribeTarget:
        """Return where one unsubscribes, by the List-Unsubscribe field: `.url`, `.mailto` and `.post(client)`.

        one_click: it must be as RFC 8058 says, with List-Unsubscribe-Post, https, and both fields signed if there is a
        DKIM signature; http is taken for a loopback address. Nothing is sent; `post` does it through your test client.
        Raises NotOneClick if it is not so, and NotOne if there is no address or several.
        """
        from mailtrap_lite.message.unsubscribing import target_of

        return target_of(self.content.headers, one_click=one_click, name=f"message {self.id}")

    def dkim(self, key: DkimKey, *, domain: str | None = None) -> DkimSignature:
        """Return the DKIM signature, verified with a key of the test. No name is looked up; needs dkimpy.

        key: the public or private key as PEM, the text of the TXT record, or a function from the record's name
        ("selector._domainkey.x.test") to its text. domain: whose signature, if there are several.
        Raises NotSigned, an AssertionError, if it does not hold, and NotOne if there is none or several.
        """
        from mailtrap_lite.message.signed import verified

        return verified(self.raw, key, domain=domain, name=f"message {self.id}")

    def as_email_message(self) -> EmailMessage:
        """Return the mail as the standard library reads it. That may raise, or be slow, on a hostile mail."""
        from email import policy  # the package costs start-up time that most runs never need
        from email.parser import BytesParser

        return BytesParser(policy=policy.default).parsebytes(self.raw)

    def snapshot(self, *, replace: Replacements | None = None) -> str:
        """Return the mail as text that is the same in each run, to compare with one that was kept.

        Dates, Message-IDs, boundaries, signatures, one-time codes, long random tokens and loopback ports are replaced
        by names such as <token-1>. replace: further texts or regular expressions, and what stands in their place.
        Never raises.
        """
        from mailtrap_lite.message.snapshot import snapshot_of

        return snapshot_of(self.content, self.envelope, self.codes(), replace or {})

    def _one(
        self,
        noun: str,
        nouns: str,
        wanted: str,
        fitting: Sequence[T],
        every: Iterable[T],
        shown: Callable[[T], str],
    ) -> T:
        """Return the only one that fits; raises NotOne."""
        if len(fitting) == 1:
            return fitting[0]
        listed = list(fitting or every)
        candidates = tuple(escaped(shown(each)) for each in listed)
        has = f"message {self.id} {self.content.subject[:100]!r}"
        if fitting:
            head = f"{has} has {len(fitting)} {nouns}{wanted} where one was expected:"
        elif listed:
            head = f"{has} has no {noun}{wanted}; it has:"
        else:
            head = f"{has} has no {noun}{wanted}" + (f", and no {noun} at all" if wanted else "")
        lines = [
            escaped(head),
            *(f"  {each}" for each in candidates[:_MOST_SHOWN]),
        ]
        if len(candidates) > _MOST_SHOWN:
            lines.append(f"  ({len(candidates) - _MOST_SHOWN} more)")
        raise NotOne("\n".join(lines), candidates)


def _by_address(links: Iterable[Link]) -> Mapping[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(link.url, []).append(link)
    return found


def _named(*patterns: Pattern | None, **named: Pattern | None) -> str:
    said = [spelled(pattern) for pattern in patterns if pattern is not None]
    said += [f"{name}={spelled(pattern)}" for name, pattern in named.items() if pattern is not None]
    return f" with {', '.join(said)}" if said else ""


def _shown(links: Sequence[Link]) -> str:
    texts = dict.fromkeys(link.text for link in links if link.text and link.text != link.url)
    return f"{links[0].url}  {', '.join(map(repr, texts))}".rstrip()


def _part(part: Part) -> str:
    identity = f", Content-ID {part.content_id}" if part.content_id else ""
    return f"{part.name!r} {part.type}, {part.size:,} octets{identity}"
