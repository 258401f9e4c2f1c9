"""docs/security.md: its commands work, and each row of what must happen to hostile web requests has its tests."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite import Endpoint, Server, Settings
from mailtrap_lite.cli.sources import gather

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()]
FREE = Endpoint("127.0.0.1", 0)

# What must happen, and what shows that it does.
ROWS = {
    "a script in any field runs nowhere": (
        "browser/test_hostile.py::test_a_payload_in_every_field_is_only_text",
        "browser/test_hostile.py::test_mail_html_runs_nothing_and_loads_nothing",
        "web/test_guard.py::test_no_page_has_an_inline_script_or_style",
    ),
    "a part is no script of another mail": (
        "web/test_guard.py::test_no_mail_is_loaded_as_a_script_or_the_like",
        "web/test_bodies.py::test_everything_else_is_saved",
    ),
    "a file name is safe and injects no header": (
        "web/test_bodies.py::test_a_file_is_saved_under_a_safe_name",
        "web/test_bodies.py::test_a_hostile_name_cannot_leave_its_header",
    ),
    "a foreign Host is 421 on every route": (
        "web/test_routes.py::test_each_route_refuses_a_foreign_host",
        "web/test_guard.py::test_a_foreign_host_gets_nothing_anywhere",
        "web/test_serve.py::test_exactly_one_host_of_ours",
    ),
    "another origin is 403, another type 415": (
        "web/test_routes.py::test_each_route_refuses_another_site",
        "web/test_routes.py::test_each_route_refuses_a_body_of_another_type",
    ),
    "a hostile body is refused in JSON and changes nothing": (
        "web/test_hostile_requests.py::test_a_bad_body_is_refused_in_json_and_changes_nothing",
        "web/test_hostile_requests.py::test_16_mib_of_json_and_a_million_ids_are_too_large",
        "web/test_hostile_requests.py::test_memory_stays_flat_with_hostile_bodies",
        "web/test_hostile_requests.py::test_ids_that_nobody_has_are_ignored_in_bulk_and_404_alone",
    ),
    "a hostile search is text or 400": (
        "web/test_hostile_requests.py::test_a_hostile_query_is_text_or_a_400_on_each_route",
    ),
    "half-open requests and streams hold nobody up": (
        "web/test_serve.py::test_a_request_is_answered_beside_streams_and_half_open_clients",
        "server/test_web_doors.py::test_clients_that_shake_no_hands_hold_nobody_up",
    ),
    "nothing printed steers a terminal": (
        "test_terminal.py::test_a_failure_in_pytest_steers_nothing",
        "test_terminal.py::test_the_log_of_the_command_is_harmless_and_one_line_a_record",
    ),
    "eight threads read and delete while four send": (
        "server/test_many_at_once.py::test_eight_read_and_delete_while_four_send_and_pop3_commits",
    ),
    "each route has each guard and header": (
        "web/test_routes.py::test_each_route_has_the_headers_whatever_it_answers",
        "web/test_routes.py::test_each_route_has_the_headers_when_it_breaks",
        "web/test_routes.py::test_each_route_refuses_who_has_no_secret",
    ),
    "nothing goes out but through one place": (
        "outbound/test_client.py::test_nothing_else_in_the_package_connects_to_anywhere",
        "outbound/test_client.py::test_a_redirect_is_checked_like_the_first_address",
        "outbound/test_rules.py::test_only_the_public_internet_is_free",
    ),
}


@pytest.mark.parametrize("tests", ROWS.values(), ids=ROWS)
def test_each_promise_has_its_tests(tests: tuple[str, ...]) -> None:
    for test in tests:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with the files that the page names."""
    monkeypatch.chdir(tmp_path)
    Path("web-password").write_text("open sesame\n")
    Path("web-token").write_text("a-token-of-the-ci\n")
    return tmp_path


def status(server: Server, **headers: str) -> int:
    """Return the status of the list of messages, as a client on this machine sees it."""
    context = server.tls.context if server.settings.web_tls else None
    scheme = "https" if server.settings.web_tls else "http"
    url = f"{scheme}://127.0.0.1:{server.web.port}/api/v1/messages"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as err:
        err.close()
        return err.code


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("mailtrap-lite ")])
def test_a_command_of_the_page_serves_nobody_without_a_secret(here: Path, command: str) -> None:
    if "--web-tls" in command:
        pytest.importorskip("trustme")
    settings = gather(shlex.split(command)[1:], {}, here, base=Settings(smtp=FREE, pop3=FREE))
    is_socket = bool(settings.web.path)
    if is_socket:  # paths of sockets are at most 107 octets long
        settings = replace(settings, web=Endpoint("", 0, f"/tmp/mailtrap-lite-page-{os.getpid()}.sock"))
    else:
        settings = replace(settings, web=Endpoint(settings.web.host, 0))

    with Server(settings) as server:
        assert server.url
        if is_socket:
            assert Path(settings.web.path).is_socket()
            return
        assert status(server) == 401
        assert status(server, Authorization="Basic eDpvcGVuIHNlc2FtZQ==") == 200
        assert status(server, Authorization="Basic eDpvcGVuIHNlc2FtZQ==", Host="mail.lan") == 200
        assert status(server, Authorization="Basic eDpvcGVuIHNlc2FtZQ==", Host="other.lan") == 421


@pytest.mark.skipif(shutil.which("curl") is None, reason="this test needs curl: apt-get install curl")
def test_the_token_opens_the_api_for_curl(here: Path) -> None:
    (command,) = [line for line in COMMANDS if line.startswith("curl ")]
    with Server(web_token_file=here / "web-token") as server:
        line = command.replace("http://127.0.0.1:8025", server.url) + " --silent --show-error"

        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, cwd=here)

    assert (done.returncode, '"messages"' in done.stdout) == (0, True), done.stderr
