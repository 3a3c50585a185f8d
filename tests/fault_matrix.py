"""The fault matrix: every fault at every stage of a call, and what the caller was told.

`make faults` plays it and prints the table; test_fault_matrix.py holds the invariant. The server
stores a lead when the last byte of its request has come, except before a 4xx; its own count of each
lead is held against what the caller was told.
"""

import contextlib
import itertools
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from multiprocessing import get_context
from typing import Any, Literal

from nlpearl import AddedLead, Outcome

from .conftest import PHONE, Either, Ended
from .servers import LEAD_ID, Connection, Request, Server, response, swallowing

#: Seconds: the whole call where a server falls silent, and where it does not.
SILENT, LONG = 0.5, 20.0
#: And with lookups, which go on until its end where there is nothing to be found.
RECONCILING = 1.5


@dataclass(frozen=True)
class Fault:
    """What a server does to one request, at one stage of it."""

    stage: str
    name: str
    play: Callable[[Connection], None]
    #: Whether the server has the whole lead, and keeps it, before it plays the fault.
    stores: bool = True
    #: Whether the server goes on with the connection.
    keeps: bool = False


def close(connection: Connection) -> None:
    """The script ends, and with it the connection."""


def reset(connection: Connection) -> None:
    connection.reset()


def silence(connection: Connection) -> None:
    connection.silence()


def sends(data: bytes) -> Callable[[Connection], None]:
    return lambda connection: connection.send(data)


def sends_and_waits(data: bytes) -> Callable[[Connection], None]:
    def play(connection: Connection) -> None:
        connection.send(data)
        connection.silence()

    return play


def mid_headers(end: Callable[[Connection], None]) -> Callable[[Connection], None]:
    def play(connection: Connection) -> None:
        connection.read_some(20)
        end(connection)

    return play


def mid_body(end: Callable[[Connection], None]) -> Callable[[Connection], None]:
    def play(connection: Connection) -> None:
        connection.read_headers()
        end(connection)

    return play


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
HEAD_400 = HEAD.replace(b"200", b"400")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
BODIES = {
    "nothing": b"",
    "HTML": b"<html><title>Bad Gateway</title></html>",
    "null": b"null",
    "no lead id": b"{}",
    "broken JSON": b'{"leadId": "',
}
STATUSES = [
    300,
    302,
    307,
    400,
    401,
    403,
    404,
    408,
    409,
    418,
    422,
    429,
    500,
    502,
    503,
    504,
    520,
    599,
]

OK = Fault("response", "200, a lead id", sends(response()), keeps=True)

FAULTS = [
    Fault("not accepted", "refuses connections", close, stores=False),
    Fault("not accepted", "ignores each SYN", close, stores=False),
    Fault("accepted", "closes", close, stores=False),
    Fault("accepted", "resets", reset, stores=False),
    Fault("accepted", "is silent", silence, stores=False),
    Fault("accepted", "sends garbage", sends(b"\x00\x01garbage\r\n\r\n"), stores=False),
    Fault("mid-headers", "closes", mid_headers(close), stores=False),
    Fault("mid-headers", "resets", mid_headers(reset), stores=False),
    Fault("mid-headers", "is silent", mid_headers(silence), stores=False),
    Fault("mid-body", "closes", mid_body(close), stores=False),
    Fault("mid-body", "resets", mid_body(reset), stores=False),
    Fault("mid-body", "a 400", mid_body(sends(response(400, b""))), stores=False),
    Fault("request read", "closes", close),
    Fault("request read", "resets", reset),
    Fault("request read", "is silent", silence),
    Fault("request read", "sends garbage", sends(b"\x00\x01garbage\r\n\r\n")),
    Fault("mid-response", "half a status line", sends(b"HTTP/1.1 20")),
    Fault("mid-response", "half its headers", sends(HEAD)),
    Fault("mid-response", "half its headers, silent", sends_and_waits(HEAD)),
    Fault("mid-response", "half its body", sends(HEAD + b'\r\n{"leadId"')),
    Fault("mid-response", "half its body, silent", sends_and_waits(HEAD + b'\r\n{"leadId"')),
    Fault("mid-response", "a bad chunk", sends(CHUNKED + b"\r\nz\r\n")),
    Fault("mid-response", "a 400, half its body", sends(HEAD_400 + b"\r\n{"), stores=False),
    *(
        Fault("response", f"200, {name}", sends(response(200, body)), keeps=True)
        for name, body in BODIES.items()
    ),
    *(
        Fault(
            "response",
            f"{status}, {name}",
            sends(response(status, body, {"Retry-After": "0"})),
            stores=not 400 <= status < 500 or status == 408,
            keeps=True,
        )
        for status, (name, body) in itertools.product(STATUSES, list(BODIES.items())[:2])
    ),
    OK,
]  # fmt: skip

