"""Completion in the shells themselves: what stands on the command line, and what the shell would put there."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailtrap_lite import Server
from mailtrap_lite.cli.commands import COMMANDS, OTHERS
from mailtrap_lite.search import TERMS

SHELLS = ("bash", "zsh", "fish")
ALL = sorted({*COMMANDS, *OTHERS})

# A line up to the cursor, and what can stand there.
CASES = {
    "mailtrap-lite ": ALL,
    "mailtrap-lite li": ["list"],
    "mailtrap-lite s": ["sandboxes", "send", "sendmail", "serve", "show"],
    "mailtrap-lite list --mailb": ["--mailbox"],
    "mailtrap-lite list --mailbox ": ["bob@x.test", "eve@x.test"],
    "mailtrap-lite list --mailbox b": ["bob@x.test"],
    "mailtrap-lite list --mailbox bob@": ["bob@x.test"],
    "mailtrap-lite list --mailbox=e": ["eve@x.test"],
    "mailtrap-lite list is:": ["is:read", "is:tagged", "is:unread", "is:untagged"],
    "mailtrap-lite list sub": ["subject:"],
    "mailtrap-lite wait --to x --ti": ["--timeout"],
    "mailtrap-lite show ": ["1", "2"],
    "mailtrap-lite delete --query fro": ["from:"],
    "mailtrap-lite export --format ": ["eml", "mbox", "zip"],
    "mailtrap-lite export --format=z": ["zip"],
    "mailtrap-lite import fi": ["file one.eml"],
    "mailtrap-lite send --attach fi": ["file one.eml"],
    "mailtrap-lite --log-l": ["--log-level"],
    "mailtrap-lite --log-level ": ["debug", "error", "info", "warning"],
    "mailtrap-lite serve --smtp-a": ["--smtp-auth"],
    "mailtrap-lite serve --smtp-auth t": ["table"],
    "mailtrap-lite sendmail --rea": ["--ready-file"],
}


def script(shell: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mailtrap_lite", "completion", shell], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def installed(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed: apt-get install {shell}")
    return path


@pytest.fixture
def around(with_programs: dict[str, str], mailtrap: Server, tmp_path: Path) -> dict[str, str]:
    """An environment with a server in it, and a directory with a file."""
    for name in ("bob", "eve"):
        mailtrap.sandbox.deliver(b"Subject: x\r\n\r\n", to=[f"{name}@x.test"])
    mailtrap.sandbox.deliver(b"Subject: x\r\n\r\n", to=["$(touch pwned)@x.test"])
    mailtrap.sandbox.delete([mailtrap.sandbox.last_id])
    (tmp_path / "file one.eml").write_text("")
    (tmp_path / "home").mkdir()
    return {**with_programs, "MAILTRAP_LITE_URL": mailtrap.url, "PYTHONDEVMODE": "", "TERM": "dumb"}


def in_bash(lines: list[str], environment: dict[str, str], where: Path) -> list[list[str]]:
    """Ask the function that bash would call, as it calls it."""
    program = (
        f"{script('bash')}\n"
        + r"""
        while IFS= read -r line; do
            COMP_LINE=$line COMP_POINT=${#line}
            _mailtrap_lite 2> /dev/null
            printf '%s\t' "${COMPREPLY[@]}"; echo
        done
    """
    )
    done = subprocess.run(
        [installed("bash"), "-c", program],
        env=environment,
        cwd=where,
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = []
    for line, said in zip(lines, done.stdout.splitlines(), strict=True):
        # What stands behind the last word break is replaced; before it everything stays.
        word = line.rpartition(" ")[2].rpartition("=")[2]
        kept = word[: max(word.rfind(":"), word.rfind("@")) + 1]
        found.append([kept + each for each in said.split("\t") if each])
    return found


def in_fish(lines: list[str], environment: dict[str, str], where: Path) -> list[list[str]]:
    program = f"{script('fish')}\n" + "while read -l line; echo (complete -C $line | string join \\x1e); end"
    done = subprocess.run(
        [installed("fish"), "-c", program],
        env=environment,
        cwd=where,
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return [
        [each.partition("\t")[0].replace("\\ ", " ") for each in said.split("\x1e") if each]
        for said in done.stdout.split("\n")[: len(lines)]
    ]


def test_bash_completes(around: dict[str, str], tmp_path: Path) -> None:
    found = in_bash(list(CASES), around, tmp_path)

    assert {line: sorted(each) for line, each in zip(CASES, found, strict=True)} == CASES


def test_fish_completes(around: dict[str, str], tmp_path: Path) -> None:
    found = in_fish(list(CASES), around, tmp_path)

    # fish puts the flag before the value that it was given with "=".
    seen = {
        line: sorted(word.partition("=")[2] or word for word in each) for line, each in zip(CASES, found, strict=True)
    }
    assert seen == CASES


def typed(shell: list[str], line: str, environment: dict[str, str], where: Path, *, setup: str) -> str:
    """Type a line and Tab in a real, interactive shell; return the command that is run then, as echo sees it."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(where)
        os.execve(shell[0], shell, environment)  # noqa: S606 - it is the shell
    seen = b""

    def until(mark: bytes) -> None:
        nonlocal seen
        while mark not in seen:
            ready, _, _ = select.select([terminal], [], [], 30)
            assert ready, seen
            seen += os.read(terminal, 65536)

    try:
        os.write(terminal, setup.encode() + b"; printf '%s\\n' re''ady\n")
        until(b"ready\r\n")
        seen = b""
        os.write(terminal, line.encode() + b"\t")
        # Enter comes once the shell has put in what it found, which is told by what is typed behind it.
        os.write(terminal, b"#\n")
        until(b">>")
        until(b"<<")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return seen.decode().rpartition(">>")[2].partition("<<")[0]


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("mailtrap-lite li", "list"),
        ("mailtrap-lite list --mailbox bo", "list --mailbox bob@x.test"),
        ("mailtrap-lite list is:unr", "list is:unread"),
        ("mailtrap-lite list subj", "list subject:"),
        ("mailtrap-lite export --format z", "export --format zip"),
        ("mailtrap-lite import file", "import file one.eml"),
        ("mailtrap-lite serve --ready-f", "serve --ready-file"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tab_in_an_interactive_shell(
    shell: str, line: str, result: str, around: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "completion").write_text(script(shell))
    # The function of this name is what is run in the end, and shows its arguments.
    show = (
        'mailtrap-lite() { if [ "$1" = completion ]; then command mailtrap-lite "$@"; '
        """else printf '>%s' ">$*<"; echo '<'; fi; }"""
    )
    start = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
    before = {"bash": "", "zsh": "autoload -Uz compinit; compinit -u -D; setopt interactivecomments; "}[shell]

    seen = typed(
        [installed(shell), *start], line, around, tmp_path, setup=f"{before}source ./completion; {show}; PS1='$ '"
    )

    assert seen.removesuffix("#").strip() == result


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command_and_flag_and_term(shell: str) -> None:
    from dataclasses import fields

    from mailtrap_lite import Settings
    from mailtrap_lite.cli.sources import flag_of

    text = script(shell)

    for name in ALL:
        assert name in text
    for command in COMMANDS.values():
        for option in command.options:
            for flag in option.flags:
                assert option.is_positional or flag.lstrip("-") in text
    assert all(flag_of(item.name).lstrip("-") in text for item in fields(Settings))
    assert all(f"{term.name}:" in text for term in TERMS)


def test_a_mailbox_that_a_shell_would_read_as_more_is_left_out(mailtrap: Server, around: dict[str, str]) -> None:
    for name in ("$(touch pwned)", "`x`", "a;b", "a'b", "a\\b"):
        mailtrap.sandbox.deliver(b"Subject: x\r\n\r\n", to=[f'"{name}"@x.test'])

    done = subprocess.run(
        ["mailtrap-lite", "completion", "mailboxes"], env=around, capture_output=True, text=True, timeout=30
    )

    assert (done.stdout.split(), done.stderr) == (["bob@x.test", "eve@x.test"], "")


def test_without_a_server_there_is_silence(around: dict[str, str]) -> None:
    done = subprocess.run(
        ["mailtrap-lite", "completion", "ids"],
        env={**around, "MAILTRAP_LITE_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
