"""The pages without scripts: what they show, where they lead, and that mail in them is only ever text."""

from __future__ import annotations

import email.header
import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Counts, open_store
from mailtrap_lite.web import create_app
from mailtrap_lite.web.view import Tab

OURS = {"Origin": "http://localhost"}
TABS = [tab.value for tab in Tab]
PAYLOAD = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7777*7777}}"


def test_an_empty_inbox_says_where_mail_goes(sandbox: Sandbox, settings: Settings) -> None:
    app: Flask = create_app(
        sandbox, settings=settings, addresses=lambda: {"smtp": "127.0.0.1:4025", "pop3": "[::1]:4110"}
    )

    text = app.test_client().get("/").text

    assert "Waiting for the first mail" in text
    for copied in ("smtplib", "EMAIL_PORT = 4025", "MAIL_PORT=4025", "nodemailer", "POP3(&#34;::1&#34;, 4110)"):
        assert copied in text.replace("[::1]", "::1")


def test_without_addresses_those_of_the_settings_are_shown(client: FlaskClient) -> None:
    assert "127.0.0.1:1025" in client.get("/").text


def test_the_list_shows_what_came(client: FlaskClient, rich: Message, deliver: Callable[..., Message]) -> None:
    deliver("second", body="what it says\r\n")

    text = client.get("/").text

    assert text.index("second") < text.index("Grüße")
    for shown in ("Ann Example", "Bob, c@x.test", "what it says", "2 unread", "secret@x.test", 'href="/message/1"'):
        assert shown in text


def test_the_list_is_paged(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for number in range(1, 121):
        deliver(f"mail {number:03}")

    def page(query: str) -> tuple[list[str], list[str]]:
        text = client.get(f"/{query}").text
        links = re.findall(r'rel="(?:prev|next)" href="([^"]+)"', text)
        return re.findall(r"mail (\d{3})<", text), [html.unescape(link) for link in links]

    first, second, third = (
        [f"{n:03}" for n in range(120, 70, -1)],
        [f"{n:03}" for n in range(70, 20, -1)],
        [f"{n:03}" for n in range(20, 0, -1)],
    )
    assert page("") == (first, ["/?start=50&behind=71"])
    assert page("?start=50&behind=71") == (second, ["/", "/?start=100&behind=21"])
    assert page("?start=100&behind=21") == (third, ["/?start=50&ahead=20"])
    assert page("?start=50&ahead=20") == (second, ["/", "/?start=100&behind=21"])
    assert page("?start=100")[0] == third
    assert client.get("/?start=5000").status_code == 200


def test_a_search_for_what_came_lately_is_asked_anew_as_time_goes_by(settings: Settings) -> None:
    now = [1_000_000.0]
    store = open_store(settings)
    sandbox = Sandbox(store, settings=settings, clock=lambda: now[0])
    client = create_app(sandbox, settings=settings).test_client()
    sandbox.deliver(b"Subject: hello\r\n\r\nhi\r\n", to="b@x.test")

    shown = [client.get("/?q=after:1h").text.count("data-id=")]
    now[0] += 7200
    shown.append(client.get("/?q=after:1h").text.count("data-id="))
    store.close()

    assert shown == [1, 0]


@pytest.mark.parametrize("q", ["mail -nowhere", "nowhere", "("], ids=["among", "not among", "bad"])
@pytest.mark.parametrize("sort", ["newest", "oldest", "sender"])
def test_a_message_opened_by_the_address_of_a_search_has_its_row(
    client: FlaskClient, deliver: Callable[..., Message], sort: str, q: str
) -> None:
    for number in range(60):
        deliver(f"mail {number}")
    asked = {"newest": 3, "oldest": 58}.get(sort, 3)  # on the second page

    answer = client.get(f"/message/{asked}", query_string={"q": q, "sort": sort})

    assert answer.status_code == (400 if q == "(" else 200)
    has_row = q.startswith("mail")
    assert re.findall(r'data-id="(\d+)"', answer.text).count(str(asked)) == has_row


@pytest.mark.parametrize("q", ["", "?q=subject:mail", "?q=subject:mail&sort=subject"], ids=["list", "search", "sorted"])
def test_a_page_goes_on_where_it_was_when_mail_came_and_went(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message], q: str
) -> None:
    for number in range(1, 121):
        deliver(f"mail {number:03}")
    text = client.get(f"/{q}").text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', text)
    shown = re.findall(r"mail (\d{3})<", text)
    sandbox.delete([int(shown[0]), int(shown[-1])])
    deliver("mail 000" if "sort" in q else "mail 999")

    second = client.get(html.unescape(older)).text
    (newer,) = re.findall(r'rel="prev" href="([^"]+)"', second)
    last = client.get(html.unescape(re.findall(r'rel="next" href="([^"]+)"', second)[0])).text
    (newer_than_last,) = re.findall(r'rel="prev" href="([^"]+)"', last)

    assert re.findall(r"mail (\d{3})<", second)[0] == ("051" if "sort" in q else "070")
    assert client.get(html.unescape(newer)).status_code == 200
    ahead = client.get(html.unescape(newer_than_last)).text
    assert re.findall(r"mail (\d{3})<", ahead) == re.findall(r"mail (\d{3})<", second)