_BEFORE_THE_REQUEST = {"accepted", "mid-headers", "mid-body"}


class FaultServer:
    """Plays faults in order, the last one again and again, and counts the leads it stores."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)
        self._lock = threading.Lock()
        self.stored: Counter[object] = Counter()
        self.created: dict[object, datetime] = {}

    def _next(self) -> Fault:
        with self._lock:
            return self._faults.pop(0) if len(self._faults) > 1 else self._faults[0]

    def script(self, connection: Connection) -> None:
        while True:
            fault = self._next()
            if fault.stage in _BEFORE_THE_REQUEST:
                fault.play(connection)
                return
            request = connection.read_request()
            if request.method == "GET":
                connection.send(self._found(request))
                continue
            if fault.stores:
                self._store(request)
            fault.play(connection)
            if not fault.keeps:
                return

    def _found(self, request: Request) -> bytes:
        """What the lookup by external id knows."""
        external_id = request.target.rpartition("/")[2]
        with self._lock:
            created = self.created.get(external_id)
        if created is None:
            return response(404, b"")
        lead = {"id": LEAD_ID, "phoneNumber": PHONE, "created": created.isoformat()}
        date = format_datetime(datetime.now(UTC), usegmt=True)
        return response(200, json.dumps(lead).encode(), {"Date": date})

    def _store(self, request: Request) -> None:
        with self._lock:
            self.stored[request.json["externalId"]] += 1
            self.created[request.json["externalId"]] = datetime.now(UTC)


def told(end: Ended) -> str:
    return "ADDED" if isinstance(end, AddedLead) else end.outcome.name


def violation(end: Ended, stored: int) -> str | None:
    """What is wrong with telling the caller this when the server stored so many of the lead."""
    if stored > 1:
        return f"{stored} leads for one call"
    if isinstance(end, AddedLead):
        return None if stored == 1 else "a success without a lead"
    if end.outcome is not Outcome.UNKNOWN and stored:
        return f"{end.outcome.name}, and yet the lead is there"
    return None


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix."""

    fault: Fault
    either: str
    kept_alive: bool

    def __str__(self) -> str:
        kept = "kept" if self.kept_alive else "fresh"
        return f"{self.fault.stage}: {self.fault.name}, {self.either}, {kept}"


CELLS = [
    Cell(fault, either, kept)
    for fault in FAULTS
    for either in ("sync", "async")
    for kept in (False, True)
    if not (kept and fault.stage == "not accepted")
]


@contextlib.contextmanager
def listening(fault: Fault, server: FaultServer) -> Generator[str]:
    """The URL of a server that plays the fault, or of one that does not even accept."""
    if fault.name == "ignores each SYN":
        with swallowing() as url:
            yield url
        return
    with Server(server.script) as there:
        url = there.url
        if fault.stage != "not accepted":
            yield url
            return
    yield url


