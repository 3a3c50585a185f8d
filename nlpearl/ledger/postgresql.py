"""A ledger in a PostgreSQL database, for workers on many machines (extra ``postgres``).

Each transaction brings all that it needs, so that a pooler may give each another connection: no
prepared statement, no setting that outlives it, no lock of a session. Its first trip locks, reads
and asks for the time; its second writes and commits.
"""

import contextlib
import json
import re
import secrets
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import ConfigurationError, LedgerError
from ..privacy import shown_url
from . import postgresql_statements as sql
from .postgresql_connection import connect
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

if TYPE_CHECKING:
    import psycopg

#: The lock of the ledger itself; those of leads are below it.
_LEDGER = 4096
#: Seconds to wait for sessions that have been closed: the server takes a moment to end them.
_ENDS = 1.0
#: SQLSTATE of what may pass: connection, rollback, resources, locks, shutdown; a session that hung.
_PASSES = ("08", "40", "53", "55", "57", "25P03")
#: What a server says that refuses a connection; psycopg has no SQLSTATE of it (3.3.9). In another
#: language it is taken for a server that is away, and said when the time is over.
_REFUSED = re.compile("authentication failed|does not exist|pg_hba.conf|permission|no password")
_RIGHTS = (
    ". Let the role create tables in the schema, or let someone else create them "
    "(nlpearl.ledger.postgresql_statements.SCHEMA) and grant it SELECT, INSERT, UPDATE and DELETE"
)
#: What to do, by SQLSTATE.
_ADVICE = {
    "42501": _RIGHTS,
    "3F000": _RIGHTS,  # no schema to create in
    "25006": ". It is a replica, or was made read-only; connect to the primary",
    "42P01": ". The tables were removed while in use; restore them",
}


class _MissingError(Exception):
    """The tables have not been made."""


@attrs.frozen
class _Work:
    """What a transaction has read, and what it is to write."""

    #: By time.monotonic.
    began: float
    records: list[tuple[Any, ...]]
    certain: list[tuple[Any, ...]]
    version: int
    salt: bytes
    base_url: str | None
    api_version: str | None
    known_server: str
    #: None: a replica.
    server: str | None
    seconds: float
    text: str
    statements: list[str] = attrs.field(factory=list[str])
    values: list[Any] = attrs.field(factory=list[Any])

    def reading(self) -> Reading:
        book = Book(map(Record._make, self.records), self.certain)
        return Reading(Now(self.known_server, self.seconds, self.text, self.began), book)

    def write(self, statement: str, *values: Any) -> None:
        self.statements.append(statement)
        self.values.extend(values)