@pytest.mark.parametrize(
    ("sort", "subjects"),
    [
        ("newest", ["b", "A", "c"]),
        ("oldest", ["c", "A", "b"]),
        ("largest", ["A", "c", "b"]),
        ("sender", ["A", "c", "b"]),
        ("subject", ["A", "b", "c"]),
    ],
)
def test_the_list_is_put_in_order(client: FlaskClient, sandbox: Sandbox, sort: str, subjects: list[str]) -> None:
    for sender, subject, size in (("bob", "c", 20), ("ann", "A", 30), ("Cid", "b", 10)):
        sandbox.deliver(f"From: {sender}@x.test\r\nSubject: {subject}\r\n\r\n{'x' * size}".encode(), to="b@x.test")

    text = client.get(f"/?sort={sort}").text

    assert re.findall(r'class="subject" dir="auto">(.)<', text) == subjects
    assert f'<option value="{sort}" selected>' in text


@pytest.mark.parametrize("q", ["", "mail -nowhere"], ids=["list", "search"])
@pytest.mark.parametrize("sort", ["newest", "oldest", "largest", "sender", "subject"])
def test_each_order_is_paged_both_ways(client: FlaskClient, deliver: Callable[..., Message], sort: str, q: str) -> None:
    for number in range(120):
        deliver(f"mail {number % 7}", body="x" * (number % 5))

    def walk(path: str | None, rel: str) -> list[list[str]]:
        pages = []
        while path is not None:
            text = client.get(path).text
            pages.append(re.findall(r'data-id="(\d+)"', text))
            found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
            path = html.unescape(found[1]) if found else None
        return pages

    forth = walk(f"/?sort={sort}&q={q}", "next")
    last = client.get(f"/?sort={sort}&start=100&q={q}").text
    (newer,) = re.findall(r'rel="prev" href="([^"]+)"', last)

    assert sorted(int(message) for page in forth for message in page) == list(range(1, 121))
    assert forth == walk(f"/?sort={sort}", "next")
    assert walk(html.unescape(newer), "prev") == [forth[1], forth[0]]


