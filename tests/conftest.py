"""Fixtures: the two clients, and an environment without anyone's keys and proxies."""

import asyncio
import os
import runpy
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Any, Literal

import hypothesis
import pytest
from werkzeug import Request, Response

from nlpearl import AddedLead, AsyncNLPearl, LeadResult, NLPearl, NLPearlError
from nlpearl.sandbox.contract import Call, Contract

from .servers import CAMPAIGN_ID

pytest_plugins = ["tests.postgres", "tests.sandbox_plugin"]

# A test passes however busy the machine is.
hypothesis.settings.register_profile("nlpearl", deadline=None)
hypothesis.settings.load_profile("nlpearl")

KEY = "5f3c392c6d7a2d4067d42f16:qJ8Zr2Xw5LmN7pT4vB9cD1eF6gH3kS0a"
SECRET = KEY.split(":")[1]
PHONE = "+14155550123"

Ended = AddedLead | NLPearlError


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        certificates = name.startswith("SSL") or name.endswith("_CA_BUNDLE")
        if name.startswith("NLPEARL_") or name.lower().endswith("_proxy") or certificates:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _valid_requests(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Whatever our clients send to a sandbox in this process is what the document allows: so says
    openapi-core, whose findings the sandbox responds with. A wrong key (401) is a test's wish."""
    refused: list[str] = []
    read = Contract.read

    def watching(self: Contract, request: Request) -> Call | Response:
        found = read(self, request)
        ours = request.headers.get("User-Agent", "").startswith("nlpearl-client/")
        if ours and isinstance(found, Response) and found.status_code != 401:
            refused.append(f"{request.method} {request.path}: {found.get_data(as_text=True)}")
        return found

    monkeypatch.setattr(Contract, "read", watching)
    yield
    assert refused == []


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c() -> None:
    """A shell ignores Ctrl-C for what it puts into the background, and so would our children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Either:
    """Plays the same calls through `NLPearl` or `AsyncNLPearl`."""

    def __init__(self, name: Literal["sync", "async"]) -> None:
        self.name = name

    def add(self, url: str, *, client: dict[str, Any] | None = None, **lead: Any) -> Ended:
        """The end of one call: the lead that was added, or the error."""
        return self.add_all(url, [lead], client=client)[0]

    def add_all(
        self,
        url: str,
        leads: Sequence[dict[str, Any]],
        *,
        client: dict[str, Any] | None = None,
        pause: float = 0.0,
        after: Callable[[], None] = lambda: None,
    ) -> list[Ended]:
        """The ends of calls one after the other; after each comes `after`, then a pause in s."""
        # Nothing is sent again unless a test says so.
        options = {"api_key": KEY, "base_url": url, "max_retries": 0, **(client or {})}
        calls = [{"campaign_id": CAMPAIGN_ID, "phone_number": PHONE, **lead} for lead in leads]
        if self.name == "sync":
            return self._sync(options, calls, pause, after)
        return asyncio.run(self._async(options, calls, pause, after))

    def _sync(
        self,
        options: dict[str, Any],
        calls: list[dict[str, Any]],
        pause: float,
        after: Callable[[], None],
    ) -> list[Ended]:
        import time

        ends: list[Ended] = []
        with NLPearl(**options) as client:
            for call in calls:
                try:
                    ends.append(client.add_lead(**call))
                except NLPearlError as error:
                    ends.append(error)
                after()
                if pause:
                    time.sleep(pause)
        return ends

    async def _async(
        self,
        options: dict[str, Any],
        calls: list[dict[str, Any]],
        pause: float,
        after: Callable[[], None],
    ) -> list[Ended]:
        ends: list[Ended] = []
        async with AsyncNLPearl(**options) as client:
            for call in calls:
                try:
                    ends.append(await client.add_lead(**call))
                except NLPearlError as error:
                    ends.append(error)
                after()
                if pause:
                    await asyncio.sleep(pause)
        return ends

    def add_leads(
        self,
        url: str,
        rows: Any,
        *,
        client: dict[str, Any] | None = None,
        until: int | None = None,
        **run: Any,
    ) -> tuple[list[LeadResult], Exception | None]:
        """The results of a run and what it raised; with `until` the loop is left after so many."""
        options: dict[str, Any] = {"api_key": KEY, "base_url": url, "max_retries": 0}
        options |= client or {}
        results: list[LeadResult] = []

        async def play() -> None:
            async with AsyncNLPearl(**options) as ours:
                async for result in ours.add_leads(CAMPAIGN_ID, rows, **run):
                    results.append(result)
                    if len(results) == until:
                        break

        try:
            if self.name == "async":
                asyncio.run(play())
            else:
                with NLPearl(**options) as ours:
                    for result in ours.add_leads(CAMPAIGN_ID, rows, **run):
                        results.append(result)
                        if len(results) == until:
                            break
        except Exception as error:
            return results, error
        return results, None


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest) -> Either:
    return Either(request.param)


def run_module(name: str) -> None:
    """As ``python -m``. pytest's importer, which has our modules because of the plugin, cannot."""
    finders = [*sys.meta_path]
    sys.meta_path[:] = [each for each in finders if type(each).__name__ != "AssertionRewritingHook"]
    try:
        runpy.run_module(name, run_name="__main__")
    finally:
        sys.meta_path[:] = finders
