"""The measurements still work: the generator brings mails in, and the figures are computed right. Times nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import isolation, search, web
from bench.plugin import table
from bench.plugin.suites import CONTENDERS, Contender, conftest, empty, sending
from bench.pop3 import fetch
from bench.pop3.served import Ours
from bench.pop3.table import USER, WAYS
from bench.smtp import process
from bench.smtp.figures import GOALS, Cost, Figure, Goal, judge, judge_all, median, percentile, ratio
from bench.smtp.latency import Waits, noops
from bench.smtp.load import ALL, LINE, Load, LoadFailed, bring_in, mail
from bench.smtp.memory import growth
from bench.smtp.served import Served
from bench.smtp.table import USUAL, chosen, lines_of, measure_all
from bench.smtp.targets import TARGETS, Target, found

from mailtrap_lite import Server
from mailtrap_lite.store import MemoryStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures through /proc, which Linux has")

SMALL = [load for load in ALL if load.size == "1KB"]
LARGE = Load("1MB", kept=True, pipelined=False, connections=4)
MEMORY = next(target for target in TARGETS if target.name == "memory")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.mark.parametrize("load", [*SMALL, LARGE], ids=lambda load: load.name)
def test_each_way_in_brings_each_mail_in_whole(server: Server, load: Load) -> None:
    sent = bring_in(load, server.smtp.port, mails=2 * load.connections)

    expected = mail(1024**2 if load is LARGE else 1024)
    assert sent.mails == 2 * load.connections
    assert sent.seconds > 0
    assert [message.raw == expected for message in server.messages] == [True] * sent.mails


@pytest.mark.parametrize("load", SMALL, ids=lambda load: load.name)
def test_connections_are_kept_or_new_for_each_mail(server: Server, load: Load) -> None:
    bring_in(load, server.smtp.port, mails=2 * load.connections)

    senders = {message.envelope.session for message in server.messages}
    assert len(senders) == load.connections * (1 if load.kept else 2)


def test_a_mail_has_its_size_and_lines_that_every_server_takes() -> None:
    made = mail(100 * 1024)

    assert 100 * 1024 <= len(made) < 100 * 1024 + len(LINE)
    assert max(map(len, made.split(b"\r\n"))) <= 76
    assert b"\r\n." not in made


@pytest.mark.parametrize("load", [SMALL[0], LARGE], ids=lambda load: load.name)
def test_a_mail_that_is_refused_fails_with_the_reply(load: Load) -> None:
    with Server(message_size=100) as server, pytest.raises(LoadFailed, match=r"552 5\.3\.4"):
        bring_in(load, server.smtp.port, mails=4)


def test_a_server_that_hangs_up_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: listener.accept()[0].close())
        thread.start()

        with pytest.raises(LoadFailed):
            bring_in(SMALL[0], listener.getsockname()[1], mails=1)

        thread.join()


def test_a_load_runs_in_a_process_of_its_own(server: Server, project: Path) -> None:
    command = [sys.executable, "-m", "bench.smtp.load", str(server.smtp.port), "1KB-kept-x4", "8"]

    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\n", "")
    assert len(server.messages) == 8


# Servers in processes of their own.


@pytest.mark.parametrize("name", ["memory", "file", "aiosmtpd"])
def test_a_server_is_measured_beside_others(name: str) -> None:
    targets, skipped = found((name,))

    costs, lines = measure_all(SMALL[0], targets, 1)

    assert (skipped, lines) == ([], [])
    assert costs[name].cpu > 0
    assert costs[name].rate > 0


def test_a_server_that_does_not_start_says_why() -> None:
    target = Target("broken", lambda port, other: [sys.executable, "-c", "raise SystemExit('no such luck')"])

    costs, lines = measure_all(SMALL[0], [target], 1)

    assert costs == {}
    assert lines == ["broken, 1KB-kept-x1: broken does not start: no such luck"]


def test_a_rival_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bench.smtp.targets.RIVALS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bench.smtp.targets.find_spec", lambda module: None)

    targets, lines = found(("smtpdfix", "maildev"))

    assert targets == []
    assert lines == [
        "smtpdfix is skipped: smtpdfix is not installed: `make bench-rivals` installs it in .bench/",
        "maildev is skipped: MailDev is not installed: `make bench-rivals` installs it in .bench/",
    ]


def test_the_memory_of_one_large_mail_is_measured() -> None:
    with Served(MEMORY) as served:
        grew = growth(served, octets=5 * 1000**2)

    assert grew.peak >= grew.stored > 0
    assert grew.cleared is not None


def test_a_process_is_measured_with_its_children() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()

        family = process.family(parent.pid)

        assert len(family) == 2
        assert process.cpu(parent.pid) > 0
        assert process.peak(parent.pid) >= process.resident(parent.pid) > sum(map(process.resident, family[1:]))
        parent.communicate(b"\n")


def test_the_cpu_of_a_process_is_what_its_own_clock_says() -> None:
    mine = process.cpu(os.getpid())

    assert process.cpu(os.getpid()) >= mine > 0


def test_noops_are_waited_for_one_by_one(server: Server) -> None:
    answers = iter([True, True, False])

    waits = noops(server.smtp.port, lambda: next(answers))

    assert len(waits) == 3
    assert min(waits) > 0


# POP3.


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_fetching_fetches_each_message(server: Server, way: str) -> None:
    for _ in range(3):
        server.deliver(mail(2048), to=USER)

    assert WAYS[way](server.pop3.port, USER, 3) > 0

    (session,) = server.sessions
    assert session.retrieved == (1, 2, 3)
    assert session.pipelined in {way == "pipelined", False}


def test_what_a_large_maildrop_lists_is_timed_step_by_step(server: Server) -> None:
    server.deliver(mail(2048), to=USER)

    assert list(fetch.listed(server.pop3.port, USER)) == ["login", "STAT", "UIDL", "LIST"]


def test_sessions_are_open_together(server: Server) -> None:
    for n in range(5):
        server.deliver(mail(2048), to=f"user{n}@x.test")

    done, _ = fetch.together(server.pop3.port, [f"user{n}@x.test" for n in range(5)])

    assert done == 5
    last_login = max(
        next(line.at for line in s.lines if line.text.startswith("PASS")) + s.started for s in server.sessions
    )
    assert all((s.ended or 0) > last_login for s in server.sessions)


def test_a_fetch_that_is_refused_fails_with_the_reply(server: Server) -> None:
    with pytest.raises(LoadFailed, match="no such message"):
        fetch.one_by_one(server.pop3.port, USER, 1)


def test_ours_is_served_and_filled_in_a_process_of_its_own() -> None:
    with Ours("file") as served:
        served.fill(USER, 2, 2048)
        served.fill_each(2, 2048)

        assert fetch.pipelined(served.port, "*", 4) > 0
        served.clear()
        with pytest.raises(LoadFailed):
            fetch.one_by_one(served.port, "*", 1)


# Figures.


def test_a_median_is_taken_of_each_figure_on_its_own() -> None:
    assert median([Cost(1, 30, 0.1), Cost(2, 20, 0.9), Cost(9, 10, 0.5)]) == Cost(2, 20, 0.5)


def test_a_ratio_says_how_many_times_theirs_ours_is() -> None:
    ours, theirs = Cost(1, 300), Cost(4, 100)

    assert ratio(ours, theirs, Figure.CPU) == 0.25
    assert ratio(ours, theirs, Figure.RATE) == 3


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)], ids=["least", "median", "p99", "most"]
)
def test_a_percentile_is_a_value_that_was_there(share: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), share) == expected


def test_waits_tell_the_usual_worst_from_the_worst() -> None:
    assert Waits.of([[0.001, 0.002], [0.001, 0.004], [0.001, 0.009]]) == Waits(1, 9, 4, 9)


RESULTS = {
    ("a", "memory"): Cost(1, 100),
    ("a", "rival"): Cost(4, 20),
    ("b", "memory"): Cost(1, 100),
    ("b", "rival"): Cost(2, 80),
    ("c", "memory"): Cost(1, 100),
}


@pytest.mark.parametrize(
    ("goal", "expected", "reached"),
    [
        (Goal(Figure.CPU, 0.3, "rival", "a"), (0.25, "a"), True),
        (Goal(Figure.CPU, 0.2, "rival", "a"), (0.25, "a"), False),
        (Goal(Figure.RATE, 5, "rival", "a"), (5, "a"), True),
        (Goal(Figure.RATE, 5, "rival", "*"), (1.25, "b"), False),
        (Goal(Figure.CPU, 0.5, "rival", "*"), (0.5, "b"), True),
        (Goal(Figure.RATE, 1, "rival", "c"), (None, ""), False),
    ],
    ids=["CPU below", "CPU above", "rate on it", "the worst rate", "the worst CPU", "not measured"],
)
def test_a_goal_is_judged_by_its_worst_load(goal: Goal, expected: tuple[float | None, str], reached: bool) -> None:
    verdict = judge(goal, RESULTS)

    assert (verdict.ratio, verdict.load) == expected
    assert (verdict.reach or 0) >= 1 if reached else (verdict.reach or 0) < 1


def test_verdicts_begin_with_what_is_missed_most() -> None:
    near = Goal(Figure.CPU, 0.2, "rival", "a")
    far = Goal(Figure.RATE, 50, "rival", "a")
    reached = Goal(Figure.RATE, 2, "rival", "a")
    unknown = Goal(Figure.RATE, 2, "rival", "c")

    verdicts = judge_all(RESULTS, [unknown, reached, near, far])

    assert [verdict.goal for verdict in verdicts] == [far, near, reached, unknown]
    assert [str(verdict).split("  ")[0] for verdict in verdicts] == [
        "NOT REACHED",
        "NOT REACHED",
        "reached",
        "not measured",
    ]


def test_each_goal_can_be_measured_by_the_usual_loads() -> None:
    names = {target.name for target in TARGETS}

    assert {goal.theirs for goal in GOALS} | {goal.ours for goal in GOALS} <= names
    assert {goal.loads for goal in GOALS} - {"*"} <= set(USUAL)
    assert [load.name for load in chosen([], full=False)] == sorted(USUAL, key=[load.name for load in ALL].index)


def test_loads_are_chosen_by_pattern() -> None:
    assert [load.name for load in chosen(["10MB-kept-x*"], full=False)] == [
        "10MB-kept-x1",
        "10MB-kept-x4",
        "10MB-kept-x20",
    ]
    assert len(chosen([], full=True)) == len(ALL) == 48


def test_a_row_shows_the_ratio_and_where_the_generator_was_the_limit() -> None:
    costs = {"memory": Cost(0.0001, 5000, 0.5), "rival": Cost(0.0004, 1000, 0.95)}

    rate, cpu = lines_of("a load", costs, ["memory", "rival", "absent"])

    assert [cell.strip() for cell in rate.split("|")][1:-1] == ["a load", "mails/s", "5,000", "1,000* (5.00)", "-"]
    assert [cell.strip() for cell in cpu.split("|")][1:-1] == ["", "CPU µs", "100", "400 (0.25)", "-"]


def test_the_list_of_measurements_says_what_each_is(project: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "bench"], cwd=project, capture_output=True, text=True, timeout=60)

    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    names = ["smtp", "smtp_latency", "smtp_memory", "pop3", "search", "web", "plugin", "isolation", "relay", "wsgi"]
    assert list(listed) == names
    assert all(len(text) > 20 for text in listed.values())


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda contender: contender.name)
def test_each_contender_of_the_plugin_has_suites_that_can_be_run(contender: Contender) -> None:
    for text in (conftest(contender, watch=True), empty(contender, 1), sending(contender, 1)):
        compile(text, contender.name, "exec")

    assert f"({contender.fixture}, n)" in sending(contender, 1)


def test_the_fixture_is_measured(tmp_path: Path) -> None:
    runner = table.Runner(sys.executable, tmp_path)

    own = table.fixtures(runner, [CONTENDERS[0]], 0, 3)
    runner.write(CONTENDERS[0], sending(CONTENDERS[0], 3), watch=True)
    took = runner.run(CONTENDERS[0])

    assert own == {"ours": {}}
    assert took.wall > 0
    assert {name: len(times) for name, times in runner.times().items()} == {"setup": 3, "teardown": 3, "latency": 3}


def test_a_search_is_measured_in_each_row() -> None:
    store = MemoryStore()

    figures = search.measure(store, 20)

    store.close()
    assert set(figures) == {"the first", "all read", "the next page", "longest wait of who delivers", *search.QUERIES}
    assert min(figures.values()) >= 0


def test_uses_of_the_fixture_are_counted_and_so_are_those_that_fail() -> None:
    suite = isolation.SUITE + "    assert n != 7, 'no port'\n"

    outcome = isolation.used(12, 2, suite)

    assert (outcome.uses, outcome.failed) == (12, 1)
    assert "no port" in outcome.why


def test_what_a_first_page_loads_is_weighed_to_the_last_script() -> None:
    with Server() as server:
        site = web.Site(server.url, os.getpid())

        weights = site.weight()

        site.close()
    assert {"/", "/static/base.css", "/static/app.js"} <= {path.partition("?")[0] for path in weights}
    assert all(weights.values())
    assert sum(weights.values()) < 100_000


def test_the_pages_of_both_servers_are_understood() -> None:
    html = (
        '<link rel="icon" href="./i.svg"><script type="module" src="./a.js"></script><link rel=stylesheet href=b.css>'
    )

    assert list(web.assets(html, "text/html")) == ["./i.svg", "./a.js", "b.css"]
    assert list(web.assets('import { a } from "./c.js"; import "/d.js"', "text/javascript")) == ["./c.js", "/d.js"]
    assert list(web.assets("a { background: url(e.svg) } b { background: url(data:x) }", "text/css")) == ["e.svg"]


def test_the_web_is_measured_in_each_row() -> None:
    with Server() as server:
        search.fill(server.sandbox._store, 30)
        site = web.Site(server.url, os.getpid())

        figures = web.measure(site, 30)

        site.close()
    assert len(figures) == 11
    assert min(figure.octets for figure in figures.values()) > 0
