"""Record `nlpearl add-leads` as a picture for the README: docs/command.svg.

    python tools/record_command.py

The command runs for real, in a folder of its own, against the sandbox.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from nlpearl.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 96
COMMAND = "nlpearl add-leads 67d42f167f3c392c6d7a2d40 people.csv"
OPTIONS = "--call-data firstName"


def record() -> str:
    """What the command shows, with its colors; of the progress bar the last state."""
    rows = [f"+1415555{n:04},crm-{n},Joe,called twice" for n in range(498)]
    rows += ["call me,crm-498,Ann,", "+14155559199,crm-499,Mary,"]
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        Path(folder, "people.csv").write_text(
            "\n".join(["Mobile,external_id,firstName,Notes", *rows]), encoding="utf-8"
        )
        sandbox.inject_fault(
            status=400, body='{"errors": {"PhoneNumber": ["Is on the do-not-call list."]}}'
        )
        sandbox.inject_fault(lost="close")
        environment = {
            "NLPEARL_API_KEY": sandbox.api_key,
            "NLPEARL_BASE_URL": sandbox.url,
            "FORCE_COLOR": "1",
            "TTY_COMPATIBLE": "1",
            "COLUMNS": str(WIDTH),
        }
        shown = subprocess.run(
            [sys.executable, "-m", *COMMAND.split(), *OPTIONS.split()],
            cwd=folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr
    # Of what was written over, the last: a cursor that goes up begins it again.
    before, _, last = shown.rpartition("\x1b[1A")
    start = before.index("\x1b[?25lAdding")
    return before[before.index("File") : start] + last.removeprefix("\x1b[2K")


def main() -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(f"$ {COMMAND} \\\n    {OPTIONS}", highlight=False)
        console.print(Text.from_ansi(record()))
        picture = console.export_svg(title="nlpearl")
    target = ROOT / "docs" / "command.svg"
    target.parent.mkdir(exist_ok=True)
    # Its fonts would be fetched from a server that is not ours; every machine has a monospace.
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    lines = [line.rstrip() for line in picture.splitlines()]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