def play(cell: Cell, *, reconcile: bool = False) -> tuple[Ended, int]:
    """How one call ended, and how many leads of it the server stored.

    With `reconcile` the server plays the fault once, and responds to lookups.
    """
    leads = [{"external_id": "warm"}] * cell.kept_alive + [{"external_id": "row"}]
    server = FaultServer([OK] * cell.kept_alive + [cell.fault] + [OK] * reconcile)
    with listening(cell.fault, server) as url:
        waits = "silent" in cell.fault.name or "SYN" in cell.fault.name
        options: dict[str, Any] = {"timeout": SILENT if waits else LONG, "max_retries": 1}
        if reconcile:
            options |= {"reconcile": True, "timeout": RECONCILING}
        either = Either("sync" if cell.either == "sync" else "async")
        ends = either.add_all(url, leads, client=options)
    return ends[-1], server.stored["row"]


def table() -> Iterator[str]:
    """The matrix as lines of text: what the caller was told, and the count of stored leads."""
    columns = [f"{c} {k}" for c in ("sync", "async") for k in ("fresh", "kept")]
    yield f"{'stage':<14}{'the server':<28}" + "".join(f"{name:<14}" for name in columns)
    totals: Counter[str] = Counter()
    wrong = 0
    for fault in FAULTS:
        row = f"{fault.stage:<14}{fault.name:<28}"
        for cell in (cell for cell in CELLS if cell.fault is fault):
            if fault.stage == "not accepted" and cell.either == "async":
                row += f"{'':<14}"  # there is no kept connection to a server that never accepted
            end, stored = play(cell)
            bad = violation(end, stored)
            wrong += bad is not None
            totals[told(end)] += 1
            mark = "!" if bad else ""
            row += f"{told(end) + ' ' + str(stored) + mark:<14}"
        yield row
    counts = ", ".join(f"{count} {name}" for name, count in sorted(totals.items()))
    yield ""
    yield from (lost_to_closed_connections(name) for name in ("sync", "async"))
    known, unknown, violations = reconciled()
    yield (
        f"\nWith reconcile=True {known} of {known + unknown} UNKNOWN ends are known to be added "
        f"({known / (known + unknown):.0%}); {unknown} stay UNKNOWN."
    )
    yield f"\n{len(CELLS)} cells: {counts}. Violations: {wrong + violations}."


def reconciled() -> tuple[int, int, int]:
    """The matrix once more, with lookups: how many are known to be added by one, how many are
    unknown, and how many violations there are."""
    known = unknown = violations = 0
    for cell in CELLS:
        end, stored = play(cell, reconcile=True)
        violations += violation(end, stored) is not None
        unknown += told(end) == "UNKNOWN"
        known += told(end) == "ADDED" and cell.fault.stores and cell.fault is not OK
    return known, unknown, violations


def count_lost(name: Literal["sync", "async"], url: str, calls: int, pause: float) -> int:
    """How many of these calls, one after the other, did not end with a lead."""
    leads = [{"external_id": f"row-{number}"} for number in range(calls)]
    ends = Either(name).add_all(url, leads, pause=pause)
    return sum(not isinstance(end, AddedLead) for end in ends)


def lost_to_closed_connections(name: Literal["sync", "async"], calls: int = 500) -> str:
    """How many calls end as UNKNOWN where the server closes each connection after its response.

    Nothing of them was stored: the close and the next request cross on the way, which cannot be
    told from a server that read the request and then closed.
    """
    shares: list[str] = []
    for pause in (0.0, 0.01):
        server = FaultServer([Fault("response", "200, then closes", sends(response()))])
        # In a process of its own: under one interpreter lock the two would never cross.
        with Server(server.script) as there, ProcessPoolExecutor(1, get_context("spawn")) as pool:
            lost = pool.submit(count_lost, name, there.url, calls, pause).result()
        shares.append(f"{lost / calls:.1%}")
    return (
        f"{name}: a server that closes each connection after its response costs {shares[0]} of "
        f"{calls} calls back to back, {shares[1]} with 10 ms between them"
    )


if __name__ == "__main__":
    lines: list[str] = []
    for line in table():
        print(line, flush=True)
        lines.append(line)
    sys.exit(0 if lines[-1].endswith("Violations: 0.") else 1)
