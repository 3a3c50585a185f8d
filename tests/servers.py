"""Servers that inject_fault as told: raw sockets on 127.0.0.1, a thread for each connection.

A script is a function of a `Connection`; it is played once for each connection that is accepted.
"""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

LEAD_ID = "67d42f167f3c392c6d7a2d41"
CAMPAIGN_ID = "67d42f167f3c392c6d7a2d40"
SUCCESS = json.dumps({"leadId": LEAD_ID}).encode()


class ClientGoneError(Exception):
    """The client closed the connection, or the server is being stopped."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        value: dict[str, object] = json.loads(self.body)
        return value


def response(
    status: int = 200,
    body: bytes = SUCCESS,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> bytes:
    """A whole response as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Connection:
    """One connection of a client, with what a misbehaving server may want to do to it."""

    server: "Server"
    socket: socket.socket
    number: int
    buffer: bytes = b""

    def read_headers(self) -> bytes:
        """Everything up to the end of the headers."""
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head

    def read_request(self) -> Request:
        """A whole request, noted in `server.requests`."""
        first, *lines = self.read_headers().decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            self._receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        method, target, _ = first.split(" ")
        request = Request(method, target, headers, body)
        with self.server.lock:
            self.server.requests.append(request)
        return request

    def _receive(self) -> None:
        with contextlib.suppress(OSError):
            data = self.socket.recv(65536)
            if data:
                self.buffer += data
                return
        raise ClientGoneError

    def read_some(self, most: int) -> None:
        """A part of what comes, and no more than so many bytes."""
        try:
            self.buffer += self.socket.recv(most)
        except OSError:
            raise ClientGoneError from None

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:
            raise ClientGoneError from None

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def drip(self, data: bytes, every: float = 0.05, seconds: float = 60.0) -> None:
        """One byte now and then, until the client is gone, for as long as a minute."""
        until = time.monotonic() + seconds
        for byte in data:
            self.send(bytes([byte]))
            if time.monotonic() > until or self.server.stopping.wait(every):
                return

    def silence(self, seconds: float = 60.0) -> None:
        """Nothing, until the client is gone, for as long as a minute."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(ClientGoneError):
            while True:
                self._receive()


Script = Callable[[Connection], None]


@dataclass
class Server:
    """Plays `script` to each connection; `requests` is what arrived whole, in order."""

    script: Script
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0
    lock: threading.Condition = field(default_factory=threading.Condition)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self.lock:
            for opened in self._open:
                with contextlib.suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def close(self) -> None:
        """Accept no further connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self._open.add(accepted)
                connection = Connection(self, accepted, self.connections)
            thread = threading.Thread(target=self._play, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _play(self, connection: Connection) -> None:
        with contextlib.suppress(ClientGoneError):
            self.script(connection)
        with self.lock:
            self._open.discard(connection.socket)
            connection.socket.close()
            self.lock.notify_all()

    def wait_until_closed(self) -> None:
        """Until no connection is open on this side."""
        with self.lock:
            assert self.lock.wait_for(lambda: not self._open, 20)


def responses(*given: bytes) -> Script:
    """A script that gives these responses in turn, and the last one again and again."""
    lock = threading.Lock()
    left = list(given)

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            with lock:
                data = left.pop(0) if len(left) > 1 else left[0]
            connection.send(data)

    return script


def replying(reply: Callable[[Request], bytes]) -> Script:
    """A script that asks `reply` for the response to each request."""

    def script(connection: Connection) -> None:
        while True:
            connection.send(reply(connection.read_request()))

    return script


@contextlib.contextmanager
def swallowing() -> Generator[str]:
    """An address whose queue is full: it ignores each further SYN, as if packets were lost."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        time.sleep(0.1)  # the handshakes that fill the queue are the kernel's
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
