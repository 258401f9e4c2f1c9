"""The commands as one table, from which arguments are read, and --help, docs/commands.md and completions are made.

It imports next to nothing: a script starts a command for each mail that it waits for, a completion does at each Tab.
"""

from __future__ import annotations

from mailtrap_lite.cli.command import CONNECTION, Command, Kind, Option
from mailtrap_lite.cli.moving import MOVING

SERVE = "serve"

_QUERY = Option(("QUERY",), "a search, as in the page's search box, with ! for not", "QUERY", Kind.QUERY, "*")
_SAYS_QUERY = (
    "The words of QUERY are joined by spaces. Quotes of the search are quoted once more for the shell:\n"
    "'subject:\"your order\"'."
)
_MAIL_FILE = Option(("--output", "-o"), "where it goes: a file, - for standard output, a directory for eml", "PATH")

_SHOWN = (
    Option(("--text",), "its text, or what its HTML reads as"),
    Option(("--html",), "its HTML"),
    Option(("--headers",), "its header fields, decoded"),
    Option(("--raw",), "its source, to the octet"),
)

_TABLE = (
    Command(
        "list",
        "List messages, newest first.",
        _SAYS_QUERY,
        (
            _QUERY,
            Option(("--mailbox",), "only what was delivered to it: an address or a local part", "NAME", Kind.MAILBOX),
            Option(("--unread",), "only what nobody opened"),
            Option(("--limit",), "how many; 50 without it, 0 for all", "N", Kind.COUNT),
            *CONNECTION,
        ),
        (
            "mailtrap-lite list",
            "mailtrap-lite list --mailbox bob@example.com --unread",
            "mailtrap-lite list 'from:shop has:attachment' --json",
        ),
        "listing",
        "what `GET /api/v1/messages` answers, or `/search` with QUERY; `messages` has as many as --limit says",
    ),
    Command(
        "show",
        "Show a message, and mark it as read.",
        "Without one of the switches it is shown as people read it: who, what, its text, its files.\n"
        "--headers, --envelope, --session and --attachments do not mark it as read, nor does --raw.",
        (
            Option(("ID",), "the id of a message, or latest, which it is without it", "ID", Kind.MESSAGE, "?"),
            *_SHOWN,
            Option(("--envelope",), "what SMTP said, what became of it, and what is wrong with the mail"),
            Option(("--session",), "the conversation that delivered it"),
            Option(
                ("--attachments",),
                "its files; saved under safe names if a directory is given",
                "DIR",
                Kind.DIRECTORY,
                "?",
                implied="",
            ),
            *CONNECTION,
        ),
        (
            "mailtrap-lite show",
            "mailtrap-lite show 7 --html > mail.html",
            "mailtrap-lite show latest --attachments=files",
        ),
        "showing",
        "what `GET /api/v1/message/ID` answers, or `/headers`, `/envelope`, `/session` of it with that switch; "
        "--attachments: a list of PartID, FileName, ContentType, ContentID, Size, and the Path of what was saved",
    ),
    Command(
        "wait",
        "Wait for a message, and print it.",
        "Messages that are here already count, unless they are not after the cursor; the oldest that matches counts.\n"
        "It ends with 0 and the message, or with 1 and what did arrive instead, which is told on standard error.\n"
        "With --json the document holds the Cursor for --after of the next wait.\n" + _SAYS_QUERY,
        (
            _QUERY,
            Option(("--to",), "a recipient of the envelope: an address, or without @ a part of one", "ADDRESS"),
            Option(
                ("--sender",), "who sent it, by envelope or From: an address, or without @ a part of one", "ADDRESS"
            ),
            Option(("--subject",), "a text in its Subject", "TEXT"),
            Option(("--after",), "only messages after this id or cursor", "CURSOR", Kind.COUNT),
            Option(("--timeout",), "how long, in seconds; 10 without it", "S", Kind.SECONDS),
            Option(("--count",), "until so many matched; all of them are printed", "N", Kind.COUNT),
            Option(("--id",), "print its id only"),
            *_SHOWN,
            *CONNECTION,
        ),
        (
            "mailtrap-lite wait --to bob@example.com --subject 'your order'",
            "mailtrap-lite wait --to bob@example.com --text | grep -o 'https://[^ ]*'",
            "mailtrap-lite wait has:attachment --after 1 --timeout 30 --json",
        ),
        "waiting",
        "what `GET /api/v1/wait` answers: Cursor and Message, or Error, Cursor and Messages if it ends with 1; "
        "with --count Cursor and Messages, or that and what came as Found",
    ),
    Command(
        "send",
        "Send a mail to the server over its HTTP API, and print its id.",
        "Nothing leaves: the server keeps it like any other. What is to go over SMTP is sent with `mailtrap-lite "
        "sendmail`.\nThe text is read from standard input if neither --text, --html nor --raw is given.",
        (
            Option(("--from",), "the sender, as ADDRESS or NAME <ADDRESS>", "ADDRESS"),
            Option(("--to",), "a recipient; may be given several times, as --cc and --bcc may", "ADDRESS", many="+"),
            Option(("--cc",), "one of whom all know", "ADDRESS", many="+"),
            Option(("--bcc",), "one of whom nobody knows", "ADDRESS", many="+"),
            Option(("--subject",), "the Subject", "TEXT"),
            Option(("--text",), "the text; - for standard input", "TEXT"),
            Option(("--html",), "the HTML; - for standard input", "HTML"),
            Option(("--attach",), "a file that goes with it; may be given several times", "FILE", Kind.FILE, "+"),
            Option(("--header",), "a further field; may be given several times", "'NAME: VALUE'", many="+"),
            Option(("--tag",), "a tag; may be given several times", "TAG", many="+"),
            Option(
                ("--raw",),
                "a whole mail, to the octet, from a file or standard input; --from and --to are its envelope, and whom "
                "its To, Cc and Bcc name get it without --to",
                "FILE",
                Kind.FILE,
                "?",
                implied="-",
            ),
            *CONNECTION,
        ),
        (
            "mailtrap-lite send --from shop@example.com --to bob@example.com --subject Hello --text 'It works.'",
            "mailtrap-lite send --from shop@example.com --to bob@example.com --raw < mail.eml",
        ),
        "sending",
        "ID",
    ),
    Command(
        "export",
        "Export messages as files, oldest first.",
        "mbox quotes as mboxrd does; zip and eml have each mail to the octet, as message-ID.eml.\n"
        "A file is there only once it is whole. mbox goes to standard output without -o. "
        "It is 1 if no message matches.\n" + _SAYS_QUERY,
        (
            _QUERY,
            Option(
                ("--format",),
                "mbox, which it is without it, zip or eml",
                "FORMAT",
                Kind.WORD,
                "",
                ("mbox", "zip", "eml"),
            ),
            _MAIL_FILE,
            *CONNECTION,
        ),
        (
            "mailtrap-lite export -o mail.mbox",
            "mailtrap-lite export subject:order --format eml -o orders",
            "mailtrap-lite export from:shop --format zip -o shop.zip",
        ),
        "exporting",
        "Files, a list of paths",
    ),
    Command(
        "import",
        "Import mail from files, to the octet, and print the ids.",
        'A file that begins with "From " is an mbox file, of which all mails come in, or none.\n'
        "Of a zip archive the .eml files are taken, as `export` writes them. Any other file is a mail.\n"
        "Of a directory its Maildir or its .eml files are taken, and then those of the directories in it.\n"
        "Each goes to the mailboxes of --to, or of whom its To, Cc and Bcc name.\n"
        "If one is refused, the ids of those that came in before it are printed all the same.",
        (
            Option(
                ("PATH",),
                "a .eml file, an mbox file, a zip archive, a Maildir, a directory of them, or -",
                "PATH",
                Kind.FILE,
                "+",
            ),
            Option(("--to",), "to whom all go; may be given several times", "ADDRESS", many="+"),
            Option(("--from",), "the sender of the envelope; the null sender without it", "ADDRESS"),
            *CONNECTION,
        ),
        (
            "mailtrap-lite import mail.mbox",
            "mailtrap-lite import ~/Maildir --to bob@example.com",
            "mailtrap-lite import tests/mail --to bob@example.com --json",
        ),
        "importing",
        "IDs, in the order of the mails",
    ),
    Command(
        "delete",
        "Delete messages: those of ids, those of a search, or all.",
        "--all asks first on a terminal; elsewhere it wants --yes. "
        "It is 1 if an id is of no message, or if nothing matches; the others are deleted.",
        (
            Option(("ID",), "ids of messages, or latest", "ID", Kind.MESSAGE, "*"),
            Option(("--query",), "those that match a search", "QUERY", Kind.QUERY),
            Option(("--all",), "every message"),
            Option(("--yes", "-y"), "do not ask"),
            *CONNECTION,
        ),
        (
            "mailtrap-lite delete 7 8",
            "mailtrap-lite delete --query 'from:shop before:2026-01-01'",
            "mailtrap-lite delete --all --yes",
        ),
        "deleting",
        "Deleted, how many, and Missing, the ids that no message has",
    ),
    *MOVING,
    Command(
        "sandboxes",
        "List the sandboxes of a server that many share, make one, or delete some.",
        "Made is one without a name, or of the name behind --create; its URL is printed, for --url of other commands.\n"
        "It is 1 if it cannot be made, or if one to be deleted is not there; the others are deleted.",
        (
            Option(("--create",), "make one; without a name it gets one that nobody guesses", "NAME", many="?"),
            Option(("--delete",), "delete one with its mail; may be given several times", "NAME", many="+"),
            *CONNECTION,
        ),
        (
            "mailtrap-lite sandboxes",
            'export MAILTRAP_LITE_URL="$(mailtrap-lite sandboxes --create)"',
            "mailtrap-lite sandboxes --delete team-shop",
        ),
        "sandboxes",
        "what `GET /api/v1/sandboxes` answers; what POST answers with --create; Deleted and Missing with --delete",
    ),
    Command(
        "completion",
        "Print what makes a shell complete these commands.",
        "Search terms are completed as well, and mailboxes and ids of a server that answers at once:\n"
        "for that these scripts ask for the words mailboxes and ids.",
        (Option(("SHELL",), "bash, zsh or fish", "SHELL", Kind.WORD, "", ("bash", "zsh", "fish", "mailboxes", "ids")),),
        (
            'eval "$(mailtrap-lite completion bash)"    # in ~/.bashrc',
            'eval "$(mailtrap-lite completion zsh)"     # in ~/.zshrc, behind compinit',
            "mailtrap-lite completion fish | source    # in ~/.config/fish/config.fish",
        ),
        "completing",
    ),
)

COMMANDS = {command.name: command for command in _TABLE}
OTHERS = {
    SERVE: "Catch mail, show it and serve it, which it does without the name of a command too.",
    "sendmail": "Send the mail on standard input over SMTP, with the options of sendmail.",
}
