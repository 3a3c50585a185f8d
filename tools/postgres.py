"""A PostgreSQL server of this machine's packages, on 127.0.0.1, in a folder of its own.

python -m tools.postgres             run one until Ctrl-C, and print its URL
python -m tools.postgres --install   install the packages, if they are missing and we are root
"""

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from .local_servers import install, serve

#: Debian and Ubuntu keep the server's programs off PATH.
DEBIAN = Path("/usr/lib/postgresql")
MISSING = (
    "there is no PostgreSQL server on this machine: run make .venv/postgres as root, or install "
    "your system's packages (apt-get install postgresql); NLPEARL_WITHOUT_POSTGRES=1 skips the "
    "tests that need it"
)
#: Waits for the end of the process that has started the server, killed or not.
GUARD = 'cat; kill -QUIT "$0"; rm -rf "$1"'
#: A word that is in no message, so that tests can look for it.
PASSWORD = "correct-horse-battery"  # noqa: S105


def programs() -> Path | None:
    """The folder of initdb and postgres, of the newest version that is here."""
    found = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    path = found[-1] if found else shutil.which("postgres")
    return Path(path).resolve().parent if path else None


class Server:
    """A server that runs while the block does. Its folder goes with it."""

    def __init__(self, *settings: str, copy_of: "Server | None" = None) -> None:
        self._bin = programs()
        self._settings = settings
        self._copy_of = copy_of
        self._process: subprocess.Popen[Any] | None = None
        self._guard: subprocess.Popen[Any] | None = None
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self.port = _free_port()
        self.url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        if self._bin is None:
            raise FileNotFoundError(MISSING)
        # Not in the project, whose folders may be closed to another user.
        self._folder = Path(tempfile.mkdtemp(prefix="nlpearl-postgres-"))
        self.log = self._folder / "log"
        try:
            if self._user is not None:
                user = pwd.getpwnam(self._user)
                os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._make()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self._folder)

    def _make(self) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        password.chmod(0o644)
        if self._copy_of is not None:
            options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
            self._run("pg_basebackup", f"--dbname={self._copy_of.url}", f"-D{self._data}", *options)
        else:
            options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}"]
            options += ["--encoding=UTF8", "--locale=C", "--no-sync"]
            self._run("initdb", f"-D{self._data}", *options)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _command(self, program: str, *arguments: str) -> tuple[list[str], dict[str, Any]]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options: dict[str, Any] = {"cwd": self._folder, "env": env, "stdin": subprocess.DEVNULL}
        if self._user is not None:
            options |= {"user": self._user, "group": self._user, "extra_groups": []}
        return [f"{self._bin}/{program}", *arguments], options

    def _run(self, program: str, *arguments: str) -> None:
        command, options = self._command(program, *arguments)
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, **options, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def start(self) -> None:
        """Start it, unless it runs; return when it accepts connections."""
        if self._process is not None:
            return
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            *self._settings,
        ]
        command, options = self._command("postgres", f"-D{self._data}")
        for setting in settings:
            command += ["-c", setting]
        tries, until = 5, time.monotonic() + 60
        while self._process is None or not self._accepts():
            if self._process is None or self._process.poll() is not None:
                # What is left of the one before may hold the port, or its memory, for a moment.
                tries -= 1
                with self.log.open("ab") as log:
                    # A group of its own: Ctrl-C is for us, and we stop it in order.
                    self._process = subprocess.Popen(
                        command, **options, stdout=log, stderr=log, process_group=0
                    )
                self._watch(self._process.pid)
            if not tries or time.monotonic() > until:
                self.stop("immediate")
                raise RuntimeError(f"PostgreSQL did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _accepts(self) -> bool:
        command, options = self._command("pg_isready", "--quiet", "-h127.0.0.1", f"-p{self.port}")
        return subprocess.call(command, **options) == 0

    def stop(self, how: str = "fast") -> None:
        """Stop it: "fast" ends its connections, "immediate" is a crash."""
        process, self._process = self._process, None
        self._watch(None)
        if process is not None:
            process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])
            process.wait(60)

    def _watch(self, pid: int | None) -> None:
        """Have this server stopped, and no other, if we are killed: our end of a pipe closes."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if pid is not None:
            command = ["sh", "-c", GUARD, str(pid), str(self._folder)]
            self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)

    def restart(self, how: str = "fast") -> None:
        """Stop it and start it again, on the same port."""
        self.stop(how)
        self.start()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and all processes of its connections."""
        assert self._process is not None
        for pid in [self._process.pid, *_children(self._process.pid)]:
            os.kill(pid, number)

    def promote(self) -> None:
        """Make a primary of a replica."""
        self._run("pg_ctl", f"-D{self._data}", "promote")


def _children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def _free_port() -> int:
    """A port that stays ours while the server restarts: below those that outgoing connections get
    (Linux: from 32768)."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  # no secret
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def main(arguments: Sequence[str]) -> None:
    if "--install" in arguments and programs() is None:
        install("postgresql")
    if programs() is None:
        sys.exit(MISSING)
    if "--install" in arguments:
        return
    serve(Server())


if __name__ == "__main__":
    main(sys.argv[1:])
