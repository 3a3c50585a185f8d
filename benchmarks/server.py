"""A server that is not the bottleneck: it responds to every request alike, after a delay.

Not the sandbox, which checks what it is sent; this one only finds where a request ends. It counts
what a client would rather not show: connections and requests, which `GET /counts` returns and sets
back to zero, with the time of the first request (time.monotonic).
"""

import asyncio
import json
import re
import sys
import time

LEAD = {
    # Each peer finds what it looks for; all have the same to parse.
    "leadId": "67d42f167f3c392c6d7a2d41",
    "id": "67d42f167f3c392c6d7a2d41",
    "call_id": "67d42f167f3c392c6d7a2d41",
}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n" + body


class Counts:
    """What all connections together have seen."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.first = 0.0


class Responding(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay: float, counts: Counts) -> None:
        self._delay = delay
        self._counts = counts
        self._buffer = b""
        self._ok = _response(json.dumps(LEAD).encode())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._counts.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._buffer, 0, end)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < size:
                return
            request, self._buffer = self._buffer[:size], self._buffer[size:]
            self._respond(request)

    def _respond(self, request: bytes) -> None:
        if request.startswith(b"GET /counts"):
            self._transport.write(_response(json.dumps(vars(self._counts)).encode()))
            vars(self._counts).update(vars(Counts()))
            return
        self._counts.first = self._counts.first or time.monotonic()
        self._counts.requests += 1
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._write)
        else:
            self._transport.write(self._ok)

    def _write(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._ok)


async def serve(delay: float) -> None:
    """Serve until standard input ends, which it does when the parent has gone."""
    loop = asyncio.get_running_loop()
    counts = Counts()
    server = await loop.create_server(
        lambda: Responding(delay, counts), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
