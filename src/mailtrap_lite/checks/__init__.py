"""Checks of what a mail says that no RFC decides: what mail programs make of its HTML, where its links lead. Pure."""

from mailtrap_lite.checks.html import Report, Result, Warned, check_html
from mailtrap_lite.checks.links import links_of

__all__ = ["Report", "Result", "Warned", "check_html", "links_of"]