class PostgreSQLStore:
    """The connection of one process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = f"ledger {shown_url(url)!r}"
        self._connection: psycopg.Connection[Any] | None = None
        self._salt: bytes | None = None
        self._base_url: str | None = None

    def exists(self) -> bool:
        try:
            with self._transaction([], accept=True, make=False):
                return True
        except _MissingError:
            return False

    def salt(self, api: API | None, *, binds: bool = True) -> bytes:
        with self._transaction([_LEDGER]) as work:
            if api is not None and binds and work.base_url is None:
                work.write(sql.BIND, *api)
        check_bound(self._name, (work.base_url, work.api_version), api)
        return work.salt

    @contextlib.contextmanager
    def transaction(self, keys: list[str], *, overview: bool = False) -> Generator[Reading]:
        locks = sorted({int(key[:3], 16) for key in keys})
        with self._transaction(locks, keys, sql.OVERVIEW if overview else "") as work:
            read = work.reading()
            yield read
            book = read.book
            if book.deleted:
                work.write(sql.DELETE, list(book.deleted))
            if book.written:
                records = [record._asdict() for record in book.written.values()]
                work.write(sql.WRITE, json.dumps(records))

    def accept(self) -> None:
        """Trust the database as it is, although it is another one: somebody has checked it."""
        with self._transaction([_LEDGER], accept=True) as work:
            work.write("UPDATE nlpearl_ledger SET server = %s;", work.server)

    def rebind(self, api: API, campaigns: Mapping[str, str]) -> None:
        """Bind the ledger to another API."""
        with self._transaction([_LEDGER], reading=sql.ALONE + sql.OVERVIEW) as work:
            check_campaigns(self._name, work.reading(), campaigns)
            work.write(sql.BIND, *api)
            work.write(sql.UNLIMITED + sql.RENAME, json.dumps({**campaigns}))

    def backup(self, path: Path) -> None:
        """LedgerError: a database is backed up by its own means."""
        raise self._error(f"use pg_dump, not {str(path)!r}: it is backed up with its database")

    @contextlib.contextmanager
    def dump(self) -> Generator[Dump]:
        with self._alone() as work:
            yield Dump(work.salt, (work.base_url, work.api_version), self._rows())

    def load(self, dump: Dump) -> int:
        with self._alone() as work:
            check_new(self._name, work.reading())
            assert self._connection is not None
            with self._connection.cursor() as cursor:
                with cursor.copy(sql.COPY.encode()) as copy:
                    for row in dump.rows:
                        copy.write_row(row)
                number = cursor.rowcount
            work.write(
                "UPDATE nlpearl_ledger SET salt = %s, base_url = %s, api_version = %s;",
                dump.salt,
                *dump.api,
            )
        return number

    @contextlib.contextmanager
    def _alone(self) -> Generator[_Work]:
        """A transaction that takes its time, while nobody else uses the ledger."""
        with self._transaction([_LEDGER], reading=sql.ALONE + sql.OVERVIEW) as work:
            self._execute(sql.UNLIMITED)
            until = time.monotonic() + _ENDS
            while (is_used := self._is_used()) and time.monotonic() < until:
                time.sleep(_ENDS / 20)
            check_alone(self._name, is_used=is_used)
            check_nothing_claimed(self._name, work.reading())
            yield work

    def _is_used(self) -> bool:
        _, [[others]] = self._execute(sql.OTHERS)
        return bool(others)

    def _rows(self) -> Generator[tuple[Any, ...]]:
        assert self._connection is not None
        with self._connection.cursor("nlpearl_dump") as cursor:
            cursor.execute(sql.ALL.encode())
            yield from cursor

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # One transaction

    @contextlib.contextmanager
    def _transaction(
        self,
        locks: list[int],
        keys: Sequence[str] = (),
        reading: str = "",
        *,
        accept: bool = False,
        make: bool = True,
    ) -> Generator[_Work]:
        try:
            import psycopg
        except ImportError as error:
            raise ConfigurationError(
                f"a PostgreSQL ledger needs psycopg ({error}). "
                "Run: pip install 'nlpearl-client[postgres]'"
            ) from None
        failure: Exception | None = None
        try:
            work = self._begin([locks, list(keys), list(keys)], reading, make)
            self._check(work, accept)
            yield work
            self._execute("".join(work.statements) + "COMMIT", work.values)
        except psycopg.Error as error:
            failure = self._translated(error)
        finally:
            self._leave()
        if failure is not None:  # not raised above: psycopg's frames know the password
            raise failure

    def _begin(self, values: list[Any], reading: str, make: bool) -> _Work:
        if self._connection is None:
            made = connect(self._url)
            if isinstance(made, str):  # not raised there, where a traceback would show the URL
                raise self._error(made)
            self._connection = made
        if self._salt is None:
            self._make(make)
        began = time.monotonic()
        statement = sql.BEGIN + sql.LOCK + sql.READ + reading + sql.HEAD
        _, records, *more, head = self._execute(statement, values)
        if not head:
            raise self._error("the row of nlpearl_ledger was removed; restore it")
        uncertain, certain = more or ([], [])
        return _Work(began, records + uncertain, certain, *head[0])

    def _make(self, make: bool) -> None:
        """Make the tables, unless they are there. Only at first: if they are gone later, people
        were forgotten."""
        [[[missing]]] = self._execute("SELECT to_regclass('nlpearl_leads') IS NULL")
        if missing and not make:
            raise _MissingError
        statement = sql.MAKE + (sql.SCHEMA if missing else "") + sql.FIRST
        self._execute(statement, (sql.VERSION, secrets.token_bytes(16)))

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> list[list[tuple[Any, ...]]]:
        """The rows of each SELECT among these statements."""
        assert self._connection is not None
        cursor = self._connection.execute(statement.encode(), values)
        found: list[list[tuple[Any, ...]]] = []
        more: bool | None = True
        while more:
            # Not told by `description`, which makes an object of each column.
            if (cursor.statusmessage or "").startswith("SELECT"):
                found.append(cursor.fetchall())
            more = cursor.nextset()
        return found

    def _leave(self) -> None:
        """Leave no transaction open; let go of a connection that is lost."""
        import psycopg

        connection = self._connection
        if connection is None or connection.info.transaction_status.name == "IDLE":
            return
        try:
            connection.rollback()
        except psycopg.Error:
            self.close()

    # What is wrong

    def _check(self, work: _Work, accept: bool) -> None:
        check_version(self._name, work.version, sql.VERSION)
        if work.server is None:
            raise self._error("the server is a read-only replica; connect to the primary")
        if work.server != work.known_server and not accept:
            raise self._error(
                "it is another database, or one that was restored or promoted, and may have "
                f"forgotten leads that were sent. It was {work.known_server}, and is {work.server}."
                " Check it, then trust it as it is: `Ledger.accept()`"
            )
        if self._salt not in (None, work.salt) or self._base_url not in (None, work.base_url):
            raise self._error(
                "its tables were replaced, or it was bound to another API, while in use; start "
                "this program again"
            )
        self._salt, self._base_url = work.salt, work.base_url

    def _error(self, said: str) -> LedgerError:
        return LedgerError(f"{self._name}: {said}")

    def _translated(self, error: "psycopg.Error") -> Exception:
        said, state = " ".join(str(error).split()), error.sqlstate or ""
        passes = state.startswith(_PASSES) if state else not _REFUSED.search(said)
        if passes and state != "53100":  # a full disk
            return StoreAwayError(f"{self._name}: {said}")
        return self._error(said + _ADVICE.get(state, ""))
