"""A ledger as a SQLite file, for the threads and processes of one machine."""

import contextlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import LedgerError
from . import sqlite_file as file
from .machine import boot, check_place, identity, is_gone, process
from .records import Book, Now, Record
from .writer import (
    API,
    Dump,
    Reading,
    StoreAwayError,
    check_alone,
    check_bound,
    check_campaigns,
    check_new,
    check_nothing_claimed,
    check_version,
)


class SQLiteStore:
    """The connection of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = f"ledger {str(path)!r}"
        # Of this store: a process may have several.
        self._mark = f"{secrets.token_hex(4)} {boot()} {process()}"
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    # Opening

    def open(self, *, accept: bool = False) -> sqlite3.Connection:
        """The connection; the file is made if there is none. `accept`: also what is suspicious."""
        try:
            return self._open(accept)
        except OSError as error:
            raise self._error(str(error.strerror)) from None

    def _open(self, accept: bool) -> sqlite3.Connection:
        path = self._path
        check_place(path)
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                self._make(file.make_tables, path)
        if not path.stat().st_size and not accept:
            raise self._error(
                "it is empty; if it never was a ledger, remove it, else restore it from a backup "
                "(or trust it as it is: `Ledger.accept()`)"
            )
        trusted = accept or path.with_name(f"{path.name}-wal").exists()
        with self._connecting(path) as connection:
            self._prepare(connection, trusted)
        self._connection, self._file = connection, identity(path)
        return connection

    def _make(self, fill: Callable[[sqlite3.Connection], None], path: Path) -> None:
        """Make a file as a whole, so that nobody else sees a part of it. FileExistsError."""
        beside = path.with_name(f"{path.name}-{secrets.token_hex(4)}.new")
        try:
            with self._connecting(beside) as connection:
                fill(connection)
            connection.close()
            os.link(beside, path)  # unlike a rename, it replaces nothing
        finally:
            beside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _connecting(self, path: Path) -> Generator[sqlite3.Connection]:
        """A connection, closed again if what follows fails."""
        try:
            # Absolute: a path such as ":memory:" has a meaning of its own for SQLite.
            connection = sqlite3.connect(
                path.absolute(), timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._translated(error) from None
        try:
            yield connection
        except sqlite3.Error as error:
            connection.close()
            raise self._translated(error) from None
        except BaseException:
            connection.close()
            raise

    def _prepare(self, connection: sqlite3.Connection, trusted: bool) -> None:
        if not self._check_kind(connection):  # empty, and accepted
            file.make_tables(connection)
        # Switching does not wait for others that do the same (SQLite 3.40), so it is tried again.
        again(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchall())
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased leaves no bytes behind
        with file.immediate(connection):
            marks = file.marks(connection)
            if marks and False not in marks.values() and not trusted:
                raise self._error(
                    f"it was not closed in order, and {self._path.name}-wal, which belongs to it, "
                    "is missing: it may not know all leads that were sent. Put that file back "
                    "beside it (or trust it as it is: `Ledger.accept()`)"
                )
            file.remove(connection, marks)
            connection.execute("INSERT OR IGNORE INTO users VALUES (?)", (self._mark,))
        # The mark has to be in the file itself, in case that is copied without its -wal.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _check_kind(self, connection: sqlite3.Connection) -> bool:
        """Whether it is a ledger; False if it is still empty."""
        [application] = connection.execute("PRAGMA application_id").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables and not application:
            return False
        if application != file.APPLICATION_ID:
            raise self._error("it is another database; choose another path")
        check_version(self._name, version, file.VERSION)
        if version < file.VERSION:
            raise self._error(
                f"it has version {version}, of a library that was never published; start a new "
                "ledger, and keep this one to know who was added"
            )
        return True

    def exists(self) -> bool:
        try:
            check_place(self._path)
            return self._path.exists()
        except OSError as error:
            raise self._error(str(error.strerror)) from None

    def salt(self, api: API | None, *, binds: bool = True) -> bytes:
        connection = self._connection or self.open()
        try:
            with file.immediate(connection):
                [salt, *bound] = connection.execute(file.HEAD).fetchone()
                if api is not None and binds and bound == [None, None]:
                    connection.execute(file.BIND, api)
        except sqlite3.Error as error:
            raise self._translated(error) from None
        check_bound(self._name, (bound[0], bound[1]), api)
        found: bytes = salt
        return found

    # Using

    @contextlib.contextmanager
    def transaction(self, keys: list[str], *, overview: bool = False) -> Generator[Reading]:
        connection = self._connection or self.open()
        if self._file != identity(self._path):
            raise self._error(
                "the file was replaced, moved or deleted while in use; nothing more is sent. Put "
                "it back, or trust what is there now: `Ledger.accept()`"
            )
        try:
            with file.immediate(connection):
                rows = connection.execute(file.READ, {"keys": json.dumps(keys)}).fetchall()
                certain: list[Any] = []
                if overview:
                    rows += connection.execute(file.READ_UNCERTAIN).fetchall()
                    certain = connection.execute(file.COUNT_CERTAIN).fetchall()
                book = Book(map(Record._make, rows), certain)
                yield Reading(_now(), book)
                if book.deleted:
                    connection.executemany(
                        "DELETE FROM leads WHERE id = ?", [(id_,) for id_ in book.deleted]
                    )
                file.write(connection, book.written.values())
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def accept(self) -> None:
        """Trust the file as it is, also where it is suspicious."""
        connection = self.open(accept=True)
        with file.immediate(connection):
            # Of processes of another container nobody can tell from here whether they are gone.
            marks = {mark: gone is not False for mark, gone in file.marks(connection).items()}
            file.remove(connection, {**marks, self._mark: False})

    def rebind(self, api: API, campaigns: Mapping[str, str]) -> None:
        """Bind the file to another API."""
        with self.transaction([], overview=True) as read:
            check_campaigns(self._name, read, campaigns)
            connection = self._alone(read)
            connection.execute(file.BIND, api)
            connection.execute(
                "UPDATE leads SET campaign = (SELECT value FROM json_each(?) WHERE key = campaign)",
                (json.dumps({**campaigns}),),
            )

    def backup(self, path: Path) -> None:
        connection = self._existing()

        def fill(copy: sqlite3.Connection) -> None:
            connection.backup(copy)
            with file.immediate(copy):
                copy.execute("DELETE FROM users")

        check_place(path)
        try:
            self._make(fill, path)
        except OSError as error:
            raise self._error(f"{str(path)!r}: {error.strerror}; choose another path") from None

    @contextlib.contextmanager
    def dump(self) -> Generator[Dump]:
        connection = self._existing()
        with self.transaction([], overview=True) as read:
            self._alone(read)
            salt, *bound = connection.execute(file.HEAD).fetchone()
            yield Dump(salt, (bound[0], bound[1]), connection.execute(file.ALL))

    def load(self, dump: Dump) -> int:
        with self.transaction([], overview=True) as read:
            connection = self._alone(read)
            check_new(self._name, read)
            head = (dump.salt, *dump.api)
            connection.execute("UPDATE ledger SET salt = ?, base_url = ?, api_version = ?", head)
            return connection.executemany(file.INSERT, dump.rows).rowcount

    def _existing(self) -> sqlite3.Connection:
        """The connection to a file that is there."""
        if not self._path.exists():
            raise self._error("there is no such file")
        return self._connection or self.open()

    def _alone(self, read: Reading) -> sqlite3.Connection:
        """The connection, once it is sure that nobody else uses the file."""
        check_nothing_claimed(self._name, read)
        connection = self._connection or self.open()
        marks = {**file.marks(connection), self._mark: True}
        check_alone(self._name, is_used=not all(marks.values()))
        return connection

    def close(self) -> None:
        """Take our mark away; the last one to close writes all into the one file."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if self._file == identity(self._path):
                try:
                    self._unmark(connection)
                except sqlite3.Error:  # a disk that is full has room again without the -wal
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    self._unmark(connection)
        except sqlite3.Error as error:
            raise self._translated(error) from None
        finally:
            connection.close()

    def _unmark(self, connection: sqlite3.Connection) -> None:
        with file.immediate(connection):
            # Those of processes that were killed meanwhile, too: we have what they wrote, and the
            # last one of us to close removes the -wal.
            file.remove(connection, {**file.marks(connection), self._mark: True})

    # What is wrong

    def _error(self, said: str) -> LedgerError:
        return LedgerError(f"{self._name}: {said}")

    def _translated(self, error: sqlite3.Error) -> Exception:
        said = str(error)
        if "locked" in said:
            return StoreAwayError(f"{self._name}: other processes keep it locked")
        if "not a database" in said:
            said = "it is not a ledger; choose another path"
        return self._error(said)


#: No setting of the clock moves it; times of two boots cannot be compared. Replaced by tests.
clock: Callable[[], float] = time.monotonic
#: Seconds that SQLite waits for other processes; then the writer asks again.
PATIENCE = 1.0


def again(work: Callable[[], Any], tries: int = 100) -> Any:
    """What work returns, at last; tried again while the file is locked."""
    while True:
        tries -= 1
        try:
            return work()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not tries:
                raise
            time.sleep(0.05)


def _now() -> Now:
    text = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Now(boot(), clock(), text, time.monotonic(), is_gone)
