"""docs/guides/check-and-undo.md: its commands run, in their order, and show what it says."""

import re
import shlex
from pathlib import Path

from nlpearl.sandbox import Sandbox

from .cli_running import add_leads, people, run

pytest_plugins = ["tests.cli_fixtures"]

PAGE = Path(__file__).parent.parent / "docs/guides/check-and-undo.md"


def test_the_commands_of_the_guide_show_what_it_says(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(3))
    add_leads("people.csv", "--no-ledger")
    pattern = r"^```bash\nnlpearl (.*?)^```\n\n```text\n(.*?)^```"
    blocks = re.findall(pattern, PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert [command.split()[0] for command, _ in blocks] == ["check", "ledger", "undo"]
    for command, text in blocks:
        asks = "[y/N]" in text
        done = run(*shlex.split(command.replace("\\\n", "")), *(["--yes"] if asks else []))
        assert done.exit_code == 0
        shown = re.sub(r"^Delete up to .*?\n(?=\d)", "", text, flags=re.MULTILINE | re.DOTALL)
        shown = (
            shown.replace("Spring sale", "Sandbox")
            .replace("), paused", "), running")
            .replace("https://api.nlpearl.ai", f"{sandbox.url}, a sandbox: no real calls")
        )
        assert done.stdout + done.stderr == shown
    assert sandbox.leads == []
