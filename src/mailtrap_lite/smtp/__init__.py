"""The SMTP door: catches every mail that code under test sends."""

from mailtrap_lite.smtp.door import SmtpDoor

__all__ = ["SmtpDoor"]
