"""A real PostgreSQL server for the tests that need one: one for each worker of pytest, a database
for each test."""

import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from tools.postgres import MISSING, Server, programs

#: Read here, since each test removes such variables.
WITHOUT = os.environ.get("NLPEARL_WITHOUT_POSTGRES") == "1"


class Database:
    """A fresh database of a running server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"ledger_{secrets.token_hex(4)}"
        self.url = self.url_of(server)
        self._roles: list[str] = []

    def url_of(self, server: Server, user: str | None = None, password: str | None = None) -> str:
        """The URL of this database on a server, for another role."""
        parts = urlsplit(server.url)
        user, password = user or parts.username or "", password or parts.password or ""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{server.port}/{self.name}"

    def __call__(self, statement: str, *values: Any, on: str | None = None) -> list[Any]:
        """The rows of a statement; `on`: in another database."""
        with psycopg.connect(on or self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def role(self, *rights: str, password: str = "a password of a role") -> str:
        """The URL of a new role that has only these rights."""
        name = f"role_{secrets.token_hex(4)}"
        self(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        self._roles.append(name)
        for right in rights:
            self(f"GRANT {right} TO {name}")
        return self.url_of(self.server, name, password)

    def sessions(self) -> list[int]:
        """The process ids of the ledgers' connections."""
        found = self(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s",
            self.name,
            "nlpearl-ledger",
        )
        return [pid for [pid] in found]

    def terminate(self) -> int:
        """End the ledgers' connections; how many there were."""
        pids = self.sessions()
        self("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", pids)
        return len(pids)

    def states(self) -> dict[str, int]:
        """The number of records by state."""
        return dict(self("SELECT state, count(*) FROM nlpearl_leads GROUP BY state"))

    def drop(self) -> None:
        self.server.start()
        for role in self._roles:
            self(f"DROP OWNED BY {role}; DROP ROLE {role}")
        self(f"DROP DATABASE {self.name} WITH (FORCE)", on=self.server.url)


@pytest.fixture(scope="session")
def postgres_server() -> Generator[Server]:
    if WITHOUT:
        pytest.skip("NLPEARL_WITHOUT_POSTGRES=1")
    if programs() is None:
        pytest.fail(MISSING)
    # The machine does not crash in a test; a crash of the server alone loses nothing for that.
    with Server("fsync=off", "log_line_prefix=%m [%p] %a@%d ") as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Generator[Database]:
    """A fresh database. A test may stop the server; the next one finds it running."""
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    postgres_server.start()
    database = Database(postgres_server)
    database(f"CREATE DATABASE {database.name}", on=postgres_server.url)
    yield database
    database.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger may be, for what holds on every store."""
    if request.param == "sqlite":
        return str(tmp_path / "leads.ledger")
    database: Database = request.getfixturevalue("postgres")
    return database.url
