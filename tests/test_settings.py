"""Settings: text becomes values, and a bad one is named with its source and what is allowed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import Endpoint, Kind, Settings, default_of, read


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("smtp", "127.0.0.1:1025", Endpoint("127.0.0.1", 1025)),
        ("smtp", "[::1]:0", Endpoint("::1", 0)),
        ("web", "localhost:65535", Endpoint("localhost", 65535)),
        ("message_size", "25m", 25 * 1024**2),
        ("message_size", "10 KiB", 10240),
        ("message_size", "1GB", 1024**3),
        ("message_size", "0", 0),
        ("recipients", "7", 7),
        ("smtp_idle", "0.5", 0.5),
        ("plus_addressing", "No", False),
        ("plus_addressing", "1", True),
        ("allowed_hosts", "a.test, b.test", ("a.test", "b.test")),
        ("log_level", "DEBUG", "debug"),
        ("store", "memory", "memory"),
        ("ready_file", "/tmp/x", Path("/tmp/x")),
        ("web", "unix:/run/mail.sock", Endpoint("", 0, "/run/mail.sock")),
        ("web_base_path", "/mail", "/mail"),
        ("web_base_path", "/a/b.c/", "/a/b.c"),
        ("web_base_path", "/", ""),
        ("web_proxy", "2", 2),
        ("web_user", "ann", "ann"),
        ("web_password", "gr\u00fcn & gold", "gr\u00fcn & gold"),
        ("web_token", "a.b-c_d~e+f/0==", "a.b-c_d~e+f/0=="),
        ("outbound_allow", "CI.lan, 10.0.0.0/8, ::1", ("ci.lan", "10.0.0.0/8", "::1/128")),
        ("json_body", "2m", 2 * 1024**2),
        ("http_headers", "0", 0),
        ("pop3_expire", "Never", "never"),
        ("pop3_expire", "30", 30),
        ("pop3_expire", "0", 0),
        ("mailboxes", "alice:orders@x.test, bob : *", (("alice", "orders@x.test"), ("bob", "*"))),
    ],
)
def test_a_text_becomes_a_value(name: str, text: str, value: object) -> None:
    assert getattr(Settings.of({name: text}), name) == value
    assert getattr(Settings.of({name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp", "1025"),
        ("smtp", ":1025"),
        ("smtp", "::1:1025"),
        ("smtp", "localhost:65536"),
        ("smtp", "localhost:-1"),
        ("smtp", "localhost:1_0"),
        ("smtp", "localhost:\N{FULLWIDTH DIGIT ONE}"),
        ("smtp", Endpoint("localhost", 70000)),
        ("smtp", 1025),
        ("message_size", "25x"),
        ("message_size", "-1"),
        ("message_size", -1),
        ("recipients", "0"),
        ("recipients", 0),
        ("recipients", "1.5"),
        ("recipients", True),
        ("smtp_idle", "0"),
        ("smtp_idle", "nan"),
        ("smtp_idle", float("inf")),
        ("plus_addressing", "maybe"),
        ("hostname", "a b"),
        ("hostname", "x\r\n250 ok"),
        ("allowed_hosts", "a.test,*"),
        ("log_level", "loud"),
        ("store", ""),
        ("store", ":memory:"),
        ("store", "file:x?mode=memory"),
        ("store", None),
        ("smtp", "unix:/run/mail.sock"),
        ("web", "unix:"),
        ("web", "unix:/run/\x1b.sock"),
        ("web_base_path", "mail"),
        ("web_base_path", "//evil.example"),
        ("web_base_path", "/a//b"),
        ("web_base_path", "/a/../b"),
        ("web_base_path", "/a b"),
        ("web_base_path", "/a\r\nX: y"),
        ("web_proxy", "11"),
        ("web_proxy", -1),
        ("web_user", "a:b"),
        ("web_user", ""),
        ("web_password", "a\nb"),
        ("web_token", "a b"),
        ("web_token", "gr\u00fcn"),
        ("outbound_allow", "10.0.0.1/8"),
        ("outbound_allow", "10.0.0.256"),
        ("outbound_allow", "*"),
        ("pop3_expire", "soon"),
        ("pop3_expire", -1),
        ("pop3_expire", 1.5),
        ("pop3_expire", True),
        ("mailboxes", "alice"),
        ("mailboxes", "alice:"),
        ("mailboxes", ":orders@x.test"),
        ("mailboxes", "alice:orders@x.test\nbob:*"),
        ("mailboxes", {"alice": ""}),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: Any) -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.of({name: value}, source="the moon")

    (item,) = (item for item in fields(Settings) if item.name == name)
    text = str(caught.value)
    assert text.startswith(f"{name}: ")
    assert item.metadata["kind"].allowed in text
    assert "\n" not in text


def test_the_source_of_a_bad_value_is_named() -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.of({"recipients": "none"}, source="MAILTRAP_LITE_RECIPIENTS")

    assert str(caught.value) == "recipients: 'none' from MAILTRAP_LITE_RECIPIENTS is not a whole number from 1"


def test_an_unknown_setting_is_named_with_those_there_are() -> None:
    with pytest.raises(BadSetting, match=r"'smpt' from the call is not a setting; the settings are smtp, smtps, "):
        Settings.of({"smpt": "x"})


def test_a_table_of_mailboxes_may_be_a_dict() -> None:
    assert Settings.of({"mailboxes": {"alice": "orders@x.test"}}).mailboxes == (("alice", "orders@x.test"),)


def test_later_values_win_and_the_others_stay() -> None:
    base = Settings(recipients=5, hostname="a.test")

    assert Settings.of({"recipients": "6"}, base=base) == Settings(recipients=6, hostname="a.test")


@pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)
def test_each_setting_has_a_help_text_and_a_default_that_it_takes_itself(item: Any) -> None:
    kind = item.metadata["kind"]
    default = default_of(item)

    assert isinstance(kind, Kind)
    assert item.metadata["help"]
    if default:
        assert read(item, default, source="its default") == item.default


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().recipients = 3  # type: ignore[misc]
