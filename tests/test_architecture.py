"""The floors: who may import whom, as a table, held against the imports that are really there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

# A module imports only from lower floors and from its own folder. The longest name that fits counts.
FLOORS: dict[str, int] = {
    "mailtrap_lite": -1,  # the package itself: the version and names that are imported when they are used
    "mailtrap_lite.version": -2,
    "mailtrap_lite.terminal": -2,  # below all that speaks, the errors included
    "mailtrap_lite.errors": -1,  # below the nouns: settings refuse values
    "mailtrap_lite.kinds": -1,  # below the settings, which are made of them
    "mailtrap_lite.settings": 0,
    "mailtrap_lite.message": 0,
    "mailtrap_lite.accounts": 1,
    "mailtrap_lite.checks": 1,
    "mailtrap_lite.discretion": 0,
    "mailtrap_lite.expectation": 1,
    "mailtrap_lite.faults": 1,
    "mailtrap_lite.lines": 1,
    "mailtrap_lite.match": -1,  # below the nouns: a message is asked for a link by a pattern
    "mailtrap_lite.offer": 1,
    "mailtrap_lite.pop3": 1,
    "mailtrap_lite.relaying": 1,
    "mailtrap_lite.reports": 1,
    "mailtrap_lite.sasl": 1,
    "mailtrap_lite.search": 1,
    "mailtrap_lite.tags": 1,
    "mailtrap_lite.credentials": 2,
    "mailtrap_lite.outbound": 2,
    "mailtrap_lite.store": 2,
    "mailtrap_lite.door": 2,
    "mailtrap_lite.sandbox": 3,
    "mailtrap_lite.relay": 4,
    "mailtrap_lite.remote": 4,
    "mailtrap_lite.smtp": 4,
    "mailtrap_lite.pop3.connection": 4,
    "mailtrap_lite.pop3.misbehaving": 4,
    "mailtrap_lite.pop3.sendqueue": 4,
    "mailtrap_lite.pop3.server": 4,
    "mailtrap_lite.pop3.stay": 4,
    "mailtrap_lite.pop3.visit": 4,
    "mailtrap_lite.web": 4,
    "mailtrap_lite.webhook": 4,
    "mailtrap_lite.server": 5,
    "mailtrap_lite.cli": 6,
    "mailtrap_lite.__main__": 7,
    "pytest_mailtrap_lite": 7,
}

# Rules that build on other rules of floor 1; no two of them build on each other.
BUILT_ON: dict[str, set[str]] = {
    "mailtrap_lite.expectation": {"mailtrap_lite.search"},
    "mailtrap_lite.tags": {"mailtrap_lite.search"},
    "mailtrap_lite.pop3": {
        "mailtrap_lite.accounts",
        "mailtrap_lite.faults",
        "mailtrap_lite.lines",
        "mailtrap_lite.offer",
        "mailtrap_lite.sasl",
    },
    "mailtrap_lite.sasl": {"mailtrap_lite.accounts"},
}

# Floor 1 is pure: what comes from outside arrives as arguments.
OUTSIDE = {
    "asyncio",
    "datetime",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
}

# Who may start threads or listen: the server, the one writer of a file, who reads mail behind a search, the web server,
# whose threads are requests, the relay, whose threads are connections, and webhooks, one for each sandbox.
MAY_START_THREADS = {
    "mailtrap_lite.relay.",
    "mailtrap_lite.server",
    "mailtrap_lite.store.catalogue",
    "mailtrap_lite.store.file",
    "mailtrap_lite.web",
    "mailtrap_lite.webhook.",
}

SOURCES = ("src", "pytest_plugin")


def modules(project: Path) -> Iterator[tuple[str, Path]]:
    for source in SOURCES:
        for path in sorted((project / source).rglob("*.py")):
            parts = path.relative_to(project / source).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def home(module: str) -> str | None:
    """The entry of the table that a module falls under."""
    names = [name for name in FLOORS if module == name or (name != "mailtrap_lite" and module.startswith(f"{name}."))]
    return max(names, key=len, default=None)


def folder(module: str) -> str:
    return module.rpartition(".")[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Names that a file imports at run time; what stands under TYPE_CHECKING is for readers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports by dots; names are absolute here"
            assert node.module is not None
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def test_each_module_has_a_floor(project: Path) -> None:
    homeless = [module for module, _ in modules(project) if home(module) is None]

    assert homeless == []


def test_each_floor_has_a_module(project: Path) -> None:
    known = {module for module, _ in modules(project)}

    assert [name for name in FLOORS if name not in known] == []


def test_imports_go_down_or_stay_in_the_folder(project: Path) -> None:
    wrong = []
    for module, path in modules(project):
        here = home(module)
        assert here is not None
        for name, line in imports(path):
            there = home(name)
            if there is None or there == "mailtrap_lite" or there == here:
                continue
            beside = FLOORS[there] == FLOORS[here] and folder(there) == folder(here) != "mailtrap_lite"
            if FLOORS[there] >= FLOORS[here] and not beside and there not in BUILT_ON.get(here, ()):
                wrong.append(
                    f"{path.relative_to(project)}:{line} (floor {FLOORS[here]}) imports {name} ({FLOORS[there]})"
                )

    assert wrong == []


def test_rules_build_on_rules_without_a_circle() -> None:
    order = list(TopologicalSorter(BUILT_ON).static_order())  # raises CycleError

    assert {FLOORS[name] for name in order} == {1}


def test_doors_never_import_each_other(project: Path) -> None:
    doors = (
        "mailtrap_lite.smtp",
        "mailtrap_lite.pop3",
        "mailtrap_lite.web.",
        "mailtrap_lite.webhook.",
        "mailtrap_lite.relay.",
    )
    wrong = [
        f"{path.relative_to(project)}:{line} imports {name}"
        for module, path in modules(project)
        for name, line in imports(path)
        for door in doors
        if name.startswith(door) and module.startswith(doors) and not module.startswith(door)
    ]

    assert wrong == []


@pytest.mark.parametrize("floor", [1], ids=["floor 1"])
def test_rules_have_no_clock_no_chance_no_socket_and_no_thread(project: Path, floor: int) -> None:
    wrong = [
        f"{path.relative_to(project)}:{line} imports {name}"
        for module, path in modules(project)
        for name, line in imports(path)
        if (here := home(module)) is not None and FLOORS[here] == floor and name.partition(".")[0] in OUTSIDE
    ]

    assert wrong == []


def test_only_the_server_starts_threads_and_listens(project: Path) -> None:
    wrong = []
    for module, path in modules(project):
        if module.startswith(tuple(MAY_START_THREADS)):
            continue
        wrong += [
            f"{path.relative_to(project)}:{node.lineno} uses .{node.attr}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr in {"Thread", "create_server", "bind", "listen"}
        ]

    assert wrong == []


def test_no_file_eats_the_project(project: Path) -> None:
    long = {
        str(path.relative_to(project)): lines
        for _, path in modules(project)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_each_module_opens_with_what_it_is(project: Path) -> None:
    silent = [
        str(path.relative_to(project))
        for _, path in modules(project)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) and path.name != "version.py"
    ]

    assert silent == []


def test_the_public_api_is_one_list_and_each_name_is_there() -> None:
    import mailtrap_lite

    for name in mailtrap_lite.__all__:
        assert getattr(mailtrap_lite, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        mailtrap_lite.nonsense  # noqa: B018
