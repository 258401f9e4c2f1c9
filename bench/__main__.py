"""`python -m bench NAME [OPTION ...]` runs a measurement; `python -m bench` lists what there is."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

MEASUREMENTS = {
    "smtp": "bench.smtp.table",
    "smtp_latency": "bench.smtp.latency",
    "smtp_memory": "bench.smtp.memory",
    "pop3": "bench.pop3.table",
    "search": "bench.search",
    "web": "bench.web",
    "plugin": "bench.plugin.table",
    "isolation": "bench.isolation",
    "relay": "bench.relay",
    "wsgi": "bench.wsgi",
}


def first_line(module: str) -> str:
    """Return what a module says that it is, without running it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def main(arguments: list[str]) -> None:
    """Run what is named, or say what can be."""
    if not arguments:
        for name, module in MEASUREMENTS.items():
            print(f"{name:14}{first_line(module)}")
        return
    name, *options = arguments
    if name not in MEASUREMENTS:
        sys.exit(f"there is no measurement {name}; there are {', '.join(MEASUREMENTS)}")
    sys.exit(subprocess.run([sys.executable, "-m", MEASUREMENTS[name], *options], check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
