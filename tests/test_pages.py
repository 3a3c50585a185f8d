"""The documentation, built, in a real browser: wide and narrow, light and dark."""

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLateError

from tools import browser
from tools.generate import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WIDE, NARROW = 1280, 390

#: What does not fit and cannot be scrolled to, of a page that is this wide.
CUT_OFF = """() => {
  const cut = [];
  if (document.documentElement.scrollWidth > window.innerWidth) cut.push("the page itself");
  for (const block of document.querySelectorAll("article pre > code, article table")) {
    const frame = block.tagName === "TABLE" ? block.parentElement : block;
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(frame).overflowX);
    if (frame.scrollWidth > frame.clientWidth + 1 && !(scrolls && window.innerWidth < 500))
      cut.push(block.textContent.trim().slice(0, 60));
  }
  return cut;
}"""
#: What somebody would look for.
WORDS = (
    "idempotency", "Excel", "NaN", "notebook", "Celery", "queue", "webhook", "privacy", "lambda",
    "Django", "--call-data", "--do-not-call", "--default-region", "--dry-run", "resend-unknown",
    "ledger", "reconcile", "rate", "concurrency", "results", "Excel --sheet", "--api-version",
)  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the browser asks for much."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, list[str]]]:
    """The address of the documentation, and its pages."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    pages = [str(path.relative_to(folder).parent) for path in folder.glob("**/index.html")]
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", pages
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = browser.program() or pytest.skip(browser.MISSING)
        with playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as found:
            yield found


def opened(chromium: Browser, width: int, scheme: Literal["light", "dark"]) -> Page:
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(60_000)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_is_cut_off_and_nothing_comes_from_elsewhere(
    chromium: Browser,
    site: tuple[str, list[str]],
    width: int,
    scheme: Literal["light", "dark"],
    tmp_path: Path,
) -> None:
    address, pages = site
    page = opened(chromium, width, scheme)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    cut: dict[str, list[str]] = {}
    assert len(pages) > 30
    for name in pages:
        page.goto(f"{address}{name}/")
        if found := page.evaluate(CUT_OFF):
            cut[name] = found
    assert cut == {}
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, background.removeprefix("rgb(").rstrip(")").split(","))) > 3 * 128
    assert light == (scheme == "light")
    page.close()


def test_the_front_page_has_its_picture(chromium: Browser, site: tuple[str, list[str]]) -> None:
    page = opened(chromium, WIDE, "light")
    page.goto(site[0])
    widths = page.evaluate("[...document.querySelectorAll('article img')].map(i => i.naturalWidth)")
    assert widths
    assert min(widths) > 0
    page.close()


def test_the_search_finds_what_people_look_for(
    chromium: Browser, site: tuple[str, list[str]]
) -> None:
    page = opened(chromium, WIDE, "light")
    page.goto(site[0])
    nothing: list[str] = []
    for word in WORDS:
        page.goto(site[0])
        page.click("input.md-search__input")
        page.keyboard.type(word)
        try:
            page.wait_for_selector(".md-search-result__item a", state="attached", timeout=20_000)
        except TooLateError:
            nothing.append(word)
    assert nothing == []
    page.close()
