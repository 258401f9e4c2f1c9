"""Mail that lies in files comes out as it is, in an order that can be relied on."""

from __future__ import annotations

import mailbox
import re
from pathlib import Path

import pytest

from mailtrap_lite.errors import BadMail
from mailtrap_lite.sandbox.files import mails_in

ODD = b"Subject: odd\r\n\r\n\0 \xff bare\rcr bare\nlf\r\n.\r\nno end"


def test_eml_files_come_by_name_to_the_octet(tmp_path: Path) -> None:
    for name, raw in (("b.eml", ODD), ("a.EML", b""), ("c.txt", b"no"), (".hidden.eml", b"no"), ("c.eml", b"From x")):
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "directory.eml").mkdir()

    assert mails_in(tmp_path) == [b"", ODD, b"From x"]


def test_a_maildir_comes_in_the_order_of_delivery_read_or_not(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1000000003.a.host").write_bytes(ODD)
    (tmp_path / "cur" / "1000000001.b.host:2,S").write_bytes(b"first")
    (tmp_path / "cur" / "1000000002.c.host:2,").write_bytes(b"second")
    (tmp_path / "new" / ".uidvalidity").write_bytes(b"no mail")
    (tmp_path / "tmp" / "1000000000.d.host").write_bytes(b"not delivered")

    assert mails_in(tmp_path) == [b"first", b"second", ODD]


def test_the_numbers_in_the_names_of_a_maildir_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    names = ["cur/999999999.z.host:2,S", "new/1000000000.M9P7Q9.host", "new/1000000000.M9P7Q10.host"]
    names += ["cur/1000000000.M10P7Q1.host:2,", "new/1000000001.a.host", "new/no-time"]
    for name in reversed(names):
        (tmp_path / name).write_bytes(name.encode())

    assert mails_in(tmp_path) == [name.encode() for name in names]


@pytest.mark.parametrize("name", ["new", "cur", "tmp"])
def test_an_empty_folder_beside_eml_files_makes_no_maildir(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "a.eml").write_bytes(b"mail")

    assert mails_in(tmp_path) == [b"mail"]


def test_a_maildir_with_eml_files_beside_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1000000001.a.host").write_bytes(b"delivered")
    (tmp_path / "a.eml").write_bytes(b"mail")

    with pytest.raises(
        BadMail, match=r"is a Maildir with \.eml files beside it; put either into a directory of its own"
    ):
        mails_in(tmp_path)


@pytest.mark.parametrize("name", ["a.eml", "new/1000000001.a.host"])
def test_a_link_to_nothing_is_said_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / "b.txt").symlink_to("nowhere")  # no mail by its name
    (tmp_path / name).symlink_to("nowhere")

    with pytest.raises(BadMail, match=rf"{re.escape(name)} cannot be read: No such file or directory"):
        mails_in(tmp_path)


def test_a_link_to_a_mail_is_read(tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(b"mail")
    (tmp_path / "a.eml").symlink_to("mail")

    assert mails_in(tmp_path) == [b"mail"]


def test_what_the_standard_library_writes_comes_back(tmp_path: Path) -> None:
    first, second = b"Subject: 1\n\nFrom here\n>From there\n", b"Subject: 2\n\nhi\n"
    box = mailbox.mbox(tmp_path / "box")
    for raw in (first, second):
        box.add(raw)
    box.close()

    # It quotes "From " and not ">From ", which therefore loses the ">" that it came with.
    assert mails_in(tmp_path / "box") == [first.replace(b">From", b"From"), second]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_an_mbox_file_is_unquoted_and_keeps_its_line_ends(tmp_path: Path, end: bytes) -> None:
    lines = [b"From a@x.test Thu Jan  1 00:00:00 1970", b"Subject: 1", b"", b">From me", b">>From you", b"x >From", b""]
    lines += [b"From b@x.test Thu Jan  1 00:00:00 1970", b"Subject: \xff", b"", b"", b"end", b""]
    (tmp_path / "box").write_bytes(end.join(lines) + end)

    first, second = mails_in(tmp_path / "box")

    assert first == end.join([b"Subject: 1", b"", b"From me", b">From you", b"x >From", b""])
    assert second == end.join([b"Subject: \xff", b"", b"", b"end", b""])


def test_an_mbox_file_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(b"From a Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From x")

    assert mails_in(file) == [b"Subject: 1\n\nFrom x"]
    assert file.read_bytes() == b"From a Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From x"
    assert list(tmp_path.iterdir()) == [file]


def test_an_empty_mbox_file_and_an_empty_maildir_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "box" / "new").mkdir(parents=True)

    assert mails_in(tmp_path / "empty") == mails_in(tmp_path / "box") == []


def test_what_is_no_collection_of_mail_says_why(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(b"Subject: one\n\n")
    (tmp_path / "directory").mkdir()

    with pytest.raises(BadMail, match=r"one\.eml is no mbox file: .*; one mail is planted with deliver"):
        mails_in(tmp_path / "one.eml")
    with pytest.raises(BadMail, match=r"directory is no Maildir, and no \.eml file is in it"):
        mails_in(tmp_path / "directory")
    with pytest.raises(BadMail, match=r"absent cannot be read: No such file or directory"):
        mails_in(tmp_path / "absent")