@pytest.mark.parametrize(
    "query",
    [
        "start=x",
        "sort=colour",
        "behind=x",
        "ahead=1-2",
        "sort=size",
        "sort=largest&behind=1-x",
        "sort=subject&behind=7",
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 400


def test_a_mailbox_lists_what_was_delivered_there(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    deliver("for Anna", to="anna@x.test")
    deliver("for Ben", to="ben@x.test")
    drop = sandbox.open_maildrop("anna@x.test")
    drop.update(fetched=[1], deleted=[1])
    drop.close()

    text = client.get("/?mailbox=anna@x.test").text

    # What POP3 deleted stays in the inspector.
    assert "for Anna" in text
    assert "for Ben" not in text
    assert 'href="/message/1?mailbox=anna@x.test"' in text
    assert "No mail here." in client.get("/?mailbox=nobody@x.test").text


def test_many_mailboxes_are_found_by_name(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for number in range(203):
        deliver(to=f"box-{number:03}@x.test")

    text = client.get("/").text
    found = client.get("/mailboxes?find=BOX-20").text

    assert "and 3 more" in text
    assert text.count('class="box fresh"') == 200
    assert re.findall(r'href="/\?mailbox=(box-20.)@x.test"', found) == ["box-200", "box-201", "box-202"]
    assert "No mailbox has that" in client.get("/mailboxes?find=nowhere").text


def test_a_mailbox_is_listed_with_its_counts(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    for _ in range(3):
        deliver(to="anna@x.test")
    sandbox.mark_read([1])

    text = client.get("/?mailbox=anna@x.test").text

    assert re.findall(r'class="number(?: fresh)?">(\d+)', text) == ["2", "3", "2", "3"]
    assert "<b>2 unread</b> · 3 in all" in text


def test_a_message_has_its_views(client: FlaskClient, rich: Message) -> None:
    text = client.get("/message/1").text

    assert re.findall(r'id="tab-(\w+)"', text) == TABS
    assert re.findall(r'id="panel-(\w+)" aria-labelledby="tab-\w+">', text) == ["html"]
    assert (
        '<iframe title="The HTML of this message" src="/view/1.html?embed=1&amp;scheme=light" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"' in text
    )
    assert "1 remote resource blocked" in text
    assert "https://tracker.example/1.gif" in text


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("text", "Hello text"),
        ("headers", "List-Unsubscribe"),
        ("attachments", "résumé.html"),
        ("envelope", "&lt;<bdi>bounce@x.test</bdi>&gt;"),
        ("envelope", "not in the headers"),
        ("links", "mailto:leave@x.test"),
    ],
)
def test_a_view_shows_what_it_is_for(client: FlaskClient, rich: Message, tab: str, shown: str) -> None:
    assert shown in client.get(f"/message/1?tab={tab}").text


@pytest.mark.parametrize("tab", TABS)
def test_each_view_is_reached_without_scripts(client: FlaskClient, rich: Message, tab: str) -> None:
    text = client.get(f"/message/1?tab={tab}").text

    assert re.findall(r'id="panel-(\w+)" aria-labelledby="tab-\w+">', text) == [tab]
    assert re.findall(r'id="tab-(\w+)"[^>]*aria-selected="true"', text) == [tab]


def test_a_mail_without_html_begins_with_its_text(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    deliver()

    for query in ("", "?tab=html", "?tab=nonsense"):
        text = client.get(f"/message/1{query}").text
        assert "<iframe" not in text
        assert re.findall(r'id="panel-(\w+)" aria-labelledby="tab-\w+">', text) == ["text"]


def test_remote_content_is_loaded_when_asked_for(client: FlaskClient, rich: Message) -> None:
    assert 'src="/view/1.html?embed=1&amp;remote=1&amp;scheme=light"' in client.get("/message/1?remote=1").text


def test_the_envelope_shows_who_fetched_and_deleted(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    drop = sandbox.open_maildrop("*")
    drop.update(fetched=[1], deleted=[])
    drop.close()

    text = client.get("/message/1?tab=envelope").text

    assert text.count("by <bdi>*</bdi>") == 2
    assert text.count('<span class="none">no</span>') == 2


def test_the_envelope_shows_each_fetch_and_of_many_the_last(
    client: FlaskClient, sandbox: Sandbox, rich: Message
) -> None:
    for user in ("*", "b@x.test", *["*"] * 9):
        drop = sandbox.open_maildrop(user)
        drop.update(fetched=[1], deleted=[])
        drop.close()

    text = client.get("/message/1?tab=envelope").text

    assert text.count("by <bdi>*</bdi>") == 9 + 10
    assert text.count("by <bdi>b@x.test</bdi>") == 1
    assert text.count("1 more") == 1


def test_deleting_one_stays_where_one_was(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    answer = client.post("/message/1/delete?start=50&mailbox=b@x.test", headers=OURS)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/?mailbox=b@x.test&start=50")
    assert sandbox.counts().total == 0
    assert client.post("/message/1/delete", headers=OURS).status_code == 404


def test_deleting_all_asks_first(
    client: FlaskClient, sandbox: Sandbox, rich: Message, deliver: Callable[..., Message]
) -> None:
    asked = client.get("/delete-all")
    assert "Delete every message?" in asked.text
    assert sandbox.counts().total == 1

    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', asked.text))
    later = deliver("came meanwhile")
    answer = client.post("/delete-all", data=fields, headers=OURS)

    # What came while somebody was asked is not what was meant.
    assert (answer.status_code, fields, sandbox.ids()) == (303, {"upto": "1"}, [later.id])


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"id": ["2", "4-5"]}, [1, 3, 6]),
        ({"id": ["2", "999"]}, [1, 3, 4, 5, 6]),
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"all": "yes", "upto": "4"}, [5, 6]),
        ({"all": "yes", "upto": "4", "id": ["1-2"]}, [1, 2, 5, 6]),
    ],
    ids=["some", "unknown", "none", "all", "all but some"],
)
def test_a_selection_is_deleted(
    client: FlaskClient,
    sandbox: Sandbox,
    deliver: Callable[..., Message],
    fields: dict[str, str | list[str]],
    left: list[int],
) -> None:
    for _ in range(6):
        deliver()

    answer = client.post("/selection?sort=oldest", data={**fields, "do": "delete"}, headers=OURS)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/?sort=oldest")
    assert sandbox.ids() == left


