"""The arguments of MAIL and RCPT: a path, and its ESMTP parameters as they stand (RFC 5321 section 4.1.2, RFC 6531).

One regular expression reads a path as it stands. aiosmtpd's parser costs forty times as much and repairs what it reads:
it drops comments and quotes and closes brackets, so that nothing it says can be trusted. Knows no session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailtrap_lite.smtp.replies import refused

# Looser than RFC 5321 where real mail is (dots anywhere, underscores and no dot in domains), and any UTF-8 (RFC 6531).
# As what is left out: the ranges themselves take 20 ms to compile, in each suite's first test.
_ATEXT = r'[^\x00-\x20"(),:;<>@\[\\\]\x7f]'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LOCAL = rf"(?=[^@>]){_ATEXT}*(?:{_QUOTED}{_ATEXT}*)*"  # not empty; a run of atoms and quoted strings
_DOMAIN = r"(?:[^\x00-,/:-@\[-\^`{-\x7f]+|\[[^\[\]\\<>\s]+\])"
_ROUTE = r"(?:@[\w.\-]+(?:,@[\w.\-]+)*:)?"  # RFC 5321 appendix C: accepted, and ignored
_PATH = re.compile(rf"<{_ROUTE}({_LOCAL}(?:@{_DOMAIN})?)>(?: +(.*))?", re.DOTALL)
_NULL_PATH = re.compile(r"<>(?: +(.*))?", re.DOTALL)
_BARE = re.compile(rf"({_LOCAL}@{_DOMAIN})(?: +(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Path:
    """A reverse-path or forward-path. address: without source route, "" for `<>`. options: as sent, in order."""

    address: str
    options: tuple[str, ...] = ()


def reverse_path(argument: str) -> Path:
    """Return what `MAIL argument` names; raises Refused."""
    return _path(argument, "FROM:", "MAIL FROM:<address> [parameters]")


def forward_path(argument: str) -> Path:
    """Return what `RCPT argument` names, never the null path; raises Refused."""
    path = _path(argument, "TO:", "RCPT TO:<address> [parameters]")
    if not path.address:
        raise refused(501, "5.1.3", "A recipient cannot be empty")
    return path


def _path(argument: str, keyword: str, syntax: str) -> Path:
    if argument[: len(keyword)].upper() != keyword:
        raise refused(501, "5.5.4", f"Syntax: {syntax}")
    text = argument[len(keyword) :].strip(" ")
    if found := _PATH.fullmatch(text) or _BARE.fullmatch(text):
        address, rest = found.groups()
    elif found := _NULL_PATH.fullmatch(text):
        address, rest = "", found[1]
    elif not text:
        raise refused(501, "5.5.4", f"Syntax: {syntax}")
    else:
        raise refused(501, "5.1.3", "Bad address syntax")
    return Path(address, tuple(filter(None, rest.split(" "))) if rest else ())
