"""The cookbook as a suite: its snippets are run by one pytest, and what that prints is put in where it is shown.

    python tests/cookbook.py

writes the page again, when what a failure prints has changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cookbook.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MODULE = re.compile(r'"""(\w+\.py): ')
_HEADING = re.compile(r"^_+ (\w+)(?:\[.*\])? _+$", re.MULTILINE)
_SECTION = re.compile(r"^-+ mailtrap.*? -+\n(?:(?![-=_]{3}).*\n?)*", re.MULTILINE)
# No others are loaded, which is quicker.
PLUGINS = ("pytest_mailtrap_lite", "anyio", "django")
# What differs in each run.
_CHANGING = {r"127\.0\.0\.1:\d+": "127.0.0.1:54321", r"\b[0-9a-f]{6}-\d+\b": "7888f8-1"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of Python. shown: what pytest is said to print for it, None if it passes."""

    name: str
    code: str
    shown: str | None


def snippets(page: str) -> list[Snippet]:
    """Return the snippets in order; a text that follows a snippet is what is printed for it."""
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(page)]
    found = []
    for number, (language, code) in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
        if language == "python":
            module = _MODULE.match(code)
            shown = following[1] if following[0] == "text" else None
            found.append(Snippet(module[1] if module else f"test_{number:02}.py", code, shown))
    return found


def run(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run all snippets in a folder."""
    for snippet in snippets(page):
        (folder / snippet.name).write_text(snippet.code, encoding="utf-8")
    plugins = [word for plugin in PLUGINS for word in ("-p", plugin)]
    options = ["-q", "-rN", "--color=no", "-p", "no:cacheprovider", "-o", "pythonpath=."]
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-m", "pytest", *options, *plugins],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def printed(output: str) -> dict[str, str]:
    """Return what pytest printed for each test that failed, by its name: the explanation and our sections."""
    failures = output.rstrip().rpartition("\n")[0].partition(" FAILURES =")[2]  # without the line of the outcome
    names, texts = _HEADING.findall(failures), _HEADING.split(failures)[2::2]
    return {name: steady(_explanation(text)) for name, text in zip(names, texts, strict=True)}


def _explanation(text: str) -> str:
    lines = [line.rstrip() + "\n" for line in text.splitlines() if re.match(r"E( |$)", line)]
    return "".join(lines) + "".join(section.rstrip() + "\n" for section in _SECTION.findall(text))


def steady(text: str) -> str:
    """Return a text in which nothing changes by itself."""
    for pattern, instead in _CHANGING.items():
        text = re.sub(pattern, instead, text)
    return text


def filled(page: str, output: str) -> str:
    """Return the page with what was printed."""
    texts = printed(output)
    parts, behind = [], 0
    code = ""
    for match in _BLOCK.finditer(page):
        if match[1] == "text":
            shown = "".join(texts.pop(name) for name in re.findall(r"def (test_\w+)", code) if name in texts)
            parts += [page[behind : match.start()], f"```text\n{shown}```"]
            behind = match.end()
        code = match[2]
    return "".join([*parts, page[behind:]])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        text = PAGE.read_text(encoding="utf-8")
        done = run(text, Path(name))
        sys.stdout.write(done.stdout + done.stderr)
        PAGE.write_text(filled(text, done.stdout), encoding="utf-8")
