"""The documentation: what it lists is what the code has, and its code fits on the page.

That its Python runs is in test_readme.py; that every public name has its text, tools/docs_hooks.py.
"""

import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import nlpearl
from nlpearl.cli import closing
from nlpearl.cli.statuses import Status
from nlpearl.sandbox import Sandbox
from tools.docs_names import documented_names
from tools.docs_tables import TABLES, WIDTH, commands, filled_in
from tools.metadata_hook import absolute, home

from .cli_running import run
from .test_readme import ROOT, blocks

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("**/*.md"))]
TEXTS = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "examples/README.md")]


def text_of(path: Path) -> str:
    """A page as mkdocs shows it."""
    text = filled_in(path.read_text(encoding="utf-8"))
    return re.sub(r'--8<-- "(.+)"', lambda file: (ROOT / file[1]).read_text("utf-8"), text)


def fenced(text: str) -> Iterator[tuple[str, str]]:
    """Each block of code: its language and its text."""
    yield from re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_code_fits_on_the_page_and_can_be_copied(path: Path) -> None:
    for language, code in fenced(text_of(path)):
        assert [line for line in code.splitlines() if len(line) > WIDTH] == []
        if language in ("console", "sh"):
            assert not re.search(r"^[$>] ", code, re.MULTILINE), "a prompt would be copied"
        if language == "py":
            compile(code, path.name, "exec")


WORDS = (
    "anew beneath caller colour colours facade licence look-up look-ups mend mended misbehave "
    "phoned whoever whomever"
)


@pytest.mark.parametrize("path", [*PAGES, *TEXTS], ids=lambda path: path.stem)
def test_the_words_are_those_of_the_glossary(path: Path) -> None:
    prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    found = {*re.findall(r"[a-z]+(?:-[a-z]+)*", prose.lower())}
    assert found & {*WORDS.split()} == set()


def test_each_environment_variable_of_the_code_is_in_the_reference() -> None:
    page = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    code = "".join(path.read_text("utf-8") for path in (ROOT / "nlpearl").glob("**/*.py"))
    names = {*re.findall(r'os\.environ(?:\.get\(|\[)\s*"([A-Z_]+)"', code)}
    assert names >= {"NLPEARL_API_KEY", "NLPEARL_BASE_URL", "SSL_CERT_FILE"}
    for name in names | {"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NO_COLOR"}:
        assert f"`{name}`" in page, name


def test_the_defaults_of_the_environment_are_those_of_the_code() -> None:
    from nlpearl.configuration import BASE_URL

    page = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    assert f"| `NLPEARL_BASE_URL` | `{BASE_URL}` |" in page


def test_each_option_of_the_command_is_in_the_reference() -> None:
    page = text_of(DOCS / "reference/command.md")
    for name, command in commands():
        section = page.split(f"### `{name}`\n")[1].split("\n### ")[0]
        for option in command.params:
            for text in option.opts if option.opts[0].startswith("-") else ():
                assert f"`{text}" in section, (name, text)


def test_each_class_of_error_is_in_the_reference_with_its_outcome() -> None:
    page = text_of(DOCS / "reference/errors.md")
    for name in nlpearl.__all__:
        value = getattr(nlpearl, name)
        if isinstance(value, type) and issubclass(value, nlpearl.NLPearlError):
            row = re.search(rf"^\| \[`{name}`\].*$", page, re.MULTILINE)
            assert row, name
            assert name == "NLPearlError" or value.outcome.name in row[0]
            assert f"::: nlpearl.{name}\n" in page


def test_each_time_zone_id_is_in_the_reference() -> None:
    page = text_of(DOCS / "reference/time-zones.md")
    assert [zone for zone in nlpearl.WINDOWS_TIME_ZONES if f"| `{zone}` |" not in page] == []


