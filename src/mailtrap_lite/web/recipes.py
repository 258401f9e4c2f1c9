"""What to copy into an application so that its mail comes here: a few lines for each framework, with the real ports.

It knows the settings that a client has to follow: whether it must log in, and whether it must speak TLS first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailtrap_lite.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipe:
    """Lines to copy, and of what."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a client gets in. user: "" where no login is asked for."""

    host: str
    port: str
    user: str
    tls: bool

    @property
    def password(self) -> str:
        """What stands for the password, which is never shown."""
        return "PASSWORD" if self.user else ""


def recipes(doors: Mapping[str, tuple[str, str]], settings: Settings, *, sandbox: str = "") -> list[Recipe]:
    """Return the recipes. doors: host and port by the name of the door. sandbox: its name, "" for the default."""
    smtp = _way(
        doors.get("smtp", ("127.0.0.1", "1025")), settings.smtp_auth, settings, sandbox, tls=settings.require_tls
    )
    pop3 = _way(doors.get("pop3", ("127.0.0.1", "1110")), settings.pop3_logins, settings, sandbox, tls=False)
    made = (_smtplib, _django, _flask, _node, _rails, _spring, _php, _dotnet, _go)
    found = [Recipe(_NAMES[make.__name__], "\n".join(make(smtp))) for make in made]
    return [*found, Recipe("POP3", "\n".join(_poplib(pop3, named=bool(settings.mailboxes))))]


_NAMES = {
    "_smtplib": "smtplib",
    "_django": "Django",
    "_flask": "Flask-Mail",
    "_node": "Node",
    "_rails": "Rails",
    "_spring": "Spring",
    "_php": "PHP",
    "_dotnet": ".NET",
    "_go": "Go",
}


def _way(door: tuple[str, str], auth: str, settings: Settings, sandbox: str, *, tls: bool) -> Way:
    host, port = door
    user = settings.users[0][0] if settings.users and auth in {"table", "required"} else ""
    if not user and auth in {"table", "required"}:
        user = "USER"
    if sandbox and auth != "reject":  # who logs in chooses; without a login it would go to the default one
        user = f"{sandbox}+{user}" if user else sandbox
    return Way(host.strip("[]"), port, user, tls)


def _smtplib(way: Way) -> Iterator[str]:
    yield "import smtplib"
    yield "from email.message import EmailMessage"
    yield ""
    yield "mail = EmailMessage()"
    yield 'mail["Subject"] = "Hello"'
    yield 'mail["From"] = "app@example.test"'
    yield 'mail["To"] = "alice@example.test"'
    yield 'mail.set_content("It works.")'
    yield ""
    yield f'with smtplib.SMTP("{way.host}", {way.port}) as smtp:'
    if way.tls:
        yield "    smtp.starttls()"
    if way.user:
        yield f'    smtp.login("{way.user}", "{way.password}")'
    yield "    smtp.send_message(mail)"


def _django(way: Way) -> Iterator[str]:
    yield "# settings.py"
    yield 'EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"'
    yield f'EMAIL_HOST = "{way.host}"'
    yield f"EMAIL_PORT = {way.port}"
    if way.tls:
        yield "EMAIL_USE_TLS = True"
    if way.user:
        yield f'EMAIL_HOST_USER = "{way.user}"'
        yield f'EMAIL_HOST_PASSWORD = "{way.password}"'


def _flask(way: Way) -> Iterator[str]:
    yield "app.config.update("
    yield f'    MAIL_SERVER="{way.host}",'
    yield f"    MAIL_PORT={way.port},"
    yield f"    MAIL_USE_TLS={way.tls},"
    if way.user:
        yield f'    MAIL_USERNAME="{way.user}",'
        yield f'    MAIL_PASSWORD="{way.password}",'
    yield ")"


def _node(way: Way) -> Iterator[str]:
    yield 'import nodemailer from "nodemailer";'
    yield ""
    yield "const transport = nodemailer.createTransport({"
    yield f'  host: "{way.host}",'
    yield f"  port: {way.port},"
    yield "  secure: false,"
    if way.tls:
        yield "  requireTLS: true,"
    if way.user:
        yield f'  auth: {{ user: "{way.user}", pass: "{way.password}" }},'
    yield "});"
    yield "await transport.sendMail({"
    yield '  from: "app@example.test",'
    yield '  to: "alice@example.test",'
    yield '  subject: "Hello",'
    yield '  text: "It works.",'
    yield "});"


