"""Reminders that a worker sends behind the scenes, and tries again when the mail server has no time for them.

celery -A celery_reminder.reminders worker
"""

import os
import smtplib
from email.message import EmailMessage

from celery import Celery

app = Celery("reminders", broker=os.environ.get("BROKER", "memory://"))
if folder := os.environ.get("BROKER_FOLDER"):  # of a broker that is a folder
    app.conf.broker_transport_options = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), folder)


@app.task(
    autoretry_for=(OSError,),  # which all errors of smtplib are
    max_retries=3,
    default_retry_delay=float(os.environ.get("RETRY_AFTER", "60")),
)
def remind(address: str, what: str) -> None:
    """Send one reminder."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "calendar@x.test", address, f"Do not forget {what}"
    letter.set_content(f"{what} is tomorrow.\n")
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]), timeout=30) as client:
        client.send_message(letter)
