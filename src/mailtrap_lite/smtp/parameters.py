"""The ESMTP parameters of MAIL and RCPT: which are known, and what each may say (RFC 5321 section 4.1.2).

A parameter belongs to an extension; one whose extension is hidden is as unknown as any other. Knows no session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TypeAlias

from mailtrap_lite.smtp.replies import Refused, refused

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")  # RFC 5321 section 4.1.2, esmtp-keyword
_DIGITS = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 3
# RFC 3461 section 4: no space, "+" or "=" but as +XX, which stands for a printable character.
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[2-6][0-9A-F]|\+7[0-9A-E])+")
# RFC 6533 section 3: other characters as \x{XX}, or as they are if the mail is international.
_UTF8_XTEXT = re.compile(r"(?:[!-*,-<>-\[\]-~]|\\x\{(?:[0-9A-F]{2,5}|10[0-9A-F]{4})\}|\+[2-6][0-9A-F]|\+7[0-9A-E])+")
_UTF8_AS_IT_IS = re.compile(r"[^\s+=\\\x00-\x20\x7f-\x9f]+")
_ORCPT_LENGTH = 500  # RFC 3461 section 4.2
_ENVID_LENGTH = 100  # RFC 3461 section 4.4
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]+")
_EVENTS = {"SUCCESS", "FAILURE", "DELAY"}


@dataclass(frozen=True, slots=True)
class MailOptions:
    """The MAIL parameters that mean something to us. size: octets announced, or None. binary: BODY=BINARYMIME."""

    smtputf8: bool = False
    size: int | None = None
    binary: bool = False


NO_OPTIONS = MailOptions()

# What a value has to be; None stands for a keyword without a value.
Check: TypeAlias = Callable[[str | None], bool]


def _is_size(value: str | None) -> bool:
    return value is not None and _DIGITS.fullmatch(value) is not None


def _is_absent(value: str | None) -> bool:
    return value is None


def _is_auth(value: str | None) -> bool:
    return value is not None and (value == "<>" or _XTEXT.fullmatch(value) is not None)


def _is_ret(value: str | None) -> bool:
    return value is not None and value.upper() in {"FULL", "HDRS"}


def _is_envid(value: str | None) -> bool:
    return value is not None and len(value) <= _ENVID_LENGTH and _XTEXT.fullmatch(value) is not None


def _is_notify(value: str | None) -> bool:
    events = value.upper().split(",") if value else []
    return events == ["NEVER"] or (bool(events) and len(set(events)) == len(events) and set(events) <= _EVENTS)


def _is_orcpt(value: str | None) -> bool:
    kind, semicolon, address = (value or "").partition(";")
    if not semicolon or not _ADDRESS_TYPE.fullmatch(kind) or len(value or "") > _ORCPT_LENGTH:
        return False
    return (_UTF8_XTEXT if kind.lower() == "utf-8" else _XTEXT).fullmatch(address) is not None


def _is_orcpt_as_it_is(value: str | None) -> bool:
    kind, _, address = (value or "").partition(";")
    return kind.lower() == "utf-8" and _UTF8_AS_IT_IS.fullmatch(address) is not None and len(address) <= _ORCPT_LENGTH


# Keyword: its extension, what its value has to be, and how that is said.
_MAIL: dict[str, tuple[str, Check, str]] = {
    "SIZE": ("SIZE", _is_size, "SIZE wants a number of octets"),
    "SMTPUTF8": ("SMTPUTF8", _is_absent, "SMTPUTF8 takes no value"),
    "AUTH": ("AUTH", _is_auth, "AUTH wants an address in xtext, or <>"),  # RFC 4954 section 5
    "RET": ("DSN", _is_ret, "RET is FULL or HDRS"),
    "ENVID": ("DSN", _is_envid, "ENVID wants up to 100 characters of xtext"),
    "REQUIRETLS": ("REQUIRETLS", _is_absent, "REQUIRETLS takes no value"),
}
_RCPT: dict[str, tuple[str, Check, str]] = {
    "NOTIFY": ("DSN", _is_notify, "NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY"),
    "ORCPT": ("DSN", _is_orcpt, "ORCPT wants a type, a semicolon and an address in xtext"),
}
_RCPT_UTF8 = _RCPT | {"ORCPT": ("DSN", lambda value: _is_orcpt(value) or _is_orcpt_as_it_is(value), _RCPT["ORCPT"][2])}
# BODY belongs to two extensions, each with values of its own (RFC 6152 section 2, RFC 3030 section 3).
_BODIES = {"7BIT": ("8BITMIME", "BINARYMIME"), "8BITMIME": ("8BITMIME",), "BINARYMIME": ("BINARYMIME",)}


def mail_options(options: tuple[str, ...], offered: Container[str]) -> MailOptions:
    """Return what the parameters of MAIL mean.

    offered: the extensions that can be used. Raises Refused for a wrong or an unknown parameter.
    """
    if not options:
        return NO_OPTIONS
    found = _parameters(options)
    body = _body(found.pop("BODY"), offered) if "BODY" in found else ""
    _check(found, _MAIL, offered, "MAIL")
    size = found.get("SIZE")
    return MailOptions(
        smtputf8="SMTPUTF8" in found, size=None if size is None else int(size), binary=body == "BINARYMIME"
    )


def check_rcpt_options(options: tuple[str, ...], offered: Container[str], *, smtputf8: bool = False) -> None:
    """Raise Refused for a wrong or an unknown parameter of RCPT. smtputf8: MAIL has said so."""
    if options:
        _check(_parameters(options), _RCPT_UTF8 if smtputf8 else _RCPT, offered, "RCPT")


def _check(
    found: dict[str, str | None], known: dict[str, tuple[str, Check, str]], offered: Container[str], verb: str
) -> None:
    for keyword, value in found.items():
        extension, is_right, wanted = known.get(keyword, ("", _is_absent, ""))
        if extension not in offered:
            raise _unknown(verb)
        if not is_right(value):
            raise refused(501, "5.5.4", wanted)


def _body(value: str | None, offered: Container[str]) -> str:
    usable = [name for name, extensions in _BODIES.items() if any(each in offered for each in extensions)]
    if not usable:
        raise _unknown("MAIL")
    if value is None or value.upper() not in usable:
        raise refused(501, "5.5.4", f"BODY is {' or '.join(usable)}")
    return value.upper()


def _unknown(verb: str) -> Refused:
    return refused(555, "5.5.4", f"{verb} parameter not recognized")


def _parameters(options: tuple[str, ...]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for option in options:
        keyword, equals, value = option.partition("=")
        if not _KEYWORD.fullmatch(keyword) or (equals and not value) or keyword.upper() in found:
            raise refused(501, "5.5.4", "Parameters are KEYWORD or KEYWORD=value, each once")
        found[keyword.upper()] = value if equals else None
    return found
