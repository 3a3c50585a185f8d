"""The sandbox on the wire: werkzeug's threaded server on loopback, with connections that are kept.

The response is decided in platform.py; here it is sent, late, broken or not at all.
"""

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected, NotFound, RequestEntityTooLarge
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from ..errors import ConfigurationError
from .platform import Reply
from .problems import empty

HOST = "127.0.0.1"

#: Bytes of the longest body that is read. A lead has a few hundred.
MAX_BODY = 1024 * 1024

_GARBAGE = b"\x16\x03\x01\x00\xffThis is not HTTP.\r\n\r\n"
_POLL = 0.02  # seconds until the listening thread sees that it shall stop


class Server(ThreadedWSGIServer):
    """Listens from its creation to `stop`, with a thread for each connection."""

    def __init__(self, port: int, play: Callable[[Request], Reply]) -> None:
        self.play = play
        self.stopping: threading.Event = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        # Bound here: where the port is in use werkzeug prints and exits the process.
        try:
            listener = socket.create_server((HOST, port), backlog=128)
        except OSError as error:
            raise ConfigurationError(
                f"The sandbox cannot listen on {HOST}:{port}: {error}. "
                "Stop what uses this port, or leave it out to get a free one."
            ) from error
        with listener:
            # No WSGI application: WSGI has no word for a response that is lost.
            super().__init__(HOST, port, NotFound(), _Handler, fd=listener.fileno())
        self._thread = threading.Thread(
            target=self.serve_forever, args=[_POLL], name="nlpearl sandbox", daemon=True
        )
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=[request, client_address], daemon=True
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent where a connection broke; a traceback where the sandbox has a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Close every connection, also one that waits, and wait for the threads."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            threads = list(self._open.values())
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


class _Handler(WSGIRequestHandler):
    """One connection. Where it sends nothing more, the connection is closed."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # else invalid HTTP gets HTML without a status
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Respond to one request.

        Not werkzeug's own: that closes the connection after each response, and waits 10 ms before
        it does (werkzeug 3.1.9, `execute`).
        """
        try:
            request = Request(self.make_environ())
        except ValueError:  # urlsplit, of a target such as http://[
            self.send_error(400)
            return
        # werkzeug 3.1.9 cuts a body in chunks off at the limit without a word, so it gets one more.
        request.max_content_length = MAX_BODY + 1
        try:
            if len(request.get_data()) > MAX_BODY:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge:
            self.close_connection = True
            self.wfile.write(self._encoded(empty(413), request))
            self._wait_for_client()
            return
        except ClientDisconnected:  # also for invalid chunks
            self.close_connection = True
            return
        self._respond(self._server.play(request), request)

    @property
    def _server(self) -> Server:
        return cast(Server, self.server)

    def _respond(self, reply: Reply, request: Request) -> None:
        fault = reply.fault
        if fault.delay and self._server.stopping.wait(fault.delay):
            self.close_connection = True
            return
        if not fault.responds or reply.response.headers.get("Connection", "").lower() == "close":
            self.close_connection = True
        if fault.garbage:
            self.wfile.write(_GARBAGE)
        elif fault.lost == "silence":
            self._wait_for_client()
        elif fault.lost == "reset":
            linger = struct.pack("ii", 1, 0)  # on, for 0 s: discard, and say so with RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # Closed for good when the handler closes its reader, before shutdown_request's FIN.
            self.connection.close()
        elif fault.lost == "cut":
            whole = self._encoded(reply.response, request)
            # Half of the body; where there is none, the end of the headers.
            self.wfile.write(whole[: -max(1, (len(reply.response.get_data()) + 1) // 2)])
        elif fault.lost is None:
            self.wfile.write(self._encoded(reply.response, request))

    def _encoded(self, response: Response, request: Request) -> bytes:
        response.headers["Connection"] = "close" if self.close_connection else "keep-alive"
        response.headers.setdefault("Date", formatdate(usegmt=True))
        response.headers.setdefault("Server", "nlpearl-sandbox")
        chunks, status, headers = response.get_wsgi_response(request.environ)
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + b"".join(chunks)

    def _wait_for_client(self) -> None:
        """Until it goes, or `Server.stop` ends the connection."""
        while self.connection.recv(65536):
            pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: `Sandbox.requests` is the log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        """Nothing either."""
