"""One way to make many calls: `python many_calls.py NAME URL CONCURRENCY COUNT`.

Prints the CPU and wall time of all of them in microseconds for each call. Modules are imported and
clients made before the clock runs; connections are opened while it runs.
"""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import one_call
from one_call import BODY, KEY, OUTBOUND, PATH, phone

HEADERS = {"Authorization": f"Bearer {KEY}"}
Run = Callable[[], None]


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {**one_call.LEAD, "phone_number": phone(number), "external_id": f"crm-{number}"}


def nlpearl_client(url: str, concurrency: int, count: int, ledger: str | None = None) -> Run:
    from nlpearl import NLPearl

    client = NLPearl(KEY, base_url=url)

    def run() -> None:
        options: Any = {"concurrency": concurrency, "ledger": ledger}
        added = sum(1 for end in client.add_leads(OUTBOUND, _rows(count), **options) if end.added)
        assert added == count

    return run


def nlpearl_client_async(url: str, concurrency: int, count: int, ledger: str | None = None) -> Run:
    from nlpearl import AsyncNLPearl

    async def run() -> None:
        options: Any = {"concurrency": concurrency, "ledger": ledger}
        async with AsyncNLPearl(KEY, base_url=url) as client:
            added = 0
            async for end in client.add_leads(OUTBOUND, _rows(count), **options):
                added += end.added is not None
        assert added == count

    return lambda: asyncio.run(run())


def nlpearl_client_ledger(url: str, concurrency: int, count: int) -> Run:
    return nlpearl_client(url, concurrency, count, _file())


def nlpearl_client_ledger_async(url: str, concurrency: int, count: int) -> Run:
    return nlpearl_client_async(url, concurrency, count, _file())


def nlpearl_client_postgres(url: str, concurrency: int, count: int) -> Run:
    return nlpearl_client(url, concurrency, count, _database())


def nlpearl_client_postgres_async(url: str, concurrency: int, count: int) -> Run:
    return nlpearl_client_async(url, concurrency, count, _database())


def add_lead(url: str, _: int, count: int, ledger: str | None = None) -> Run:
    """`add_lead`, one after the other."""
    from nlpearl import NLPearl

    client = NLPearl(KEY, base_url=url, ledger=ledger)

    def run() -> None:
        for row in _rows(count):
            client.add_lead(OUTBOUND, **row)

    return run


def add_lead_async(url: str, _: int, count: int, ledger: str | None = None) -> Run:
    from nlpearl import AsyncNLPearl

    async def run() -> None:
        async with AsyncNLPearl(KEY, base_url=url, ledger=ledger) as client:
            for row in _rows(count):
                await client.add_lead(OUTBOUND, **row)

    return lambda: asyncio.run(run())


def add_lead_ledger(url: str, concurrency: int, count: int) -> Run:
    return add_lead(url, concurrency, count, _file())


def add_lead_ledger_async(url: str, concurrency: int, count: int) -> Run:
    return add_lead_async(url, concurrency, count, _file())


def nlpearl_client_known(url: str, concurrency: int, count: int) -> Run:
    """The same rows again: the ledger knows them all."""
    place = _file()
    nlpearl_client(url, concurrency, count, place)()
    return nlpearl_client(url, concurrency, count, place)


def _file() -> str:
    return os.path.join(tempfile.mkdtemp(), "ledger")  # noqa: PTH118


def _database() -> str:
    """A new database of the server that run.py has started."""
    import psycopg

    place, name = os.environ["BENCH_POSTGRES"], f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{place.rpartition('/')[0]}/{name}"


def httpx_sequential(url: str, _: int, count: int) -> Run:
    call = one_call.httpx_put(url)

    def run() -> None:
        for _ in range(count):
            call()

    return run


def httpx_sequential_async(url: str, _: int, count: int) -> Run:
    async def run() -> None:
        call = one_call.httpx_put_async(url)
        for _ in range(count):
            await call()

    return lambda: asyncio.run(run())


def httpx_lanes(url: str, concurrency: int, count: int) -> Run:
    """As good as bare httpx can be had: threads, each with a client of its own."""
    import httpx

    tickets, lock, context = iter(range(count)), threading.Lock(), httpx.create_ssl_context()

    def work() -> None:
        client = httpx.Client(base_url=url, headers=HEADERS, verify=context)
        while True:
            with lock:
                if next(tickets, None) is None:
                    return
            client.put(PATH, json=BODY).json()

    def run() -> None:
        threads = [threading.Thread(target=work) for _ in range(concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def httpx_lanes_async(url: str, concurrency: int, count: int) -> Run:
    """As good as bare httpx can be had: tasks, each with a client of its own."""
    import httpx

    tickets, context = iter(range(count)), httpx.create_ssl_context()

    async def work() -> None:
        client = httpx.AsyncClient(base_url=url, headers=HEADERS, verify=context)
        for _ in tickets:
            (await client.put(PATH, json=BODY)).json()

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(concurrency)))

    return lambda: asyncio.run(run())


def httpx_gather_async(url: str, concurrency: int, count: int) -> Run:
    """What most would write: one client, asyncio.gather and a semaphore."""
    import httpx

    async def run() -> None:
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        turn = asyncio.Semaphore(concurrency)

        async def work() -> None:
            async with turn:
                (await client.put(PATH, json=BODY)).json()

        async with httpx.AsyncClient(
            base_url=url, headers=HEADERS, limits=limits, timeout=None
        ) as client:
            await asyncio.gather(*(work() for _ in range(count)))

    return lambda: asyncio.run(run())


def requests_pool(url: str, concurrency: int, count: int) -> Run:
    """A thread pool over one requests.Session, with as many connections."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=concurrency))
    session.headers.update(HEADERS)

    def work(_: int) -> None:
        session.put(url + PATH, json=BODY, timeout=30).json()

    def run() -> None:
        with ThreadPoolExecutor(concurrency) as pool:
            list(pool.map(work, range(count)))

    return run


def aiohttp_workers_async(url: str, concurrency: int, count: int) -> Run:
    """The fastest client here: what it reaches, the server can."""
    import aiohttp

    tickets = iter(range(count))

    async def run() -> None:
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:

            async def work() -> None:
                for _ in tickets:
                    async with session.put(url + PATH, json=BODY) as response:
                        await response.json()

            await asyncio.gather(*(work() for _ in range(concurrency)))

    return lambda: asyncio.run(run())


def vendor(url: str, _: int, count: int) -> Run:
    """A loop over the vendor's package: it has nothing else for API v1."""
    call = one_call.vendor(url)

    def run() -> None:
        for _ in range(count):
            call()

    return run


def measure(run: Run, count: int) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu / count * 1e6, "wall": wall / count * 1e6}


if __name__ == "__main__":
    name, url, concurrency, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    globals()[name](url, 2, 4)()  # what is imported at the first call is not measured here
    urllib.request.urlopen(f"{url}/counts").close()  # sets them back
    prepared = globals()[name](url, concurrency, count)
    print(json.dumps(measure(prepared, count)), flush=True)
    os._exit(0)
