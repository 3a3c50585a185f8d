"""A browser of this machine's packages, for the tests of the documentation's pages.

python -m tools.browser    install the package, if it is missing and we are root
"""

import shutil

from .local_servers import install

MISSING = (
    "there is no Chromium on this machine: run make .venv/browser as root, or install your "
    "system's package (apt-get install chromium)"
)


def program() -> str | None:
    """The path of Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


if __name__ == "__main__":
    if program() is None:
        install("chromium")
    print(program() or MISSING)
