"""`python -m mailtrap_lite` is the command `mailtrap-lite`."""

import sys

from mailtrap_lite.cli import main

if __name__ == "__main__":
    sys.exit(main())