def test_all_of_a_mailbox_is_of_that_mailbox(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    deliver(to="anna@x.test")
    deliver(to="ben@x.test")
    fields = {"all": "yes", "upto": "2"}

    client.post("/selection?mailbox=ben@x.test", data={**fields, "do": "read"}, headers=OURS)
    unread = sandbox.counts("anna@x.test").unread, sandbox.counts("ben@x.test").unread
    client.post("/selection?mailbox=ben@x.test", data={**fields, "do": "unread"}, headers=OURS)
    answer = client.post(
        "/selection?mailbox=ben@x.test", data={**fields, "do": "delete"}, headers={**OURS, "X-Part": "list"}
    )

    assert (unread, answer.status_code, answer.text, sandbox.ids()) == ((1, 0), 200, "1", [1])


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "burn", "id": "1"},
        {"id": "1"},
        {"do": "delete", "id": "x"},
        {"do": "delete", "id": "1-99999999999"},
        {"do": "delete", "all": "yes"},
        {"do": "delete", "all": "yes", "upto": "1-2"},
    ],
    ids=str,
)
def test_a_form_that_cannot_be_meant_changes_nothing(
    client: FlaskClient, sandbox: Sandbox, rich: Message, fields: dict[str, str]
) -> None:
    answer = client.post("/selection", data=fields, headers=OURS)

    assert (answer.status_code, sandbox.ids()) == (400, [1])


@pytest.mark.parametrize("path", ["/selection", "/test-mail"])
def test_forms_of_other_sites_are_refused(client: FlaskClient, sandbox: Sandbox, rich: Message, path: str) -> None:
    fields = {"do": "delete", "id": "1"}

    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, data=fields, headers=headers).status_code == 403

    assert sandbox.ids() == [1]


def test_a_test_mail_has_something_for_each_view(client: FlaskClient, sandbox: Sandbox) -> None:
    answer = client.post("/test-mail", headers=OURS)

    found = sandbox.latest()
    content = found.content
    assert (answer.status_code, answer.headers["Location"]) == (303, "/message/1")
    assert (content.subject, bool(content.text), bool(content.html)) == ("Your test mail has arrived 🎉", True, True)
    assert ([part.filename for part in content.attachments], len(content.inline)) == (["receipt.csv"], 1)
    assert (content.defects, found.lint) == ((), ())


@pytest.mark.parametrize(
    ("part", "has_list", "has_message"),
    [("page", True, True), ("list", True, False), ("message", False, True), ("nonsense", True, True)],
)
def test_scripts_get_the_part_that_they_ask_for(
    client: FlaskClient, rich: Message, part: str, has_list: bool, has_message: bool
) -> None:
    text = client.get("/", headers={"X-Part": part}).text

    assert ('id="rows"' in text, 'id="sidebar"' in text, 'id="message"' in text) == (has_list, has_list, has_message)


