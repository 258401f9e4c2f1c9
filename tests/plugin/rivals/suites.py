"""The suites of smtpdfix and pytest-localserver, run against our fixtures, and each test that cannot pass, with why.

Their source distributions are in .bench/suites/, where .ci/rival-suites puts them; nothing of them is kept here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SUITES = Path(__file__).resolve().parents[3] / ".bench" / "suites"
_OWN_CLASS = "of a class inside smtpdfix, made on top of aiosmtpd's; it is no part of the fixture"
_AUTHENTICATOR = "of a private class; who may log in is said by config.login_username and config.login_password"
_SPACE = "a password behind a space; RFC 4616 has NUL there, and clients send it"
_TEXT = "wants a text without the enhanced status code that RFC 2034 has there"
_CONTEXT = "takes an SSLContext; ours takes files, config.ssl_cert_files"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite.

    passing: how many tests pass at least. shim: the modules that its tests import, by path. cannot: tests by
    "file::test" and why they fail.
    """

    name: str
    passing: int
    tests: tuple[str, ...]
    shim: Mapping[str, str]
    cannot: Mapping[str, str]


SMTPDFIX = Suite(
    "smtpdfix",
    30,
    ("test_configuration.py", "test_controller.py", "test_fixture.py", "test_smtp.py", "test_smtpdfix.py"),
    {
        "smtpdfix/__init__.py": "from pytest_mailtrap_lite.smtpdfix import SMTPDFix, smtpd\n"
        "from smtpdfix.configuration import Config\n",
        "smtpdfix/configuration.py": "from pathlib import Path\n"
        "from pytest_mailtrap_lite.smtpdfix.configuration import Config, truth as _strtobool\n",
        "smtpdfix/event_handler.py": "from pytest_mailtrap_lite.smtpdfix.configuration import EventHandler\n",
        "smtpdfix/controller.py": "from pytest_mailtrap_lite.smtpdfix.controller import AuthController\n",
        "smtpdfix/fixture.py": "def _Authenticator(config): return None\n",
        "smtpdfix/handlers.py": "AuthMessage = None\n",
        "smtpdfix/certs.py": "from pytest_mailtrap_lite.smtpdfix.certificate import make_certificate\n"
        "def _generate_certs(path, separate_key=False): make_certificate(path, separate_key=separate_key)\n",
    },
    {
        "test_controller.py::test_custom_ssl_context": _CONTEXT,
        "test_controller.py::test_TLS_not_supported": _CONTEXT,
        "test_controller.py::test_missing_certs": "wants an error without a certificate; ours makes one then",
        "test_fixture.py::test_AUTH_LOGIN_success": "wants the prompt Password; ours says Password:, as RFC drafts do",
        "test_fixture.py::test_AUTH_PLAIN": _SPACE,
        "test_fixture.py::test_AUTH_PLAIN_two_parts": _SPACE,
        "test_fixture.py::test_AUTH_PLAIN_failure": _SPACE,
        "test_fixture.py::test_AUTH_PLAIN_no_encryption": "wants 538; ours says 502 to what EHLO does not offer",
        "test_fixture.py::test_login_already_done": _TEXT,
        "test_fixture.py::test_mock_patch": "replaces a property of the class; setting config.enforce_auth works",
        "test_fixture.py::TestDefaultAuthenticator::test_validate": _AUTHENTICATOR,
        "test_fixture.py::TestDefaultAuthenticator::test_verify": _AUTHENTICATOR,
        "test_fixture.py::TestDefaultAuthenticator::test_get_password": _AUTHENTICATOR,
        "test_smtp.py::test_starttls_with_arg": _OWN_CLASS,
        "test_smtp.py::test_starttls_no_context": _OWN_CLASS,
        "test_smtp.py::test_starttls_CancelledError": _OWN_CLASS,
        "test_smtp.py::test_starttls_Exception": _OWN_CLASS,
    },
)
LOCALSERVER = Suite(
    "pytest_localserver",
    6,
    ("test_smtp.py",),
    {
        "pytest_localserver/__init__.py": "",
        "pytest_localserver/plugin.py": "from pytest_mailtrap_lite.localserver import smtpserver\n",
        "pytest_localserver/smtp.py": "from pytest_mailtrap_lite.localserver import Server\n",
    },
    {},
)


def source_of(suite: Suite) -> Path | None:
    """Return the newest source distribution that is there."""
    return max(SUITES.glob(f"{suite.name}-*.tar.gz"), default=None)


def unpack(source: Path, suite: Suite, folder: Path) -> None:
    """Put the tests of a suite into a folder, with modules of ours under the names that they import."""
    (folder / "tests").mkdir()
    with tarfile.open(source) as archive:
        for member in archive.getmembers():
            parts = Path(member.name).parts
            if parts[1:2] == ("tests",) and len(parts) == 3 and parts[2].endswith(".py"):
                file = archive.extractfile(member)
                assert file is not None
                (folder / "tests" / parts[2]).write_bytes(file.read())
    for path, text in suite.shim.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def outcomes(suite: Suite, folder: Path) -> dict[str, str]:
    """Run a suite; return for each test "passed", or what it failed with. Parameters are left out of names."""
    command = [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload", "-p", "pytest_mailtrap_lite"]
    command += ["-o", "addopts=", "--junitxml=result.xml", "-p", "no:cacheprovider"]
    files = [f"tests/{name}" for name in suite.tests]
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SMTPD_", "PYTEST_"))}
    done = subprocess.run(
        [*command, *files],
        cwd=folder,
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (folder / "result.xml").exists(), done.stdout + done.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(folder / "result.xml").iter("testcase"):  # noqa: S314 - pytest wrote it
        _, module, *classes = case.attrib["classname"].split(".")
        name = "::".join([f"{module}.py", *classes, case.attrib["name"].partition("[")[0]])
        said = [each.attrib.get("message", "") or (each.text or "") for each in case]
        if said or name not in found:
            found[name] = said[0] if said else "passed"
    return found