def test_the_statuses_and_exit_codes_of_the_guide_are_those_of_the_command() -> None:
    page = (DOCS / "guides/files.md").read_text(encoding="utf-8")
    assert [status for status in Status if f"| `{status}` |" not in page] == []
    codes = {closing.ALL_ADDED, closing.SOME_NOT, closing.NOTHING_STARTED, closing.INTERRUPTED}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_each_fault_of_the_sandbox_is_in_the_guide_to_testing() -> None:
    page = (DOCS / "guides/testing.md").read_text(encoding="utf-8")
    for name in inspect.signature(Sandbox.inject_fault).parameters:
        assert name == "self" or f"`{name}" in page, name


def test_names_that_only_the_library_uses_are_not_in_the_reference() -> None:
    names = {*documented_names()}
    assert names >= {"nlpearl.NLPearl.add_lead", "nlpearl.Outcome.ADDED", "nlpearl.LeadStatus.NEW"}
    assert not names & {"nlpearl.Ledger.claim", "nlpearl.InvalidLeadError.of"}
    assert [name for name in names if "._" in name] == []


def test_what_a_page_includes_is_written_so_that_it_is_included() -> None:
    """A formatter of Python has once made a comparison of it."""
    found = 0
    for path in DOCS.glob("**/*.md"):
        for line in re.findall(r"^.*\b8 ?<.*$", path.read_text(encoding="utf-8"), re.MULTILINE):
            [name] = re.findall(r'^--8<-- "(.*)"$', line)
            assert (ROOT / name).is_file()
            found += 1
    assert found >= 4


def test_every_table_is_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("**/*.md"))
    assert {*re.findall(r"\{\{ (\w+) \}\}", pages)} == {*TABLES}


def test_the_commands_of_the_tutorial_resume(
    nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    [shown] = [code for _, code in fenced(text) if "add-leads" in code]
    first, *rest = shown.splitlines()
    (tmp_path / "people.csv").write_text(first.split("'")[1].replace("\\n", "\n"))
    monkeypatch.chdir(tmp_path)
    results = [run(*line.split()[1:]) for line in rest]
    assert [result.exit_code for result in results] == [0, 0]
    assert len(nlpearl_sandbox.leads) == 1
    [said] = re.findall(r"prints `(.*?)`", text)
    assert said in results[-1].stderr


# The README on a package index


def test_links_of_a_release_are_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    text = absolute((ROOT / "README.md").read_text(encoding="utf-8"), home(), "v1.2.3")
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", text)
    assert ("", "https://github.com/owner/name/blob/v1.2.3/docs/tutorial.md") in links
    assert ("!", "https://github.com/owner/name/raw/v1.2.3/docs/command.svg") in links
    assert [link for _, link in links if not link.startswith("https://")] == []


def test_a_build_elsewhere_invents_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert home() == ""


# Code of the pages that is only defined there

Names = dict[str, Any]


def names_of(page: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Names:
    monkeypatch.chdir(folder)
    names: Names = {"__name__": "page"}
    [block] = blocks((DOCS / page).read_text(encoding="utf-8"))
    exec(compile(block, page, "exec"), names)
    return names


def test_the_handler_for_sqs_asks_for_what_may_succeed_later(
    nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = names_of("guides/lambda.md", monkeypatch, tmp_path)
    leads = [
        {"phone_number": "+14155550123", "external_id": "crm-42"},
        {"phone_number": "call me", "external_id": "crm-43"},
    ]
    records = [
        {"messageId": str(number), "body": json.dumps(lead)} for number, lead in enumerate(leads)
    ]

    def handle(seconds: float) -> Any:
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
        return names["handler"]({"Records": records}, context)

    with names["client"]:
        assert handle(4) == {"batchItemFailures": [{"itemIdentifier": "0"}]}, "no time is left"
        assert handle(60) == handle(60) == {"batchItemFailures": []}
    assert len(nlpearl_sandbox.leads) == 1


def test_the_web_application_adds_a_lead_once(
    nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = names_of("guides/web.md", monkeypatch, tmp_path)["app"]

    async def use() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://app") as browser,
        ):
            paths = [f"/customers/42/call?phone={phone}" for phone in ("call me", "4155550123")]
            return [(await browser.post(path)).status_code for path in [*paths, paths[1]]]

    assert asyncio.run(use()) == [422, 200, 200]
    assert len(nlpearl_sandbox.leads) == 1