def test_rows_are_fetched_behind_a_spot(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for number in range(200):
        deliver(f"mail {number:03}")

    text = client.get("/rows?start=100&behind=151&skip=50&mailbox=b@x.test").text

    assert re.findall(r'data-id="(\d+)"', text) == [str(number) for number in range(100, 50, -1)]
    assert re.findall(r'data-index="(\d+)"', text)[0] == "100"
    assert re.findall(r'aria-posinset="(\d+)" aria-setsize="(\d+)"', text)[0] == ("101", "200")
    assert 'href="/message/100?mailbox=b@x.test"' in text


def test_marking_read_and_unread(client: FlaskClient, sandbox: Sandbox, rich: Message) -> None:
    client.post("/message/1/read", data={"read": "yes"}, headers=OURS)
    assert sandbox.counts().unread == 0

    answer = client.post("/message/1/read", data={"read": "no"}, headers=OURS)

    assert (sandbox.counts().unread, answer.headers["Location"]) == (1, "/message/1")


def test_mail_is_only_ever_text(client: FlaskClient, sandbox: Sandbox) -> None:
    def encoded(text: str) -> str:
        return email.header.Header(text, "utf-8", maxlinelen=10_000).encode()

    raw = (
        f"From: {encoded(PAYLOAD)} <a@x.test>\r\nTo: {encoded(PAYLOAD)} <b@x.test>\r\nSubject: {encoded(PAYLOAD)}\r\n"
        f"X-{PAYLOAD.replace(':', '')}: {PAYLOAD}\r\nMessage-ID: <{PAYLOAD}>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\n\r\n{PAYLOAD}\r\n"
        f"--b\r\nContent-Type: image/png\r\nContent-ID: <{PAYLOAD}>\r\n"
        f'Content-Disposition: attachment; filename="{encoded(PAYLOAD)}"\r\n\r\n\x89PNG\r\n--b--\r\n'
    ).encode("latin-1")
    sandbox.deliver(raw, to=f"{PAYLOAD}@x.test", sender=PAYLOAD)

    for path in (
        "/",
        "/message/1",
        "/message/1?tab=envelope",
        f"/?mailbox={PAYLOAD}",
        "/message/" + PAYLOAD.replace("/", ""),
    ):
        text = client.get(path).text
        assert "alert(1)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "60481729" not in re.findall(r"\{\{7777\*7777\}\}|60481729", text)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"\xff\xfe\xfd: \xff\r\n\r\n\xff",
        b"Subject: =?utf-8?q?=ED=A0=80?=\r\nFrom: =?utf-7?q?+2AA-?= <\xed\xa0\x80@x>\r\n\r\n\xed\xa0\x80",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 500,
        b"To: " + b"a@x.test, " * 3000 + b"\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n" + b"<!--" * 20_000,
        b"X: y\r\n" * 5000 + b"\r\n",
        b"Subject: " + b"x" * 300_000 + b"\r\n\r\n" + b"y" * 300_000,
    ],
    ids=["empty", "NUL", "octets", "surrogates", "date", "parts", "addresses", "comments", "fields", "long"],
)
def test_broken_mail_has_pages(client: FlaskClient, sandbox: Sandbox, raw: bytes) -> None:
    sandbox.deliver(raw, to="b@x.test")

    for path in (
        "/",
        "/message/1",
        "/view/1.txt",
        "/api/v1/message/1",
        "/api/v1/messages",
        "/api/v1/message/1/envelope",
    ):
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert len(answer.data) < 4_000_000


def test_what_is_not_there_leads_back(client: FlaskClient) -> None:
    answer = client.get("/message/7")

    assert answer.status_code == 404
    assert "no message has the id 7" in answer.text
    assert 'href="/"' in answer.text


def test_counts_and_rows_are_of_the_same_moment(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = sandbox.counts
    late = [b"Subject: Between\r\n\r\nx\r\n"]

    def counted(mailbox: str = "") -> Counts:
        found = counts(mailbox)
        if late:
            sandbox.deliver(late.pop(), to="b@x.test")
        return found

    monkeypatch.setattr(sandbox, "counts", counted)
    page = client.get("/").text

    assert 'data-total="1"' in page
    assert page.count("data-id=") == 1
