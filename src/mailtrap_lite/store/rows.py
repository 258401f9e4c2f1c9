"""How envelopes and digests are written in a column, and read again.

The text is JSON with the fields in a fixed order. An entry that is missing at the end takes its default,
so that a field can be added without a migration.
"""

from __future__ import annotations

import json
from typing import Any  # Any: JSON, before it is checked by the constructors

from mailtrap_lite.message import Address, Envelope, Fetch, Origin, Recipient
from mailtrap_lite.message.summary import Digest

# A digest is derived: one that was made by other rules is dropped and made again.
DIGEST_RULES = 1

_text = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode  # json.dumps makes one for each call


def envelope_to_text(envelope: Envelope) -> str:
    """Return an envelope as JSON."""
    return _text(
        [
            envelope.sender,
            [[recipient.address, *recipient.options] for recipient in envelope.recipients],
            envelope.options,
            envelope.client,
            envelope.helo,
            envelope.user,
            envelope.tls,
            envelope.session,
            envelope.origin,
            envelope.remarks,
        ],
    )


def envelope_of_text(text: str) -> Envelope:
    """Return the envelope that was written as this text."""
    sender, recipients, options, client, helo, user, tls, session, origin, *added = json.loads(text)
    return Envelope(
        sender=sender,
        recipients=tuple(Recipient(address, tuple(rest)) for address, *rest in recipients),
        options=tuple(options),
        client=client,
        helo=helo,
        user=user,
        tls=tls,
        session=session,
        origin=Origin(origin),
        remarks=tuple(added[0]) if added else (),
    )


def text_of_fetch(fetch: Fetch) -> str:
    """Return a fetch as JSON, an item of the list that `fetches_of_text` reads."""
    return _text([fetch.at, fetch.by])


def fetches_of_text(text: str | None) -> tuple[Fetch, ...]:
    """Return the fetches that were written as this text; None is none."""
    return tuple(Fetch(at, by) for at, by in json.loads(text)) if text else ()


def digest_to_text(digest: Digest) -> str:
    """Return a digest as JSON."""
    lists = [digest.to, digest.cc, digest.bcc, digest.reply_to]
    return _text(
        [
            DIGEST_RULES,
            digest.subject,
            _pair(digest.sender),
            [[_pair(address) for address in addresses] for addresses in lists],
            digest.message_id,
            digest.snippet,
            digest.attachments,
        ],
    )


def digest_of_text(text: str | None) -> Digest | None:
    """Return the digest that was written as this text; None if there is none made by today's rules."""
    if text is None:
        return None
    rules, *values = json.loads(text)
    if rules != DIGEST_RULES:
        return None
    subject, sender, lists, message_id, snippet, attachments = values
    to, cc, bcc, reply_to = (tuple(Address(*pair) for pair in pairs) for pairs in lists)
    return Digest(
        subject=subject,
        sender=Address(*sender),
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=reply_to,
        message_id=message_id,
        snippet=snippet,
        attachments=attachments,
    )


def _pair(address: Address) -> list[Any]:
    return [address.name, address.address]
