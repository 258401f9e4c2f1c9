"""How a mail says its list can be left: List-Unsubscribe (RFC 2369) and one click (RFC 8058). Nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailtrap_lite.message.headers import Headers

_ADDRESS = re.compile(r"<([^<>]{1,4096})>")
_SIGNED = re.compile(r"(?:^|;)\s{0,80}h\s{0,80}=([^;]{0,8192})")
_MOST = 50


class Fault(StrEnum):
    """What is wrong with how a list can be left."""

    NO_ADDRESS = "no-address"  # nothing stands in angle brackets (RFC 2369 section 2)
    STRAY = "stray"  # text outside of the angle brackets that is no comma and no comment
    UNKNOWN_SCHEME = "unknown-scheme"  # neither mailto: nor http:
    DOUBLED = "doubled"  # RFC 2369 section 2: only one field of a name
    BAD_POST = "bad-post"  # RFC 8058 section 3.1: List-Unsubscribe=One-Click and nothing else
    POST_WITHOUT_LIST = "post-without-list"  # RFC 8058 section 3.1
    POST_WITHOUT_HTTPS = "post-without-https"  # RFC 8058 section 3.1
    NOT_SIGNED = "not-signed"  # RFC 8058 section 4: a DKIM signature covers both fields


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The addresses to leave a list by, in the order of preference; whether one click does it; what is wrong."""

    addresses: tuple[str, ...] = ()
    one_click: bool = False
    faults: tuple[Fault, ...] = ()
    field: str = ""
    post: str = ""

    def __bool__(self) -> bool:
        return bool(self.field or self.post)


def unsubscribe_in(headers: Headers) -> Unsubscribe:
    """Return how the list can be left; false when no field says it. Never raises."""
    fields = headers.all("list-unsubscribe")
    posts = headers.all("list-unsubscribe-post")
    field = fields[0] if fields else ""
    post = posts[0] if posts else ""
    addresses = tuple("".join(found[1].split()) for found in _ADDRESS.finditer(field))[:_MOST]
    https = any(address.lower().startswith("https://") for address in addresses)
    faults = [
        *_faults_of_addresses(field, addresses if fields else None),
        *([Fault.DOUBLED] if max(len(fields), len(posts)) > 1 else []),
        *(_faults_of_post(post, bool(fields), https, _is_signed(headers)) if posts else []),
    ]
    is_post = post.strip().lower() == "list-unsubscribe=one-click"
    return Unsubscribe(addresses, is_post and https, tuple(faults), field, post)


def _faults_of_addresses(field: str, addresses: tuple[str, ...] | None) -> list[Fault]:
    if addresses is None:
        return []
    if not addresses:
        return [Fault.NO_ADDRESS]
    faults = []
    if re.sub(r"\([^()]{0,1000}\)", "", _ADDRESS.sub("", field)).strip(", \t"):
        faults.append(Fault.STRAY)
    if not all(address.lower().startswith(("mailto:", "http://", "https://")) for address in addresses):
        faults.append(Fault.UNKNOWN_SCHEME)
    return faults


def _faults_of_post(post: str, listed: bool, https: bool, signed: bool) -> list[Fault]:
    faults = []
    if post.strip().lower() != "list-unsubscribe=one-click":
        faults.append(Fault.BAD_POST)
    if not listed:
        faults.append(Fault.POST_WITHOUT_LIST)
    elif not https:
        faults.append(Fault.POST_WITHOUT_HTTPS)
    if not signed:
        faults.append(Fault.NOT_SIGNED)
    return faults


def _is_signed(headers: Headers) -> bool:
    """Return whether some DKIM signature says that it covers both fields."""
    for signature in headers.all("dkim-signature"):
        covered = _SIGNED.search(signature)
        names = {name.strip().lower() for name in covered[1].split(":")} if covered else set()
        if {"list-unsubscribe", "list-unsubscribe-post"} <= names:
            return True
    return False
