"""A web site with a forgotten password: the mail holds a link, and behind the link is a form."""

import os
import secrets
import smtplib
from email.message import EmailMessage

from flask import Flask, Response, render_template_string, request, url_for

PAGE = """<!doctype html><html lang="en"><title>{{ title }}</title><h1>{{ title }}</h1>
{% if field %}
<form method="post"><label>{{ field }} <input name="value"></label> <button>Go on</button></form>
{% endif %}
"""


def create_app() -> Flask:
    """Make the site. It reads where its mail server is from SMTP_HOST and SMTP_PORT, whenever it sends."""
    app = Flask(__name__)
    passwords: dict[str, str] = app.config.setdefault("PASSWORDS", {})
    tokens: dict[str, str] = {}

    @app.route("/forgotten", methods=["GET", "POST"])
    def forgotten() -> str:
        if request.method == "GET":
            return render_template_string(PAGE, title="Forgotten?", field="Your address")
        address, token = request.form["value"], secrets.token_urlsafe()
        tokens[token] = address
        send(address, url_for("reset", token=token, _external=True))
        return render_template_string(PAGE, title="Look into your mail")

    @app.route("/reset/<token>", methods=["GET", "POST"])
    def reset(token: str) -> str | Response:
        if token not in tokens:
            return Response("This link was used.", status=404)
        if request.method == "GET":
            return render_template_string(PAGE, title="A new password", field="Password")
        passwords[tokens.pop(token)] = request.form["value"]
        return render_template_string(PAGE, title="Welcome back")

    return app


def send(address: str, link: str) -> None:
    """Mail the link."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "noreply@x.test", address, "Reset your password"
    letter.set_content(f"Go to {link}\n")
    letter.add_alternative(f'<p>Somebody asked for it. <a href="{link}">Reset password</a>', subtype="html")
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
        client.send_message(letter)
