"""What needs no peer; prints JSON.

`python alone.py million|million_async|million_ledger|zones`, `python alone.py known COUNT`.
"""

import asyncio
import json
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from one_call import CALL_DATA, KEY, OUTBOUND, phone

from nlpearl import AsyncNLPearl, InvalidTimeZoneError, NLPearl, to_windows_time_zone

MARKS = (100_000, 1_000_000)


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"phone_number": phone(number), "external_id": number, "call_data": CALL_DATA}


def _memory() -> float:
    """Resident memory now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def _response(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"leadId": OUTBOUND})


class Watch:
    """Peak memory and time at the marks."""

    def __init__(self) -> None:
        self.seen = 0
        self.peak = 0.0
        self.started = time.process_time()
        self.marks: list[dict[str, float]] = []

    def __call__(self) -> None:
        self.seen += 1
        if self.seen % 1_000 == 0:
            self.peak = max(self.peak, _memory())
        if self.seen in MARKS:
            cpu = (time.process_time() - self.started) / self.seen * 1e6
            self.marks.append({"leads": self.seen, "peak": self.peak, "cpu": cpu})


def million(ledger: str | None = None) -> Any:
    watch = Watch()
    transport = httpx.MockTransport(_response)
    with NLPearl(
        KEY, base_url="http://127.0.0.1", http_client=httpx.Client(transport=transport)
    ) as client:
        for result in client.add_leads(OUTBOUND, _rows(MARKS[-1]), ledger=ledger):
            assert result.added
            watch()
    return watch.marks


def million_async() -> Any:
    watch = Watch()
    transport = httpx.MockTransport(_response)

    async def run() -> None:
        client = httpx.AsyncClient(transport=transport)
        async with AsyncNLPearl(KEY, base_url="http://127.0.0.1", http_client=client) as client:
            async for result in client.add_leads(OUTBOUND, _rows(MARKS[-1])):
                assert result.added
                watch()

    asyncio.run(run())
    return watch.marks


def million_ledger() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return million(str(Path(folder, "leads.ledger")))


def _filled(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    """Make a ledger that knows these rows. Adding them would take as long as a run does."""
    from nlpearl.leads.lead import to_lead_of_row
    from nlpearl.leads.results import AddedLead
    from nlpearl.ledger.claims import ask, decide, finish
    from nlpearl.ledger.records import Book, Now
    from nlpearl.ledger.sqlite import SQLiteStore
    from nlpearl.ledger.writer import Dump

    salt, now = b"0123456789abcdef", Now("boot", 0.0, "2026-11-25T00:00:00.000+00:00", 0.0)

    def records() -> Iterator[Any]:
        for number, row in enumerate(rows):
            lead, book = to_lead_of_row(row, None), Book([])
            claim: Any = decide(book, ask(salt, OUTBOUND, lead, f"{number:016x}", None, 30.0), now)
            finish(book, claim, AddedLead(OUTBOUND, lead), now)
            yield from book.all()

    store = SQLiteStore(path)
    store.load(Dump(salt, ("http://127.0.0.1", "v1"), records()))
    store.close()


def known(count: str) -> Any:
    """Rows that the ledger knows: none is sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "leads.ledger")
        _filled(path, _rows(int(count)))
        peak, began, started = 0.0, time.monotonic(), time.process_time()
        with NLPearl(KEY, base_url="http://127.0.0.1") as client:
            run = client.add_leads(OUTBOUND, _rows(int(count)), ledger=path, concurrency=50)
            for number, result in enumerate(run):
                assert result.added
                assert result.added.earlier
                if number % 1_000 == 0:
                    peak = max(peak, _memory())
        wall, cpu = time.monotonic() - began, time.process_time() - started
    return {"wall": wall / int(count) * 1e6, "cpu": cpu / int(count) * 1e6, "peak": peak}


def zones() -> Any:
    """Microseconds of a look-up and of a refusal, in a warm process, and the very first."""

    def refuse(name: str) -> Callable[[], object]:
        def refused() -> None:
            try:
                to_windows_time_zone(name)
            except InvalidTimeZoneError:
                return
            raise AssertionError(name)

        return refused

    cases: dict[str, Callable[[], object]] = {
        "an IANA name": lambda: to_windows_time_zone("America/Los_Angeles"),
        "a Windows id": lambda: to_windows_time_zone("Pacific Standard Time"),
        "a name in other case": lambda: to_windows_time_zone("europe/rome"),
        "an abbreviation, refused": refuse("PST"),
        "a misspelling, refused with proposals": refuse("Amerika/Los_Angles"),
    }
    first = {name: timeit.timeit(case, number=1) * 1e6 for name, case in cases.items()}
    return [
        {"case": name, "first": first[name],
         "again": min(timeit.repeat(case, number=20, repeat=9)) / 20 * 1e6}
        for name, case in cases.items()
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
