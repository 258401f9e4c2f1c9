"""The commands by which mail moves on, as rows of the table of `commands`."""

from __future__ import annotations

from mailtrap_lite.cli.command import CONNECTION, Command, Kind, Option

MOVING = (
    Command(
        "release",
        "Send a caught message on to real mailboxes.",
        "The server has to be told where mail may go, and to whom: relay, relay_hosts and relay_to.\n"
        "It is in the queue when this ends, for all recipients or for none; `mailtrap-lite queue` tells the rest.\n"
        "It is 4 if it may not leave, and says why.",
        (
            Option(("ID",), "the id of a message, or latest, which it is without it", "ID", Kind.MESSAGE, "?"),
            Option(
                ("--to",), "to whom; may be given several times; those of its envelope without it", "ADDRESS", many="+"
            ),
            Option(("--sender",), "in whose name, in place of the envelope's; <> for the null sender", "ADDRESS"),
            Option(("--preview",), "say what would be sent, where, and what speaks against it; nothing is sent"),
            *CONNECTION,
        ),
        (
            "mailtrap-lite release latest --preview",
            "mailtrap-lite release 7 --to qa@example.com --sender releases@example.com",
        ),
        "releasing",
        "Entries, as `GET /api/v1/queue` has them; with --preview what `GET /api/v1/message/ID/release` answers",
    ),
    Command(
        "queue",
        "Show mail on its way out, and retry, cancel, pause or resume it.",
        "DO is list, which it is without it, show, retry, cancel, pause or resume. show has the transcript of each "
        "attempt.\nThe others take the ids of entries, or --all: then retry means what waits, and pause and resume the "
        "queue itself.\nIt is 1 if an id is of no entry, or if nothing could be done to any of them.",
        (
            Option(("DO",), "what to do", "DO", Kind.WORD, "?", ("list", "show", "retry", "cancel", "pause", "resume")),
            Option(("ID",), "ids of entries", "ID", Kind.TEXT, "*"),
            Option(("--all",), "the whole queue; list: what is finished too"),
            Option(("--message",), "list: only entries of this message", "ID", Kind.MESSAGE),
            *CONNECTION,
        ),
        (
            "mailtrap-lite queue",
            "mailtrap-lite queue show 1",
            "mailtrap-lite queue retry --all",
            "mailtrap-lite queue list --all --json",
        ),
        "queueing",
        "what `GET /api/v1/queue` answers, with all pages of it; show: a list of what `/queue/ID` answers; else Count",
    ),
)
