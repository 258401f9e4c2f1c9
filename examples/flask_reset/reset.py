"""Set a new password by the code that is mailed to you. The mail goes through Flask-Mail."""

import secrets
from dataclasses import dataclass, field

from flask import Flask, Response, request
from flask_mail import Mail, Message

mail = Mail()


@dataclass
class Users:
    """Passwords and the codes that are out, by address."""

    passwords: dict[str, str]
    codes: dict[str, str] = field(default_factory=dict)


def create_app(users: Users, **config: object) -> Flask:
    """Make the application. config: what differs from production."""
    app = Flask(__name__)
    app.config.from_mapping(
        {"MAIL_SERVER": "smtp.shop.example", "MAIL_DEFAULT_SENDER": "noreply@shop.example", **config}
    )
    mail.init_app(app)

    @app.post("/forgotten")
    def forgotten() -> str:
        """Mail a code; the answer does not tell whether the address is known."""
        address = request.form["address"]
        if address in users.passwords:
            users.codes[address] = f"{secrets.randbelow(1_000_000):06}"
            mail.send(Message("Your code", [address], f"Your code is {users.codes[address]}.\nIt can be used once.\n"))
        return "If we know this address, there is a mail on its way."

    @app.post("/reset")
    def reset() -> Response:
        """Take the code, once."""
        address, code = request.form["address"], request.form["code"]
        if not secrets.compare_digest(users.codes.pop(address, ""), code) or not code:
            return Response("This code is wrong or was used.", status=403)
        users.passwords[address] = request.form["password"]
        return Response("You have a new password.")

    return app
