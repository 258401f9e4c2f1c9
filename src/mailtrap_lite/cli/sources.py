"""Where settings come from: default < TOML file < environment < flag. It knows no server."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn  # Any: what a TOML file holds, before it is checked

from mailtrap_lite.cli.commands import COMMANDS, OTHERS, SERVE
from mailtrap_lite.cli.place import CLIENT_ONLY
from mailtrap_lite.errors import BadSetting
from mailtrap_lite.settings import PREFIX, SWITCH, Kind, Settings, default_of
from mailtrap_lite.version import __version__

OWN_FILE = "mailtrap-lite.toml"
PROJECT_FILE = "pyproject.toml"
TABLE = "mailtrap-lite"
# Settings whose flag is given once for each value, and is named for one.
ONE_BY_ONE = {"faults": "--fault"}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadSetting(f"{message}; `mailtrap-lite --help` lists what there is")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, made from the table of settings."""
    result = _Parser(
        prog="mailtrap-lite",
        usage="mailtrap-lite [serve] [FLAG …]\n       mailtrap-lite COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Catch every mail over SMTP, show it in the browser, serve it over POP3. Nothing ever leaves.\n\n"
        "commands, each with a --help of its own:\n" + "\n".join(_commands()),
        epilog=f"Each flag can also be set as {PREFIX}NAME in the environment, or as name in {OWN_FILE}\n"
        f"or in [tool.{TABLE}] of {PROJECT_FILE}, in the current directory. The flag wins, then the environment.",
        allow_abbrev=False,
    )
    result.add_argument("--version", action="version", version=f"mailtrap-lite {__version__}")
    for item in fields(Settings):
        kind: Kind = item.metadata["kind"]
        default = default_of(item) if item.name != "store" else "mail.db in the user's data directory"
        if item.name in ONE_BY_ONE:
            result.add_argument(
                flag_of(item.name),
                action="append",
                dest=item.name,
                metavar=kind.placeholder,
                help=item.metadata["help"].replace("%", "%%"),
            )
            continue
        result.add_argument(
            flag_of(item.name),
            metavar=kind.placeholder,
            nargs="?" if kind is SWITCH else None,
            const="yes" if kind is SWITCH else None,
            help=f"{item.metadata['help']}" + (f" (default: {default})" if default else ""),
        )
    return result


def _commands() -> Iterator[str]:
    yield f"  {SERVE:<10}  {OTHERS[SERVE]}"
    yield from (f"  {name:<10}  {command.text}" for name, command in COMMANDS.items())
    yield from (f"  {name:<10}  {text}" for name, text in OTHERS.items() if name != SERVE)


def flag_of(name: str) -> str:
    """Return the flag of a setting."""
    return ONE_BY_ONE.get(name) or "--" + name.replace("_", "-")


def gather(argv: Sequence[str], environment: Mapping[str, str], directory: Path, *, base: Settings) -> Settings:
    """Return base with what the files in a directory, the environment and the arguments say; raises BadSetting.

    Ends the process for --help and --version, as argparse does.
    """
    arguments = vars(parser().parse_args(argv))
    settings = base
    for source, values in _files(directory):
        settings = Settings.of(values, source=source, base=settings)
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in CLIENT_ONLY and (setting := name.removeprefix(PREFIX).lower()):
            settings = Settings.of({setting: value}, source=name, base=settings)
    for setting, value in arguments.items():
        if value is not None:
            settings = Settings.of({setting: value}, source=flag_of(setting), base=settings)
    return settings


def _files(directory: Path) -> list[tuple[str, dict[str, Any]]]:
    found = []
    project = _read_toml(directory / PROJECT_FILE).get("tool", {})
    tables = ((f"[tool.{TABLE}] of {PROJECT_FILE}", project.get(TABLE)), (OWN_FILE, _read_toml(directory / OWN_FILE)))
    for source, table in tables:
        if table is None:
            continue
        if not isinstance(table, dict):
            raise BadSetting(f"{source} is not a table of settings")
        found.append((source, {name.replace("-", "_"): value for name, value in table.items()}))
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise BadSetting(f"{path.name} is not TOML: {err}") from err
    except OSError as err:
        raise BadSetting(f"{path.name} cannot be read: {err.strerror}") from err
