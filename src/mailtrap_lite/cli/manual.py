"""`python -m mailtrap_lite.cli.manual` prints the page of commands, docs/commands.md, from their tables."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrap_lite.cli import sysexits
from mailtrap_lite.cli.command import Command, Option
from mailtrap_lite.cli.commands import COMMANDS
from mailtrap_lite.cli.failure import CODES
from mailtrap_lite.cli.parsing import usage
from mailtrap_lite.cli.sendmailargs import HELP

_ABOUT = """\
# Commands

This page is made from the table in `cli/commands.py`; a test fails when it is not up to date, and runs each example.

`mailtrap-lite` without the name of a command, or `mailtrap-lite serve`, starts the server; [its flags](settings.md).
The commands below ask a server that runs, so that a shell script, or a test in any language, can.
[A script](../examples/password_reset.sh) starts one, waits for a mail and follows its link.

## Which server

The first of these that is there says where it is:

1. `--url`, then `--ready-file`;
2. `MAILTRAP_LITE_URL`, then `MAILTRAP_LITE_READY_FILE`, in the environment;
3. the ready file `ready.json` beside the store in the user's data directory, which a server writes unless it has a
   `--ready-file` of its own. Of several servers the first has it as long as it runs;
4. `http://127.0.0.1:8025`.

`MAILTRAP_LITE_WEB_TOKEN`, or `MAILTRAP_LITE_WEB_PASSWORD` with `MAILTRAP_LITE_WEB_USER`, or their `_FILE`,
are read by server and commands alike; `--token` goes before them. No proxy of the environment is used.

## What they print

People get columns as wide as the terminal; what would steer it is written out, and `NO_COLOR` is heeded.
`--json` prints one document and nothing else, in the shapes of the HTTP API: [the API](api.md).
Errors are one line on standard error. What QUERY can say is told in [search](search.md).
`--` ends the options, so that a QUERY may begin with the `-` of not: `mailtrap-lite list -- -subject:order`.

## How they end
"""

_SENDMAIL = """
## mailtrap-lite sendmail

For programs that send mail by calling `sendmail`, as PHP, cron, git and mutt do.
`mailtrap-lite-sendmail` is the same as one program, for settings that name a path:

```ini
; php.ini
sendmail_path = "mailtrap-lite-sendmail -t -i"
```

```sh
git config sendemail.smtpserver "$(command -v mailtrap-lite-sendmail)"
echo 'set sendmail="mailtrap-lite-sendmail -oi"' >> ~/.muttrc
ln -s "$(command -v mailtrap-lite-sendmail)" /usr/sbin/sendmail   # for cron, in a container
```

It speaks SMTP to the server whose ready file it finds, to `--smtp HOST:PORT` or `MAILTRAP_LITE_SMTP`, or to
`127.0.0.1:1025`; with STARTTLS where the server has it and the ready file or `--ca-file` tells whom to trust.

What is shown is what the program wrote. Only this is changed, as sendmail does it too:

- LF becomes CR LF; a last line without one gets one.
- Without `-i` or `-oi` a line with a dot alone ends the mail.
- With `-t`, `Bcc` and `Resent-Bcc` are taken out. Recipients behind the options get the mail as well.
- A first line `From …` as in mbox files is taken out.
- A text without a header gets the empty line that ends one.

Recipients behind the options may stand with commas, `bob@example.com,carol@example.com`.
Nothing on standard input, or white space alone, is no message: nothing is sent, and it ends with 65.
Other sendmails send an empty mail then, and hide that the program in front of the pipe failed.

Nothing is added: no From, Date, Message-ID or Received, so that [lint](lint.md) can say what the program left out.
For the same reason `-F` is ignored. Without `-f` the envelope's sender is the user's name at this machine's.

"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _ABOUT
    yield from ("| code | what it means |", "|---|---|")
    yield from (f"| {code} | {text} |" for code, text in CODES.items())
    for command in COMMANDS.values():
        yield from _section(command)
    yield _SENDMAIL.rstrip("\n")
    yield from ("", "```text", HELP.rstrip("\n"), "```", "", "| code | what it means |", "|---|---|")
    yield from (f"| {code} | {text} |" for code, text in sysexits.MEANING.items())


def _section(command: Command) -> Iterator[str]:
    yield from ("", f"## mailtrap-lite {command.name}", "", command.text)
    yield from (command.about, "", "```text", usage(command), "```", "")
    own = [option for option in command.options if not option.of_connection]
    yield from ("| | |", "|---|---|")
    yield from (f"| `{_spelled(option)}` | {option.text} |" for option in own)
    if len(own) < len(command.options):
        others = ", ".join(f"`{_spelled(option)}`" for option in command.options if option.of_connection)
        yield from ("", f"Which server: {others}.")
    if command.document:
        yield from ("", f"`--json`: {command.document}.")
    yield from ("", "```sh", *command.examples, "```")


def _spelled(option: Option) -> str:
    if option.is_positional or not option.metavar:
        return ", ".join(option.flags)
    value = f"[={option.metavar}]" if option.many == "?" else f" {option.metavar}"
    return ", ".join(option.flags) + value


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - that is what it is for
