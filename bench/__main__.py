"""`python -m bench [NAME ...]`: run the measurements, all or those named."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KNOWN = sorted(path.stem for path in HERE.glob("[a-z]*.py"))

for name in sys.argv[1:] or KNOWN:
    if name not in KNOWN:
        sys.exit(f"there is no measurement {name}; there are {', '.join(KNOWN)}")
    print(f"\n## {name}\n", flush=True)
    subprocess.run([sys.executable, HERE / f"{name}.py"], check=True)
