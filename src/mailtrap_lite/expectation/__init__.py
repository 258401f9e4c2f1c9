"""What a test expects of a mail, as a value, and how a mail differs from it. Knows no store, no wait and no pytest."""

from mailtrap_lite.expectation.conditions import Conditions, Patterns
from mailtrap_lite.expectation.difference import Difference, Unlike
from mailtrap_lite.expectation.mail import Mail

__all__ = ["Conditions", "Difference", "Mail", "Patterns", "Unlike"]
