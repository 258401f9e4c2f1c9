"""`mailtrap-lite sandboxes` against a real server; what it does is called here, the process is tested elsewhere."""

from __future__ import annotations

import json

import pytest

from mailtrap_lite import Server
from mailtrap_lite.cli import sandboxes
from mailtrap_lite.cli.commands import COMMANDS
from mailtrap_lite.cli.failure import NOTHING, Failure
from mailtrap_lite.cli.parsing import parsed


def run(mailtrap: Server, *arguments: str) -> int:
    return sandboxes.run(parsed(COMMANDS["sandboxes"], [*arguments, "--url", mailtrap.url]), {})


def test_one_is_made_listed_and_deleted(mailtrap: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(mailtrap, "--create", "shop") == 0
    assert capsys.readouterr().out == f"{mailtrap.url}/sandboxes/shop/\n"
    assert run(mailtrap) == 0
    name, messages, sessions, *_, url = (listed := capsys.readouterr().out).split()
    assert (name, messages, sessions, url) == ("shop", "0", "0", f"{mailtrap.url}/sandboxes/shop/")
    assert listed.count(url) == 1
    assert run(mailtrap, "--json") == 0
    assert json.loads(capsys.readouterr().out)["Sandboxes"][0]["User"] == "shop"

    assert run(mailtrap, "--delete", "shop", "--delete", "nowhere") == NOTHING

    out, err = capsys.readouterr()
    assert (out, err) == ("deleted shop\n", "mailtrap-lite: there is no sandbox 'nowhere'\n")
    assert run(mailtrap, "--delete", "shop", "--json") == NOTHING
    assert json.loads(capsys.readouterr().out) == {"Deleted": [], "Missing": ["shop"]}
    assert len(mailtrap.sandboxes) == 0


def test_one_without_a_name_gets_one(mailtrap: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(mailtrap, "--create", "--json") == 0

    made = json.loads(capsys.readouterr().out)
    assert [each.name for each in mailtrap.sandboxes] == [made["Name"]]


def test_what_cannot_be_says_why(mailtrap: Server) -> None:
    mailtrap.sandboxes.create("shop")

    with pytest.raises(Failure, match="there is a sandbox shop already"):
        run(mailtrap, "--create", "shop")
    with pytest.raises(Failure, match="is no name of a sandbox"):
        run(mailtrap, "--create", "a.b")
    with pytest.raises(Failure, match="not both"):
        run(mailtrap, "--create", "--delete", "shop")
