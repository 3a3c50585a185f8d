"""What the servers of this machine's packages have in common: how they get here, how they run."""

import contextlib
import os
import shutil
import signal
import subprocess
from contextlib import AbstractContextManager
from typing import Protocol


class Server(Protocol):
    """A server that runs."""

    url: str


def install(package: str, **environment: str) -> None:
    """Install a package of Debian or Ubuntu, if we are root."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environment}
        for command in ("update", f"install --yes --no-install-recommends {package}"):
            subprocess.run(["apt-get", "--quiet", *command.split()], env=env, check=False)


def serve(running: AbstractContextManager[Server]) -> None:
    """Run a server until Ctrl-C, and print its URL."""
    with running as server:
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
