"""The wheel, installed into an empty environment with what it says it needs and nothing else, does its work there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

LOOP = """
import poplib, smtplib, urllib.request
import mailtrap_lite

with mailtrap_lite.Server() as mail:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        client.sendmail("a@x.test", ["b@x.test"], b"Subject: hello\\r\\n\\r\\nhi\\r\\n")
    assert mail.wait_for(to="b@x.test").subject == "hello"
    client = poplib.POP3(mail.pop3.host, mail.pop3.port)
    client.user("b@x.test")
    client.pass_("any")
    assert client.retr(1)[1] == [b"Subject: hello", b"", b"hi"]
    client.quit()
    with urllib.request.urlopen(mail.url) as page:
        assert b"hello" in page.read()
    with urllib.request.urlopen(mail.url + "/static/base.css") as style:
        assert style.status == 200
print(mailtrap_lite.__version__, mailtrap_lite.__file__)
"""

SUITE = """
import smtplib

def test_it(mailtrap):
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as client:
        client.sendmail("a@x.test", ["b@x.test"], b"Subject: hello\\r\\n\\r\\nhi\\r\\n")
    assert mailtrap.wait_for(to="b@x.test").subject == "hello"
"""


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as for a release but without fetching anything."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl")
    return built


def needed(*names: str) -> dict[str, Distribution]:
    """Return what these projects need, and what that needs, as their metadata say it."""
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower()
        if name in found:
            continue
        found[name] = distribution(name)
        for line in found[name].requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def copy(distributions: dict[str, Distribution], target: Path) -> None:
    """Copy installed projects, file by file, as an installer would have put them there."""
    for each in distributions.values():
        for file in each.files or []:
            source = Path(str(each.locate_file(file)))
            if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target / file)


def interpreter(version: str) -> str:
    """Return an interpreter of that version, or skip by its name."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable
    found = shutil.which(f"python{version}")
    if found and subprocess.run([found, "-c", "import venv, sqlite3, ssl"], capture_output=True).returncode == 0:
        return found
    pytest.skip(f"python{version} is not installed here")


@pytest.fixture(params=["3.11", "3.12", "3.13", "3.14"])
def environment(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Path:
    """The interpreter of an environment that holds the wheel and what it needs."""
    directory = tmp_path / "environment"
    subprocess.run([interpreter(request.param), "-m", "venv", "--without-pip", directory], check=True, timeout=60)
    python = directory / "bin" / "python"
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip())
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run([*install, str(wheel)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    packages = needed("mailtrap-lite", "pytest")
    del packages["mailtrap-lite"]
    copy(packages, site)
    return python


def run(python: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [python, "-X", "dev", "-W", "error", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def test_the_wheel_sends_fetches_and_shows_in_an_empty_environment(environment: Path, tmp_path: Path) -> None:
    printed = run(environment, "-c", LOOP, cwd=tmp_path)
    assert str(environment.parent.parent) in printed

    (tmp_path / "test_suite.py").write_text(SUITE)
    assert "1 passed" in run(environment, "-m", "pytest", "-q", cwd=tmp_path)

    command = environment.parent / "mailtrap-lite"
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said == run(environment, "-m", "mailtrap_lite", "--version", cwd=tmp_path)


def test_the_wheel_holds_all_that_is_needed_and_nothing_else(wheel: Path, project: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (points,) = [archive.read(n).decode() for n in archive.namelist() if n.endswith("entry_points.txt")]

    expected = {
        path.relative_to(root).as_posix()
        for root in (project / "src", project / "pytest_plugin")
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == expected
    assert {"mailtrap_lite/py.typed", "pytest_mailtrap_lite/py.typed"} <= names
    assert "[console_scripts]\nmailtrap-lite = mailtrap_lite.cli:main" in points
    assert "mailtrap-lite-sendmail = mailtrap_lite.cli.sendmail:main" in points
    assert "[pytest11]\nmailtrap_lite = pytest_mailtrap_lite" in points
