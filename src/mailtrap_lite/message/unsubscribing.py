"""Where a mail says that one unsubscribes, to test with (RFC 2369, RFC 8058). Nothing is sent by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol  # Any: what a test client returns

from mailtrap_lite.errors import NotOne, NotOneClick
from mailtrap_lite.message.headers import Headers
from mailtrap_lite.message.unsubscribe import Fault, Unsubscribe, unsubscribe_in

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_LOOPBACK = re.compile(r"http://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/?#]|\Z)", re.IGNORECASE)
# RFC 8058 section 3.2: this and nothing else is the body of the request.
_BODY: Mapping[str, str] = {"List-Unsubscribe": "One-Click"}
_MEANING = {
    Fault.NO_ADDRESS: "List-Unsubscribe has no address in angle brackets (RFC 2369 section 2)",
    Fault.STRAY: "List-Unsubscribe has text outside of its angle brackets (RFC 2369 section 2)",
    Fault.UNKNOWN_SCHEME: "List-Unsubscribe has an address that is neither mailto: nor https: (RFC 8058 section 3.1)",
    Fault.DOUBLED: "List-Unsubscribe or List-Unsubscribe-Post is there twice (RFC 2369 section 2)",
    Fault.BAD_POST: "List-Unsubscribe-Post is not List-Unsubscribe=One-Click (RFC 8058 section 3.1)",
    Fault.POST_WITHOUT_LIST: "there is no List-Unsubscribe field (RFC 8058 section 3.1)",
    Fault.POST_WITHOUT_HTTPS: "List-Unsubscribe has no https address (RFC 8058 section 3.1)",
    Fault.NOT_SIGNED: "the DKIM signature does not cover both List-Unsubscribe fields (RFC 8058 section 4)",
}


class Client(Protocol):
    """A test client, as those of Flask, Django, Starlette and httpx are."""

    def post(self, url: str, /, *, data: Any) -> Any:
        """Send a form."""


@dataclass(frozen=True, slots=True)
class UnsubscribeTarget:
    """Where one unsubscribes. url and mailto: "" without one. one_click: a POST to the url is enough (RFC 8058)."""

    url: str = ""
    mailto: str = ""
    one_click: bool = False

    def __str__(self) -> str:
        return self.url or self.mailto

    def post(self, client: Client) -> Any:
        """Unsubscribe with one click through a test client, and return its response. Raises NotOneClick."""
        if not self.one_click:
            raise NotOneClick(f"{self} cannot be unsubscribed from with one click; see unsubscribe(one_click=True)")
        return client.post(self.url, data=dict(_BODY))


def target_of(headers: Headers, *, one_click: bool, name: str) -> UnsubscribeTarget:
    """Return where the mail of these headers is unsubscribed from; raises NotOne or NotOneClick. name: of the mail."""
    said = unsubscribe_in(headers)
    urls = [address for address in said.addresses if address.lower().startswith(("https://", "http://"))]
    mailtos = [address for address in said.addresses if address.lower().startswith("mailto:")]
    wrong = _wrong(said, headers, urls)
    if one_click and wrong:
        lines = [f"{name} cannot be unsubscribed from with one click:", *(f"  {_MEANING[fault]}" for fault in wrong)]
        raise NotOneClick("\n".join([*lines, *(f"  {field}: {value!a}" for field, value in _fields(headers))]))
    if not urls and not mailtos:
        what = f"{said.field[:500]!a} has no address" if said.field else "there is no List-Unsubscribe field"
        raise NotOne(f"{name} says nowhere how to unsubscribe: {what}")
    for found in (urls, mailtos):
        if len(found) > 1:
            head = f"{name} has {len(found)} addresses to unsubscribe, where one was expected:"
            raise NotOne("\n".join([head, *(f"  {each!a}" for each in found)]), tuple(found))
    return UnsubscribeTarget("".join(urls), "".join(mailtos), one_click=not wrong)


def _wrong(said: Unsubscribe, headers: Headers, urls: Sequence[str]) -> list[Fault]:
    """Return what keeps one click from being enough.

    A test may do without two things: a signature is often put on later, and a loopback address has no certificate.
    """
    wrong = list(said.faults)
    if not said.field:
        wrong.append(Fault.POST_WITHOUT_LIST)
    elif not urls:
        wrong.append(Fault.POST_WITHOUT_HTTPS)
    if not said.post:
        wrong.append(Fault.BAD_POST)
    forgiven = set() if "dkim-signature" in headers else {Fault.NOT_SIGNED}
    if len(urls) == 1 and _LOOPBACK.match(urls[0]):
        forgiven.add(Fault.POST_WITHOUT_HTTPS)
    return [fault for fault in dict.fromkeys(wrong) if fault not in forgiven]


def _fields(headers: Headers) -> list[tuple[str, str]]:
    names = ("list-unsubscribe", "list-unsubscribe-post")
    return [(field, value[:500]) for field, value in headers if field.lower() in names][:10]
