"""Mail in files: import of .eml and mbox, export as mbox and zip, a mail planted in a mailbox."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Literal, cast

from flask import Response, request
from werkzeug.exceptions import BadRequest

from mailtrap_lite.accounts import EVERYTHING
from mailtrap_lite.errors import BadMail, NoSuchMessage, TooLarge
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.mbox import mails_of_mbox
from mailtrap_lite.sandbox.planting import addresses_of, seconds_of
from mailtrap_lite.web import asked
from mailtrap_lite.web.api.declared import MOST_ARCHIVE, MOST_MAIL, Routes
from mailtrap_lite.web.api.mailboxes import Name
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.archive import mbox_of, zip_of
from mailtrap_lite.web.guard import MAIL, MBOX
from mailtrap_lite.web.schema import facts
from mailtrap_lite.web.shapes.exchange import ImportedJson, SentJson, imported, sent

routes = Routes("exchange", "Mail in files: import, export, plant.")

Sender = Annotated[str, "the envelope's sender; empty for the null sender"]
_PIECE = 65536
_KINDS = {"mbox": MBOX, "zip": "application/zip"}


@routes.post(
    "/api/v1/mailbox/<path:name>/messages",
    mail=(MAIL,),
    most=MOST_MAIL,
)
def plant_message(
    served: Served,
    name: Name,
    sender: Sender = "",
    received_at: Annotated[
        str, "when it is to have come: RFC 3339 with a zone; now without it", facts(example="2026-11-23T14:02:11Z")
    ] = "",
    uid: Annotated[str, "its UIDL (RFC 1939 section 7), which no message there may have; one is made without it"] = "",
    to: Annotated[list[str], "to whom it goes instead, as one mail; may be given several times"] = [],  # noqa: B006 - never changed
) -> SentJson:
    """Plant a mail in a mailbox for a POP3 client to fetch; the body is the mail, to the octet.

    In `*` it goes to whom its To, Cc and Bcc name.
    """
    sandbox = served.sandbox
    mailbox = sandbox.mailbox(name).name
    given = None if mailbox == EVERYTHING else mailbox
    message = sandbox.deliver(
        _one_mail(sandbox), to=to or given, sender=sender, received_at=_moment(received_at), uid=uid or None
    )
    return sent(message.id)


@routes.post("/api/v1/import", mail=(MAIL, MBOX), most=MOST_ARCHIVE)
def import_messages(
    served: Served,
    to: Annotated[list[str], "to whom all go; may be given several times; whom To, Cc and Bcc name without it"] = [],  # noqa: B006 - never changed
    sender: Sender = "",
) -> ImportedJson:
    """Import a mail (message/rfc822) or the mails of an mbox file (application/mbox), to the octet.

    Either all of them come in, or none: a mail that names nobody, and one that is too large, refuses the file.
    """
    sandbox = served.sandbox
    if request.mimetype == MAIL:
        return imported([sandbox.deliver(_one_mail(sandbox), to=to or None, sender=sender).id])
    largest = sandbox.settings.message_size
    with tempfile.TemporaryFile() as file:
        while piece := request.stream.read(_PIECE):
            file.write(piece)
        for raw in _mails(file):
            _refuse_larger(raw, largest)
            addresses_of(raw, to or None)  # raises before anything comes in
        return imported([sandbox.deliver(raw, to=to or None, sender=sender).id for raw in _mails(file)])


@routes.get("/api/v1/export", kinds=tuple(_KINDS.values()))
def export_messages(
    served: Served,
    format: Annotated[Literal["mbox", "zip"], "mbox quotes as mboxrd does; zip has an .eml file for each"] = "mbox",  # noqa: A002
    ids: Annotated[str, "ids with commas; unknown ones are ignored", facts(example="7,8")] = "",
    query: Annotated[str, "a search", facts(example="subject:order")] = "",
) -> Response:
    """Export messages as one file, oldest first: those of ids, those that match a query, or every one.

    It is made while it is sent. A zip has each mail to the octet; so has mbox, but for a line end behind a mail
    that has none.
    """
    if ids and query:
        raise BadRequest("ids and query: give one of them")
    return exported(served.sandbox, _chosen(served.sandbox, ids, query), format)


def exported(sandbox: Sandbox, chosen: list[int], format: str) -> Response:  # noqa: A002  (the name in the API)
    """Return these messages as one file, mbox or zip; unknown ids are left out."""
    write = mbox_of if format == "mbox" else zip_of
    response = Response(write(_loaded(sandbox, chosen)), content_type=_KINDS[format])
    response.headers["Content-Disposition"] = f'attachment; filename="mail.{format}"'
    return response


def _chosen(sandbox: Sandbox, ids: str, query: str) -> list[int]:
    if ids:
        return sorted(asked.known_ids(ids.split(",")))
    return sandbox.ids_of(query)[::-1] if query else sandbox.ids()


def _loaded(sandbox: Sandbox, ids: list[int]) -> Iterator[Message]:
    for message in ids:
        try:
            yield sandbox.message(message)
        except NoSuchMessage:  # deleted since
            continue


def _one_mail(sandbox: Sandbox) -> bytes:
    raw = request.get_data(cache=False)
    if not raw:
        raise BadRequest("body: it is to be a mail, and there is none")
    _refuse_larger(raw, sandbox.settings.message_size)
    return raw


def _mails(file: IO[bytes]) -> Iterator[bytes]:
    """Return the mails of an mbox file, one at a time; raises BadMail if it is none."""
    file.flush()
    if file.tell() == 0:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
        # What is mapped is looked at as bytes are, and only what is cut out of it is in memory.
        found = mails_of_mbox(cast("bytes", octets))
        if found is None:
            raise BadMail('body: this is no mbox file: it does not begin with a line "From ADDRESS DATE"')
        yield from found


def _refuse_larger(raw: bytes, largest: int) -> None:
    if 0 < largest < len(raw):
        raise TooLarge(f"a mail has {len(raw):,} octets; {largest:,} are the most")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(f"received_at: {text[:60]!a} is no moment with a zone, for example 2026-11-23T14:02:11Z")
    try:
        seconds_of(moment)
    except BadMail:
        raise BadRequest(f"received_at: {text[:60]!a} is, in UTC, not in the years 1 to 9999") from None
    return moment
