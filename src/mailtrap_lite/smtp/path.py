"""The arguments of MAIL and RCPT: a path and its ESMTP parameters (RFC 5321 section 4.1.2, RFC 6531).

One regular expression reads a path as it stands. aiosmtpd's parser costs forty times as much and repairs what it reads:
it drops comments and quotes and closes brackets, so that nothing it says can be trusted. Knows no session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailtrap_lite.smtp.replies import refused

# Looser than RFC 5321 where real mail is (dots anywhere, underscores and no dot in domains), and any UTF-8 (RFC 6531).
_ATEXT = r"[\w.!#$%&'*+/=?^`{|}~\-\u0080-\U0010ffff]"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LOCAL = rf"(?=[^@>]){_ATEXT}*(?:{_QUOTED}{_ATEXT}*)*"  # not empty; a run of atoms and quoted strings
_DOMAIN = r"(?:[\w.\-\u0080-\U0010ffff]+|\[[^\[\]\\<>\s]+\])"
_ROUTE = r"(?:@[\w.\-]+(?:,@[\w.\-]+)*:)?"  # RFC 5321 appendix C: accepted, and ignored
_PATH = re.compile(rf"<{_ROUTE}({_LOCAL}(?:@{_DOMAIN})?)>(?: +(.*))?", re.DOTALL)
_NULL_PATH = re.compile(r"<>(?: +(.*))?", re.DOTALL)
_BARE = re.compile(rf"({_LOCAL}@{_DOMAIN})(?: +(.*))?", re.DOTALL)

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")  # RFC 5321 section 4.1.2, esmtp-keyword
_DIGITS = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 3


@dataclass(frozen=True, slots=True)
class Path:
    """A reverse-path or forward-path. address: without source route, "" for `<>`. options: as sent, in order."""

    address: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailOptions:
    """The MAIL parameters that mean something to us. size: octets announced, or None."""

    smtputf8: bool = False
    size: int | None = None


_NO_OPTIONS = MailOptions()


def reverse_path(argument: str) -> Path:
    """Return what `MAIL argument` names; raises Refused."""
    return _path(argument, "FROM:", "MAIL FROM:<address> [parameters]")


def forward_path(argument: str) -> Path:
    """Return what `RCPT argument` names, never the null path; raises Refused."""
    path = _path(argument, "TO:", "RCPT TO:<address> [parameters]")
    if not path.address:
        raise refused(501, "5.1.3", "A recipient cannot be empty")
    return path


def mail_options(options: tuple[str, ...]) -> MailOptions:
    """Return what the parameters of MAIL mean; raises Refused for a wrong or an unknown one."""
    if not options:
        return _NO_OPTIONS
    smtputf8, size = False, None
    for keyword, value in _parameters(options):
        match keyword:
            case "SIZE":
                if not value or not _DIGITS.fullmatch(value):
                    raise refused(501, "5.5.4", "SIZE wants a number of octets")
                size = int(value)
            case "BODY":
                if value is None or value.upper() not in {"7BIT", "8BITMIME"}:
                    raise refused(501, "5.5.4", "BODY is 7BIT or 8BITMIME")
            case "SMTPUTF8":
                if value is not None:
                    raise refused(501, "5.5.4", "SMTPUTF8 takes no value")
                smtputf8 = True
            case "AUTH":  # RFC 4954 section 5: a server that knows AUTH must take it
                if not value:
                    raise refused(501, "5.5.4", "AUTH wants an address or <>")
            case _:
                raise refused(555, "5.5.4", "MAIL parameter not recognized")
    return MailOptions(smtputf8, size)


def check_rcpt_options(options: tuple[str, ...]) -> None:
    """Raise Refused for a wrong or an unknown parameter of RCPT; none is known yet."""
    if options and list(_parameters(options)):
        raise refused(555, "5.5.4", "RCPT parameter not recognized")


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


def _parameters(options: tuple[str, ...]) -> list[tuple[str, str | None]]:
    found: dict[str, str | None] = {}
    for option in options:
        keyword, equals, value = option.partition("=")
        if not _KEYWORD.fullmatch(keyword) or (equals and not value) or keyword.upper() in found:
            raise refused(501, "5.5.4", "Parameters are KEYWORD or KEYWORD=value, each once")
        found[keyword.upper()] = value if equals else None
    return list(found.items())
