"""`python -m mailtrap_lite.web.api` prints docs/api.md."""

from __future__ import annotations

import sys

from mailtrap_lite.web.api.reference import page

if __name__ == "__main__":
    sys.stdout.write(page())
