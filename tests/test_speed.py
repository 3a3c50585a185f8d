"""What must not get dear again, by counts that no noise can upset: Python calls, not seconds.

What it costs in time is measured by `make bench` (benchmarks/results.md).
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from nlpearl import AsyncNLPearl, NLPearl, to_windows_time_zone
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE
from .servers import CAMPAIGN_ID
from .test_packaging import loaded

PATH = f"/v1/Outbound/{CAMPAIGN_ID}/Lead"
BODY = {
    "phoneNumber": PHONE,
    "externalId": "crm-42",
    "timeZoneId": "Pacific Standard Time",
    "callData": {"firstName": "Joe"},
}
LEAD: dict[str, Any] = {
    "external_id": "crm-42",
    "time_zone": "America/Los_Angeles",
    "call_data": {"firstName": "Joe"},
}
HEADERS = {"Authorization": f"Bearer {KEY}"}


#: What bare httpx does for every call and we once: URLs parsed, headers read by the email package,
#: cookies looked for.
ONCE = (
    "_urlparse.py urlparse",
    "ipaddress.py",
    "_policybase.py",
    "cookiejar.py CookieJar.make_cookies",
)


def calls(work: Callable[[], object]) -> list[str]:
    """The functions that work calls in this thread, once it has kept all that it keeps."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            code = frame.f_code
            seen.append(f"{Path(code.co_filename).name} {code.co_qualname}")

    work()
    work()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return seen


def check_counts(ours: list[str], bare: list[str]) -> None:
    # 1.03 and 1.05 when this was written.
    assert len(ours) <= 1.1 * len(bare)
    for what in ONCE:
        assert any(name.startswith(what) for name in bare)
        assert not any(name.startswith(what) for name in ours)
    assert ours.count("_models.py Request.__init__") == 2  # httpx's, and httpcore's


def test_a_call_does_little_more_than_bare_httpx() -> None:
    with (
        Sandbox(api_key=KEY) as sandbox,
        NLPearl(KEY, base_url=sandbox.url) as client,
        httpx.Client(base_url=sandbox.url, headers=HEADERS) as bare_client,
    ):
        bare = calls(lambda: bare_client.put(PATH, json=BODY).json())
        ours = calls(lambda: client.add_lead(CAMPAIGN_ID, PHONE, **LEAD))
    check_counts(ours, bare)


def test_an_asynchronous_call_does_little_more_than_bare_httpx() -> None:
    with Sandbox(api_key=KEY) as sandbox, asyncio.Runner() as runner:
        client = AsyncNLPearl(KEY, base_url=sandbox.url)
        bare_client = httpx.AsyncClient(base_url=sandbox.url, headers=HEADERS)

        async def put() -> None:
            (await bare_client.put(PATH, json=BODY)).json()

        async def add() -> None:
            await client.add_lead(CAMPAIGN_ID, PHONE, **LEAD)

        ours, bare = calls(lambda: runner.run(add())), calls(lambda: runner.run(put()))
        runner.run(bare_client.aclose())
        runner.run(client.close())
    check_counts(ours, bare)


@pytest.mark.parametrize("statement", ["from nlpearl import NLPearl", "import nlpearl"])
def test_what_is_used_later_is_imported_later(statement: str, tmp_path: Path) -> None:
    # Of `import httpx` (65 ms of CPU): asyncio 16 ms, httpcore 14, the generated bare_client 9.
    later = {"asyncio", "concurrent", "httpcore", "nlpearl_api", "sqlite3", "rich", "click"}
    ours = {name.partition(".")[0] for name in loaded(statement, tmp_path)}
    theirs = {name.partition(".")[0] for name in loaded("import httpx", tmp_path)}
    assert ours & (later - theirs) == set()


def test_a_zone_is_looked_up_once() -> None:
    assert len(calls(lambda: to_windows_time_zone("Europe/Rome"))) <= 4
