"""The front door: the README's Python runs as it stands, its promises about files are true, and
the demo tells its story."""

import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlpearl import NLPearlError
from nlpearl.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FAILURES = (ROOT / "docs/guides/failures.md").read_text(encoding="utf-8")
MANY_LEADS = (ROOT / "docs/guides/many-leads.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """The Python of a page."""
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _logging_stays() -> Iterator[None]:
    """A page shows how to log at DEBUG; later tests have not read it."""
    yield
    logging.getLogger("nlpearl").setLevel(logging.NOTSET)


BLOCKS = blocks(README)
PAGES = [
    pytest.param(path, block, id=f"{path.stem}-{number}")
    for path in sorted((ROOT / "docs").glob("**/*.md"))
    for number, block in enumerate(blocks(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_readme_runs(
    block: str, nlpearl_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    adds = "add_lead(" in block and "Sandbox()" not in block and "call me" not in block
    assert len(nlpearl_sandbox.leads) == (2 if "add_leads(" in block else adds)


@pytest.mark.parametrize(("page", "block"), PAGES)
def test_a_block_of_the_documentation_runs(
    page: Path,
    block: str,
    nlpearl_sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, page.name, "exec"), names)
    sent = [request for request in nlpearl_sandbox.requests if request.method == "PUT"]
    assert {request.status for request in sent} <= {200}
    for name in [name for name in names if name.startswith("test_")]:
        names[name](nlpearl_sandbox)


def test_the_guide_to_many_leads_says_which_line_failed_and_can_be_run_again(
    nlpearl_sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    [block] = [block for block in blocks(MANY_LEADS) if "DictReader(" in block]
    for _ in range(2):
        exec(compile(block, "many-leads.md", "exec"), {})
        assert capsys.readouterr().out.startswith("line 4 NOT_SENT phone_number: there is no digit")
    assert len(nlpearl_sandbox.requests) == 2


def test_the_failure_of_the_readme_says_what_it_prints(
    nlpearl_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    [block] = [block for block in BLOCKS if "call me" in block and "add_lead(" in block]
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed in README, "the README shows what the block prints"
    for replaced, status in (("certainly not added", 404), ("look the lead up", 503)):
        nlpearl_sandbox.inject_fault(status=status)
        exec(
            compile(block.replace("call me", "+14155550123").replace('""', '"crm-42"'), "", "exec"),
            {},
        )
        assert replaced in capsys.readouterr().out


def test_the_readme_is_short_and_its_links_are_files() -> None:
    assert len(README.splitlines()) <= 130
    for link in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / link).exists(), link


def test_the_guide_to_failures_names_every_class_of_error() -> None:
    classes = {cls.__name__ for cls in _tree(NLPearlError)}
    assert {name for name in classes if f"`{name}`" not in FAILURES} == set()


def _tree(cls: type) -> set[type]:
    return {cls}.union(*(_tree(kind) for kind in list[type](cls.__subclasses__())))


def test_make_alone_lists_the_targets_of_the_readme() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in re.findall(r"`make ([a-z]+(?:-[a-z]+)*)", README):
        assert re.search(rf"^{target} ", listed, re.MULTILINE), target


@pytest.mark.slow
def test_the_demo_shows_a_success_a_refusal_and_a_lost_response() -> None:
    done = subprocess.run(
        [sys.executable, "demo.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.count("lead id") == 2
    assert "400 phone_number: Is on the do-not-call list." in done.stdout
    assert "outcome: UNKNOWN" in done.stdout
    assert "429: the API limits the rate; nothing is sent for 1.0 s" in done.stdout
    first, second = done.stdout.split("\n5. ")[1].split("\n6. ")
    assert [first.count(said) for said in ("298 added", "1 REJECTED, row ", "1 UNKNOWN, row ")] == [
        1, 1, 1
    ]  # fmt: skip
    assert [second.count(said) for said in ("299 added", "1 UNKNOWN, row ")] == [1, 1]
    assert "399 added, 1 not added" in done.stdout
    assert "699 leads of 699 people" in done.stdout
    assert "\x1b" not in done.stdout, "colors vanish when piped"