def _rails(way: Way) -> Iterator[str]:
    yield "# config/environments/development.rb"
    yield "config.action_mailer.delivery_method = :smtp"
    yield "config.action_mailer.smtp_settings = {"
    yield f'  address: "{way.host}",'
    yield f"  port: {way.port},"
    if way.user:
        yield f'  user_name: "{way.user}",'
        yield f'  password: "{way.password}",'
        yield "  authentication: :plain,"
    yield f"  enable_starttls: {'true' if way.tls else 'false'},"
    yield "}"


def _spring(way: Way) -> Iterator[str]:
    yield "# application.properties"
    yield f"spring.mail.host={way.host}"
    yield f"spring.mail.port={way.port}"
    if way.user:
        yield f"spring.mail.username={way.user}"
        yield f"spring.mail.password={way.password}"
        yield "spring.mail.properties.mail.smtp.auth=true"
    if way.tls:
        yield "spring.mail.properties.mail.smtp.starttls.required=true"


def _php(way: Way) -> Iterator[str]:
    login = f"{way.user}:{way.password}@" if way.user else ""
    host = f"[{way.host}]" if ":" in way.host else way.host
    yield "# .env, for Symfony Mailer"
    yield f"MAILER_DSN=smtp://{login}{host}:{way.port}" + ("?require_tls=true" if way.tls else "")
    yield ""
    yield "# .env, for Laravel"
    yield "MAIL_MAILER=smtp"
    yield f"MAIL_HOST={way.host}"
    yield f"MAIL_PORT={way.port}"
    if way.user:
        yield f"MAIL_USERNAME={way.user}"
        yield f"MAIL_PASSWORD={way.password}"


def _dotnet(way: Way) -> Iterator[str]:
    options = "StartTls" if way.tls else "None"
    yield "using MailKit.Net.Smtp;"
    yield "using MailKit.Security;"
    yield "using MimeKit;"
    yield ""
    yield "var mail = new MimeMessage();"
    yield 'mail.From.Add(MailboxAddress.Parse("app@example.test"));'
    yield 'mail.To.Add(MailboxAddress.Parse("alice@example.test"));'
    yield 'mail.Subject = "Hello";'
    yield 'mail.Body = new TextPart("plain") { Text = "It works." };'
    yield ""
    yield "using var client = new SmtpClient();"
    yield f'await client.ConnectAsync("{way.host}", {way.port}, SecureSocketOptions.{options});'
    if way.user:
        yield f'await client.AuthenticateAsync("{way.user}", "{way.password}");'
    yield "await client.SendAsync(mail);"


def _go(way: Way) -> Iterator[str]:
    host = f"[{way.host}]" if ":" in way.host else way.host
    yield "import ("
    yield '\t"log"'
    yield '\t"net/smtp"'
    yield ")"
    yield ""
    yield r'mail := []byte("Subject: Hello\r\n\r\nIt works.\r\n")'
    auth = "nil"
    if way.user:
        auth = "auth"
        yield f'auth := smtp.PlainAuth("", "{way.user}", "{way.password}", "{way.host}")'
    yield f'err := smtp.SendMail("{host}:{way.port}", {auth},'
    yield '\t"app@example.test", []string{"alice@example.test"}, mail)'
    yield "if err != nil {"
    yield "\tlog.Fatal(err)"
    yield "}"


def _poplib(way: Way, *, named: bool) -> Iterator[str]:
    yield "import poplib"
    yield ""
    yield f'pop3 = poplib.POP3("{way.host}", {way.port})'
    if way.user or named:
        yield f'pop3.user("{way.user or "USER"}")'
        yield 'pop3.pass_("PASSWORD")'
    else:
        yield 'pop3.user("alice@example.test")  # any address, or * for all mail'
        yield 'pop3.pass_("anything")'
    yield "print(pop3.stat())"
    yield "pop3.quit()"
