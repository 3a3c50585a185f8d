"""Killed at any instant and run again: each row at most once, and none forgotten.

A process that has imported everything forks one that adds leads, which is then killed.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nlpearl import UnsettledLeadError

from .conftest import KEY, Either
from .servers import CAMPAIGN_ID, Request, Server, replying, response

ROWS = 80
CONCURRENCY = 8
#: Of leads that may be claimed at once: some are read ahead.
MOST = round(1.2 * CONCURRENCY)

FORKING = f"""
import asyncio, os, sys
from nlpearl import AsyncNLPearl, NLPearl
import functools, ssl
# What each child would do anew: imports, and certificates, which httpx reads for plain http, too.
import anyio._backends._asyncio, httpcore, httpx
import nlpearl.bulk.tasks, nlpearl.bulk.threads, nlpearl.calls.claiming, nlpearl.calls.operations
import nlpearl.http.sockets
ssl.create_default_context = functools.cache(ssl.create_default_context)
httpx.Client().close()

KIND, URL = sys.argv[1:]

def add_all(rows, ledger):
    with NLPearl({KEY!r}, base_url=URL) as client:
        for _ in client.add_leads({CAMPAIGN_ID!r}, rows, ledger=ledger, concurrency={CONCURRENCY}):
            pass

async def add_all_async(rows, ledger):
    async with AsyncNLPearl({KEY!r}, base_url=URL) as client:
        run = client.add_leads({CAMPAIGN_ID!r}, rows, ledger=ledger, concurrency={CONCURRENCY})
        async for _ in run:
            pass

for line in sys.stdin:
    ledger, prefix = line.split()
    rows = [
        {{"phone_number": f"+1415555{{n:04}}", "external_id": f"{{prefix}}-{{n}}"}}
        for n in range({ROWS})
    ]
    child = os.fork()
    if child == 0:
        if KIND == "sync":
            add_all(rows, ledger)
        else:
            asyncio.run(add_all_async(rows, ledger))
        os._exit(0)
    print(child, flush=True)
    _, status = os.waitpid(child, 0)
    print(status, flush=True)
"""


def rows(prefix: int) -> list[dict[str, Any]]:
    return [
        {"phone_number": f"+1415555{number:04}", "external_id": f"{prefix}-{number}"}
        for number in range(ROWS)
    ]


def kill_and_resume(either: Either, directory: Path, kills: int) -> None:
    chance = random.Random()
    counted: Counter[object] = Counter()

    def reply(request: Request) -> bytes:
        counted[request.json["externalId"]] += 1
        time.sleep(chance.choice([0, 0, 0.001, 0.01]))
        return response(503) if chance.random() < 0.01 else response()

    with (
        Server(replying(reply)) as server,
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(FORKING), either.name, server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as forking,
    ):
        assert forking.stdin
        assert forking.stdout
        killed = done = 0
        killed_here = 0
        while killed < kills or killed_here:
            ledger = directory / f"{done}.ledger"
            print(ledger, done, file=forking.stdin, flush=True)
            child = int(forking.stdout.readline())
            # Amid its work, however busy the machine is: after so many leads, and a moment.
            until = len(counted) + chance.randrange(20)
            with contextlib.suppress(ProcessLookupError):
                while len(counted) < until:
                    os.kill(child, 0)
                    time.sleep(0.001)
                time.sleep(chance.choice([0, 0.001, 0.01]))
                os.kill(child, signal.SIGKILL)
            status = int(forking.stdout.readline())
            assert status in (0, signal.SIGKILL)
            killed_here += status == signal.SIGKILL
            killed += status == signal.SIGKILL
            if status == 0 or killed >= kills:
                account(either, server, ledger, done, counted, killed_here)
                done += 1
                killed_here = 0
        forking.stdin.close()
        assert forking.wait(30) == 0
    print(f"{killed} kills, {done} ledgers of {ROWS} rows, {counted.total()} leads")
    assert done >= kills / 50


def account(
    either: Either,
    server: Server,
    ledger: Path,
    prefix: int,
    counted: Counter[object],
    kills: int,
) -> None:
    """Run to the end, and hold every row against what the server counted."""
    results, error = either.add_leads(
        server.url, rows(prefix), ledger=ledger, concurrency=CONCURRENCY
    )
    again, _ = either.add_leads(server.url, rows(prefix), ledger=ledger)
    assert error is None
    assert sorted(result.position for result in results) == list(range(ROWS))
    unsettled = 0
    for result in again:
        count = counted[f"{prefix}-{result.position}"]
        if result.added:
            assert count == 1
        else:
            assert isinstance(result.error, UnsettledLeadError)
            assert count <= 1
            unsettled += 1
    # What was in flight at a kill, and the 503s.
    assert unsettled <= kills * MOST + ROWS / 10


@pytest.mark.slow
def test_killed_and_run_again_each_row_is_sent_once_at_most(either: Either, tmp_path: Path) -> None:
    kill_and_resume(either, tmp_path, kills=8)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_a_thousand_times_in_all(either: Either, tmp_path: Path) -> None:
    kill_and_resume(either, tmp_path, kills=500)
