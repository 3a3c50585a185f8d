"""This machine: its boot, its processes, and where a file may lie."""

import contextlib
import os
import secrets
from functools import cache
from pathlib import Path

from ..errors import LedgerError

#: Where Linux names this boot.
BOOT = Path("/proc/sys/kernel/random/boot_id")
#: Where Linux names our space of process numbers.
PROCESSES = Path("/proc/self/ns/pid")
#: Where Linux lists what is mounted.
MOUNTS = Path("/proc/self/mounts")
#: File systems on which SQLite's locks do not hold between machines (sqlite.org/faq.html, 5).
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs"}


@cache
def boot() -> str:
    """This boot of this machine; unknown is another one each time, so that no claim outlives it."""
    with contextlib.suppress(OSError):
        return BOOT.read_text(encoding="utf-8").strip()
    return secrets.token_hex(16)


def process() -> str:
    """This process: its number, when it was started, since numbers are used again, and where that
    number means something: each container has numbers of its own."""
    return _named(os.getpid())


@cache
def _named(number: int) -> str:
    return f"{number} {_started(number)} {number_space()}"


def _started(number: int) -> str:
    """When a process was started; empty if there is none, or one that only waits to be forgotten by
    its parent."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


@cache
def number_space() -> str:
    """The space of process numbers that we are in; empty where nobody tells."""
    try:
        return str(PROCESSES.readlink())
    except OSError:
        return ""


def is_gone(name: str) -> bool | None:
    """Whether a process of this boot has ended; None if that cannot be seen from here."""
    number, started, space = name.split(" ")
    if not started or space != number_space():
        return None
    return _started(int(number)) != started


def check_place(path: Path) -> None:
    """LedgerError where no ledger can be."""
    name = f"ledger {str(path)!r}"
    if path.is_dir():
        raise LedgerError(f"{name}: it is a folder; name a file in it")
    if not path.parent.is_dir():
        raise LedgerError(f"{name}: the folder {str(path.parent)!r} does not exist; make it first")
    if path.exists():
        # SQLite would say "disk I/O error". Not tried by opening the file: closing it again would
        # take the locks of our own connection away.
        effective = os.access in os.supports_effective_ids
        if not os.access(path, os.W_OK, effective_ids=effective):
            raise LedgerError(f"{name}: it is read-only")
        if path.stat().st_nlink > 1:
            raise LedgerError(
                f"{name}: it has several names (hard links), of which only one would have its -wal "
                "file; copy it instead"
            )
    if (kind := _file_system(path.parent)) in NETWORK:
        raise LedgerError(
            f"{name}: it is on a network file system ({kind}), where locks do not hold; use a "
            "local disk, or a PostgreSQL ledger for several machines"
        )


def _file_system(folder: Path) -> str:
    """The type of the file system of a folder; empty where nobody tells."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place = folder.resolve()
    best, kind = Path("/"), ""
    for line in lines:
        _, where, type_, *_ = line.split(" ")
        there = Path(where.encode().decode("unicode_escape"))
        if place.is_relative_to(there) and there.is_relative_to(best):
            best, kind = there, type_
    return kind


def identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, however it is called; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # 1 µs; opening the file would drop SQLite's locks
    except OSError:
        return None
    return found.st_dev, found.st_ino
