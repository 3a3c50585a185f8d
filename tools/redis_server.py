"""A Redis server of this machine's packages, on 127.0.0.1, in a folder of its own.

python -m tools.redis_server             run one until Ctrl-C, and print its URL
python -m tools.redis_server --install   install the package, if it is missing and we are root
"""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from .local_servers import install, serve

MISSING = (
    "there is no Redis server on this machine: run make .venv/redis as root, or install your "
    "system's package (apt-get install redis-server); NLPEARL_WITHOUT_REDIS=1 skips the tests that "
    "need it"
)


def program() -> str | None:
    """The path of redis-server."""
    return shutil.which("redis-server")


class Server:
    """A server that runs while the block does; it keeps nothing on disk."""

    _process: subprocess.Popen[Any]

    def __enter__(self) -> Self:
        redis = program()
        if redis is None:
            raise FileNotFoundError(MISSING)
        self._folder = Path(tempfile.mkdtemp(prefix="nlpearl-redis-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no"}
        options |= {"dir": str(self._folder), "logfile": "log"}
        command = [redis, *(part for name in options for part in (f"--{name}", options[name]))]
        # A group of its own: Ctrl-C is for us, and we stop it in order.
        self._process = subprocess.Popen(command, process_group=0)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
        shutil.rmtree(self._folder)

    def _wait(self) -> None:
        """Return when it responds."""
        until = time.monotonic() + 60
        while not self._responds():
            if self._process.poll() is not None or time.monotonic() > until:
                log = (self._folder / "log").read_text(encoding="utf-8")
                raise RuntimeError(f"Redis did not start: {log[-2000:]}")
            time.sleep(0.02)

    def _responds(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 5) as s,
        ):
            s.sendall(b"PING\r\n")
            return s.recv(7) == b"+PONG\r\n"
        return False


def main(arguments: Sequence[str]) -> None:
    if "--install" in arguments:
        if program() is None:
            install("redis-server", RUNLEVEL="1")  # at which invoke-rc.d starts no service
        print(program() or MISSING)
        return
    serve(Server())


if __name__ == "__main__":
    main(sys.argv[1:])
