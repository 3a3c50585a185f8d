"""A ledger in PostgreSQL: many workers at once, and whatever may happen to the database.

The server is a real one (tools/postgres.py). What holds on SQLite as well is in test_stores.py.
"""

import asyncio
import contextlib
import json
import logging
import random
import re
import secrets
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from nlpearl import (
    AddedLead,
    AsyncNLPearl,
    ConfigurationError,
    InvalidArgumentError,
    LeadInProgressError,
    Ledger,
    LedgerError,
    NLPearl,
)
from nlpearl.leads.lead import Lead
from nlpearl.ledger import postgresql_statements
from nlpearl.ledger.claims import Claim, Unsettled, Verdict, key
from tools.postgres import PASSWORD
from tools.postgres import Server as Postgres

from .conftest import KEY, PHONE, Either
from .postgres import Database
from .servers import CAMPAIGN_ID, Request, Server, replying, response
from .test_stores import wait_until

API = ("https://api.example", "v1")
OTHER_API = ("https://other.example", "v1")

AREAS = "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228".split()


def number(position: int) -> str:
    """A phone number of nobody's: another one for each of 2,000 positions."""
    return f"+1{AREAS[position // 100]}55501{position % 100:02}"


def rows(count: int) -> list[dict[str, Any]]:
    return [{"phone_number": number(n), "external_id": str(n)} for n in range(count)]


def lead(position: int) -> Lead:
    return Lead(number(position), external_id=str(position))


def claim(
    ledger: Ledger, lead: Lead, owner: str | None = None, timeout: float = 30
) -> Future[Verdict]:
    owner = owner or secrets.token_hex(8)
    return ledger.claim(API, CAMPAIGN_ID, lead, owner, timeout, resend=False, same_number=False)


@contextlib.contextmanager
def ledgers(database: Database, count: int) -> Generator[list[Ledger]]:
    """So many ledgers, each with a connection of its own, as in as many processes."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(contextlib.closing(Ledger(database.url))) for _ in range(count)]
        for ledger in made:
            ledger.ready(API).result(30)
        yield made


@contextlib.contextmanager
def holding(database: Database, statement: str) -> Generator[None]:
    """A transaction of somebody else's, that has done this and is not over."""
    with psycopg.connect(database.url) as connection:
        connection.execute(statement.encode())
        yield


LOCK = "SELECT pg_advisory_xact_lock('nlpearl_leads'::regclass::oid::int, {})"
#: The locks of all leads, and the ledger's own.
ALL_LOCKS = LOCK.format("lock") + " FROM generate_series(0, 4095) AS lock"
OWN_LOCK = LOCK.format(4096)


@contextlib.contextmanager
def setting(database: Database, assignment: str) -> Generator[None]:
    """A setting of the whole server, for a while."""
    database(f"ALTER SYSTEM SET {assignment}")
    database("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        database("ALTER SYSTEM RESET ALL")
        database("SELECT pg_reload_conf()")


@contextlib.contextmanager
def commits_hang(database: Database) -> Generator[None]:
    """Each commit waits for a replica that there is not."""
    hang = threading.Event()

    def probe() -> None:
        url = f"{database.url}?application_name=probe"
        with psycopg.connect(url, autocommit=True) as connection:
            while not hang.is_set():
                connection.execute("SELECT pg_logical_emit_message(true, 'probe', '')")

    with (
        ThreadPoolExecutor() as threads,
        setting(database, "synchronous_standby_names = 'nobody'"),
    ):
        threads.submit(probe)
        wait_for_commit(database, "probe")  # the server's processes get to know it by and by
        hang.set()
        yield


def wait_for_commit(database: Database, name: str = "nlpearl-ledger") -> None:
    """Until a commit is under way."""
    statement = """
    SELECT 1 FROM pg_stat_activity
    WHERE wait_event = 'SyncRep' AND datname = %s AND application_name = %s
    """
    wait_until(lambda: database(statement, database.name, name))


def wait_for_waiters(database: Database, count: int) -> None:
    """Until so many of the ledgers' connections wait for a lock."""
    statement = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'nlpearl-ledger' AND wait_event_type = 'Lock' AND datname = %s
    """
    wait_until(lambda: database(statement, database.name) == [(count,)])


def lead_id(external_id: object) -> str:
    return f"{int(str(external_id)):024x}"


def own_id(request: Request) -> bytes:
    """The server's response: a lead id that belongs to the external id."""
    return response(body=json.dumps({"leadId": lead_id(request.json["externalId"])}).encode())


def sent(server: Server) -> Counter[str]:
    """How often each lead was added, by the server's count."""
    return Counter(str(request.json["externalId"]) for request in server.requests)


def once(count: int) -> Counter[str]:
    return Counter(str(n) for n in range(count))


# Many workers


def test_many_threads_add_nobody_twice(postgres: Database) -> None:
    people = rows(40)
    with (
        Server(replying(own_id)) as server,
        NLPearl(KEY, base_url=server.url, ledger=postgres.url) as client,
        ThreadPoolExecutor(16) as threads,
    ):

        def add(row: dict[str, Any]) -> tuple[str, AddedLead]:
            return row["external_id"], client.add_lead(CAMPAIGN_ID, **row)

        tasks = people * 3
        random.shuffle(tasks)
        ends = list(threads.map(add, tasks))
    assert sent(server) == once(40)
    assert all(added.lead_id == lead_id(external_id) for external_id, added in ends)
    assert sum(not added.earlier for _, added in ends) == 40
    assert postgres.states() == {"added": 40}


WORKER = f"""
import json, random, sys
from concurrent.futures import ThreadPoolExecutor
from nlpearl import AddedLead, NLPearl, NLPearlError

url, ledger, tasks = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
random.shuffle(tasks)
with NLPearl({KEY!r}, base_url=url, ledger=ledger) as client, ThreadPoolExecutor(4) as threads:
    def add(row):
        try:
            return client.add_lead({CAMPAIGN_ID!r}, **row).lead_id
        except NLPearlError as error:
            return repr(error)
    ends = list(threads.map(add, tasks))
print(json.dumps([[row["external_id"], end] for row, end in zip(tasks, ends)]))
"""


@pytest.mark.slow
def test_several_processes_add_nobody_twice(postgres: Database) -> None:
    people = rows(40)
    with Server(replying(own_id)) as server:
        command = [sys.executable, "-c", WORKER, server.url, postgres.url, json.dumps(people)]
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
        said = [worker.communicate(timeout=60)[0] for worker in workers]
    assert sent(server) == once(40)
    for ends in said:
        assert {*map(tuple, json.loads(ends))} == {(str(n), lead_id(n)) for n in range(40)}


def test_batches_in_opposite_orders_do_not_deadlock(postgres: Database) -> None:
    with ledgers(postgres, 2) as (one, other):
        [[salt]] = postgres("SELECT salt FROM nlpearl_ledger")
        middle = int(key(salt, "number", number(20))[:3], 16)
        with holding(postgres, LOCK.format(middle)):
            with holding(postgres, OWN_LOCK):
                # What comes while the first question is waited for is one batch.
                one.ready(OTHER_API)
                other.ready(OTHER_API)
                wait_for_waiters(postgres, 2)
                claims = [claim(one, lead(n)) for n in range(40)]
                claims += [claim(other, lead(n)) for n in reversed(range(40))]
            wait_for_waiters(postgres, 2)
        won = [each.result(30) for each in claims]
    assert sum(isinstance(each, Claim) for each in won) == 40
    assert "deadlock detected" not in postgres.server.log.read_text()


@pytest.mark.slow
def test_twenty_processes_with_full_batches_leave_room_in_the_lock_table(
    postgres: Database,
) -> None:
    with ledgers(postgres, 20) as all_:
        postgres("SELECT 1")
        advisory = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        with holding(postgres, "LOCK TABLE nlpearl_leads IN SHARE MODE"):
            with holding(postgres, OWN_LOCK):
                # What comes while the first question is waited for is one batch.
                for ledger in all_:
                    ledger.ready(OTHER_API)
                wait_for_waiters(postgres, 20)
                claims = [claim(all_[n % 20], lead(n)) for n in range(2000)]
            # They hold their locks for as long as they cannot write.
            wait_until(lambda: postgres(advisory)[0][0] > 200)
            wait_for_waiters(postgres, 20)
            [[held]] = postgres(advisory)
        won = [each.result(60) for each in claims]
    assert all(isinstance(each, Claim) for each in won)
    assert held <= 4096
    assert "out of shared memory" not in postgres.server.log.read_text()


def test_looking_at_everything_locks_what_else_is_asked(postgres: Database) -> None:
    """Both may be in one batch."""
    with ledgers(postgres, 1) as [ledger], ThreadPoolExecutor() as threads:
        with holding(postgres, ALL_LOCKS):
            with holding(postgres, OWN_LOCK):
                ledger.ready(OTHER_API)
                wait_for_waiters(postgres, 1)
                looking = threads.submit(ledger.counts)
                wait_until(looking.running)
                claiming = claim(ledger, lead(0))
            wait_for_waiters(postgres, 1)
        assert isinstance(claiming.result(30), Claim)
        looking.result(30)


# A database that is away


def test_a_server_that_is_away_at_first_is_waited_for(postgres: Database) -> None:
    postgres.server.stop()
    with (
        Server(replying(own_id)) as server,
        NLPearl(KEY, base_url=server.url, ledger=postgres.url) as client,
        ThreadPoolExecutor() as threads,
    ):
        adding = threads.submit(client.add_lead, CAMPAIGN_ID, PHONE, external_id="0")
        with pytest.raises(TimeoutError):
            adding.result(0.5)
        postgres.server.start()
        assert not adding.result(30).earlier
    assert sent(server) == once(1)


def test_a_server_that_stays_away_is_a_ledger_error_in_time(postgres: Database) -> None:
    postgres.server.stop()
    client = NLPearl(KEY, base_url="http://127.0.0.1:1", ledger=postgres.url, timeout=0.5)
    with client:
        began = time.monotonic()
        with pytest.raises(LedgerError, match="Connection refused") as raised:
            client.add_lead(CAMPAIGN_ID, PHONE)
    assert time.monotonic() - began < 10
    assert raised.value.retryable


@pytest.mark.parametrize("how", ["fast", pytest.param("immediate", marks=pytest.mark.slow)])
def test_a_restart_during_an_import_is_waited_for(
    either: Either, postgres: Database, how: str
) -> None:
    restarts = iter([40, 80])
    at = [next(restarts)]

    def reply(request: Request) -> bytes:
        with server.lock:
            restart = bool(at) and len(server.requests) >= at[0]
            at[:] = [next(restarts, 10_000)] if restart else at
        if restart:
            postgres.server.restart(how)
        return own_id(request)

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(120), ledger=postgres.url)
    assert error is None
    assert {result.lead_id for result in results} == {lead_id(n) for n in range(120)}
    assert sent(server) == once(120)
    assert postgres.states() == {"added": 120}


def test_connections_that_are_ended_during_an_import(either: Either, postgres: Database) -> None:
    ended: list[int] = []

    def reply(request: Request) -> bytes:
        if len(server.requests) % 10 == 0:
            ended.append(postgres.terminate())
        return own_id(request)

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(100), ledger=postgres.url)
    assert error is None
    assert all(result.added for result in results)
    assert sent(server) == once(100)
    assert sum(ended) >= 5


def test_a_connection_that_is_ended_during_a_commit(postgres: Database) -> None:
    """Nobody knows whether it was done; the owner's token makes asking again the same."""
    with ledgers(postgres, 2) as (one, other), commits_hang(postgres):
        claiming = claim(one, lead(0))
        wait_for_commit(postgres)
        assert postgres.terminate() == 2
        claimed = claiming.result(30)
        assert isinstance(claimed, Claim)
        assert isinstance(claim(other, lead(0)).result(30), LeadInProgressError)
        recording = one.finish(API, claimed, AddedLead("lead-id", lead(0)))
        wait_for_commit(postgres)
        postgres.terminate()
        recording.result(30)
        again = claim(other, lead(0)).result(30)
    assert isinstance(again, AddedLead)
    assert again.lead_id == "lead-id"
    assert postgres.states() == {"added": 1}


def test_a_statement_that_is_cancelled_is_repeated(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger]:
        with holding(postgres, ALL_LOCKS):
            claiming = claim(ledger, lead(0))
            wait_for_waiters(postgres, 1)
            [pid] = postgres.sessions()
            postgres("SELECT pg_cancel_backend(%s)", pid)
        assert isinstance(claiming.result(30), Claim)
        assert postgres.sessions() == [pid], "the connection is as good as before"


def test_a_session_that_is_about_to_end_is_waited_for(postgres: Database, tmp_path: Path) -> None:
    """As that of a client that has just been closed."""
    with ledgers(postgres, 1) as [ledger]:
        ledger.counts()
    with psycopg.connect(postgres.url, application_name="nlpearl-ledger") as other:
        ending = threading.Timer(0.2, other.close)
        ending.start()
        assert Ledger(postgres.url).copy_to(Ledger(tmp_path / "copy.ledger")) == 0
        ending.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("nlpearl.ledger.ledger", "nlpearl.calls.claiming"):
        monkeypatch.setattr(f"{module}.PATIENCE", 0.2)
        monkeypatch.setattr(f"{module}.HANGS", 0.2)


def test_a_commit_that_hangs_is_told_in_time_and_its_claim_is_given_back(
    either: Either, postgres: Database, impatient: None
) -> None:
    ledger = Ledger(postgres.url)
    client: dict[str, Any] = {"ledger": ledger}
    with Server(replying(own_id)) as server:
        ledger.ready((server.url, "v1")).result(30)
        with commits_hang(postgres):
            [told] = either.add_all(server.url, rows(1), client={**client, "timeout": 0.5})
            assert isinstance(told, LedgerError)
            assert "does not respond" in str(told)
            ledger.close()
        wait_until(lambda: postgres.states() == {"free": 1})
        [added] = either.add_all(server.url, rows(1), client=client)
        assert isinstance(added, AddedLead)
        ledger.close()
    assert sent(server) == once(1)


def test_a_lead_that_was_added_while_the_database_hangs(
    either: Either, postgres: Database, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as hanging:

        def reply(request: Request) -> bytes:
            hanging.enter_context(commits_hang(postgres))
            return own_id(request)

        with Server(replying(reply)) as server:
            [added] = either.add_all(server.url, rows(1), client={"ledger": postgres.url})
    assert isinstance(added, AddedLead)
    assert not added.recorded
    assert "the ledger could not record it" in caplog.text
    wait_until(lambda: postgres.states() == {"added": 1})


# What a database may be set to


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_another_isolation_does_not_matter(postgres: Database, isolation: str) -> None:
    """Its snapshot would be older than the locks: two would claim one lead."""
    postgres(f"ALTER DATABASE {postgres.name} SET default_transaction_isolation = '{isolation}'")
    with ledgers(postgres, 2) as (one, other):
        with holding(postgres, ALL_LOCKS):
            claims = [claim(one, lead(0)), claim(other, lead(0))]
            wait_for_waiters(postgres, 2)
        kinds = [type(each.result(30)) for each in claims]
    assert {*kinds} == {Claim, LeadInProgressError}


@pytest.mark.parametrize("whose", ["DATABASE {name}", "ROLE postgres"])
@pytest.mark.slow
def test_a_claim_survives_a_crash_with_any_synchronous_commit(
    postgres: Database, whose: str
) -> None:
    whose = whose.format(name=postgres.name)
    with setting(postgres, "wal_writer_delay = '10s'"):
        postgres(f"ALTER {whose} SET synchronous_commit = off")
        try:
            with ledgers(postgres, 1) as [ledger]:
                assert isinstance(claim(ledger, lead(0)).result(30), Claim)
                postgres.server.restart("immediate")
                assert postgres.states() == {"claimed": 1}
        finally:
            postgres(f"ALTER {whose} RESET synchronous_commit")


def test_each_transaction_brings_all_that_it_needs(postgres: Database) -> None:
    """A pooler may give each another connection."""
    postgres(f"ALTER DATABASE {postgres.name} SET log_statement = 'all'")
    with ledgers(postgres, 1) as [ledger]:
        for n in range(12):  # psycopg would prepare a statement that was executed five times
            claim(ledger, lead(n)).result(30)
        ledger.counts()
    entries = re.split(r"^2\d{3}-.* nlpearl-ledger@", postgres.server.log.read_text(), flags=re.M)
    log = [each.partition(" LOG:  ") for each in entries if each.startswith(postgres.name)]
    # A prepared statement is logged as "parse", "bind" and "execute".
    assert {entry.partition(":")[0] for _, _, entry in log} == {"statement"}
    looks, makes, *statements = (entry.partition(":")[2].strip() for _, _, entry in log)
    assert looks.startswith("SELECT to_regclass")
    assert makes.startswith("BEGIN")
    assert makes.endswith("COMMIT")
    for begin, commit in zip(statements[::2], statements[1::2], strict=True):
        assert begin.startswith("BEGIN")
        assert begin.count("SET ") == begin.count("SET LOCAL ") == 4
        assert commit.endswith("COMMIT")


def test_a_transaction_of_the_callers_is_not_ours(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger], psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE orders ()")
        assert isinstance(claim(ledger, lead(0)).result(30), Claim)
        assert postgres.states() == {"claimed": 1}
        connection.rollback()
    assert postgres.states() == {"claimed": 1}


def test_the_encoding_must_be_utf8(postgres: Database) -> None:
    postgres("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    try:
        with pytest.raises(LedgerError, match="LATIN1; it must be UTF8"):
            Ledger(postgres.url.replace(postgres.name, "latin")).counts()
    finally:
        postgres("DROP DATABASE latin WITH (FORCE)")


def test_a_url_may_set_what_we_set(postgres: Database) -> None:
    with contextlib.closing(Ledger(f"{postgres.url}?application_name=ours")) as ledger:
        ledger.counts()
        assert postgres("SELECT 1 FROM pg_stat_activity WHERE application_name = 'ours'")


def test_a_server_without_a_free_connection_is_waited_for(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.ledger.ledger.PATIENCE", 0.2)
    monkeypatch.setattr("nlpearl.ledger.ledger.HANGS", 60.0)  # connecting may take its time
    url = postgres.role("ALL ON SCHEMA public")
    role = urlsplit(url).username
    postgres(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    with contextlib.closing(Ledger(url)) as ledger:
        with pytest.raises(LedgerError, match="too many connections for role"):
            ledger.counts()
        claiming = claim(ledger, lead(0))
        postgres(f"ALTER ROLE {role} CONNECTION LIMIT 1")
        assert isinstance(claiming.result(30), Claim)


# Clocks


def test_the_clock_is_the_databases(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledgers(postgres, 1) as [ledger]:
        monkeypatch.setattr(time, "time", lambda: 0.0)
        claimed = claim(ledger, lead(0), timeout=20).result(30)
    assert isinstance(claimed, Claim)
    [[now]] = postgres("SELECT extract(epoch FROM clock_timestamp())::float8")
    assert now - 60 < claimed.record.since < now
    assert claimed.record.until == claimed.record.since + 30


@pytest.mark.parametrize(
    "change", ["since = since - 60, until = until - 60", "since = since + 60", "epoch = 'another'"]
)
def test_a_claim_that_is_over_is_unknown(postgres: Database, change: str) -> None:
    """Its deadline is past, or the clock cannot be trusted."""
    with ledgers(postgres, 1) as [ledger]:
        claim(ledger, lead(0)).result(30)
        postgres(f"UPDATE nlpearl_leads SET {change}")
        unsettled = claim(ledger, lead(0)).result(30)
        assert isinstance(unsettled, Unsettled)
        assert (unsettled.age is not None) == change.endswith("- 60"), "else nothing is proven"


# Rights


def test_an_ordinary_role_may_use_it_once_somebody_has_made_the_tables(
    postgres: Database,
) -> None:
    url = postgres.role()
    with pytest.raises(LedgerError, match=r"permission denied for schema public.*SCHEMA"):
        Ledger(url).counts()
    postgres(postgresql_statements.SCHEMA)
    with pytest.raises(LedgerError, match=r"permission denied for table.*SELECT, INSERT, UPDATE"):
        Ledger(url).counts()
    rights = "SELECT, INSERT, UPDATE, DELETE ON nlpearl_ledger, nlpearl_leads"
    with Server(replying(own_id)) as server:
        client = NLPearl(KEY, base_url=server.url, ledger=postgres.role(rights))
        with client:
            added = [client.add_lead(CAMPAIGN_ID, **rows(1)[0]) for _ in range(2)]
    assert [each.earlier for each in added] == [False, True]


def test_a_role_that_may_only_read_sends_nobody(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger]:
        ledger.counts()
    url = postgres.role("SELECT ON nlpearl_ledger, nlpearl_leads")
    with (
        Server(replying(own_id)) as server,
        NLPearl(KEY, base_url=server.url, ledger=url) as client,
    ):
        with pytest.raises(LedgerError, match="permission denied"):
            client.add_lead(CAMPAIGN_ID, PHONE)
        with pytest.raises(LedgerError, match="permission denied"):
            list(client.add_leads(CAMPAIGN_ID, rows(1)))
    assert not server.requests


def test_a_role_that_may_not_ask_which_server_it_is(postgres: Database) -> None:
    url = postgres.role("ALL ON SCHEMA public")
    postgres("REVOKE EXECUTE ON FUNCTION pg_control_system FROM PUBLIC")
    with pytest.raises(LedgerError, match="denied for function pg_control_system"):
        Ledger(url).counts()


def test_a_database_that_was_made_read_only(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger]:
        postgres(f"ALTER DATABASE {postgres.name} SET default_transaction_read_only = on")
        postgres.terminate()
        with pytest.raises(LedgerError, match="made read-only; connect to the primary"):
            claim(ledger, lead(0)).result(30)


# Another database


def test_a_replica_is_refused_and_once_promoted_has_to_be_accepted(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger]:
        assert isinstance(claim(ledger, lead(0)).result(30), Claim)
    with Postgres(copy_of=postgres.server) as replica:
        url = postgres.url_of(replica)
        wait_until(lambda: postgres("SELECT to_regclass('nlpearl_leads')", on=url) != [(None,)])
        with contextlib.closing(Ledger(url)) as ledger:
            with pytest.raises(LedgerError, match="replica"):
                claim(ledger, lead(1)).result(30)
            both = postgres.url.replace("/ledger_", f",127.0.0.1:{replica.port}/ledger_")
            with contextlib.closing(Ledger(both)) as other:
                assert isinstance(claim(other, lead(1)).result(30), Claim)
                postgres.server.stop()
                with pytest.raises(LedgerError, match="read-only replica"):
                    claim(other, lead(2)).result(30)
            replica.promote()
            wait_until(lambda: postgres("SELECT pg_is_in_recovery()", on=url) == [(False,)])
            with pytest.raises(LedgerError, match=r"timeline 1, .* is .* timeline 2.*accept"):
                claim(ledger, lead(2)).result(30)
            ledger.accept()
            assert isinstance(claim(ledger, lead(2)).result(30), Claim)
            assert isinstance(claim(ledger, lead(0)).result(30), Unsettled), "of another clock"


def test_a_copy_has_to_be_accepted(postgres: Database) -> None:
    with ledgers(postgres, 1) as [ledger]:
        claim(ledger, lead(0)).result(30)
    copy = Database(postgres.server)
    postgres(f"CREATE DATABASE {copy.name} TEMPLATE {postgres.name}", on=postgres.server.url)
    try:
        with contextlib.closing(Ledger(copy.url)) as ledger:
            with pytest.raises(LedgerError, match="another database, or one that was restored"):
                ledger.counts()
            ledger.accept()
            assert ledger.counts() == {CAMPAIGN_ID: Counter(unknown=1)}
    finally:
        copy.drop()


def test_a_table_that_was_restored_has_to_be_accepted(postgres: Database) -> None:
    """In use as well: pg_restore makes another table of this name."""
    with ledgers(postgres, 1) as [ledger]:
        claim(ledger, lead(0)).result(30)
        postgres("""
            ALTER TABLE nlpearl_leads RENAME TO old;
            CREATE TABLE nlpearl_leads (LIKE old INCLUDING ALL);
            INSERT INTO nlpearl_leads SELECT * FROM old;
        """)
        with pytest.raises(LedgerError, match="restored"):
            claim(ledger, lead(0)).result(30)


def test_a_client_of_a_ledger_that_was_rebound_sends_nothing_more(postgres: Database) -> None:
    with ledgers(postgres, 2) as (one, other):
        added = AddedLead("lead-id", lead(0))
        claimed = claim(one, lead(0)).result(30)
        assert isinstance(claimed, Claim)
        one.finish(API, claimed, added).result(30)
        one.rebind("https://other.example", "v1", {CAMPAIGN_ID: "67d42f167f3c392c6d7a2d99"})
        with pytest.raises(LedgerError, match="bound to another API, while in use"):
            claim(other, lead(0)).result(30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE nlpearl_leads", "were removed while in use; restore them"),
        ("DROP TABLE nlpearl_ledger", "were removed while in use; restore them"),
        ("DELETE FROM nlpearl_ledger", "the row of nlpearl_ledger was removed"),
        ("UPDATE nlpearl_ledger SET salt = 'another'", "replaced, .* while in use"),
        ("UPDATE nlpearl_ledger SET version = 2", "Update nlpearl-client"),
    ],
)
def test_tables_that_change_while_in_use(postgres: Database, change: str, said: str) -> None:
    with ledgers(postgres, 1) as [ledger]:
        claim(ledger, lead(0)).result(30)
        postgres(change)
        with pytest.raises(LedgerError, match=said):
            claim(ledger, lead(0)).result(30)


# Errors, and no password


def text_of(error: BaseException) -> str:
    """All that an error shows, with the locals of every frame of ours."""
    said = [repr(error), str(error), repr(vars(error)), *getattr(error, "__notes__", [])]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if Path(frame.f_code.co_filename).parent != Path(__file__).parent:
            said.append(repr(frame.f_locals))
    said += [text_of(each) for each in (error.__cause__, error.__context__) if each]
    return " ".join(said)


SECRET = "hush4711"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://postgres:{0}@127.0.0.1:{port}/{name}", "password authentication failed"),
        (
            "postgresql://postgres:{password}@127.0.0.1:{port}/wrong",
            'database "wrong" does not exist',
        ),
        ("postgresql://nobody:{0}@127.0.0.1:{port}/{name}", "password authentication failed"),
        ("postgresql://postgres:{0}@nowhere.invalid/{name}", "nowhere.invalid"),
        ("postgresql://postgres:{0}@127.0.0.1:1/{name}", "Connection refused"),
        ("postgresql://postgres@127.0.0.1:{port}/{name}?password={0}", "authentication failed"),
        ("postgresql://postgres@127.0.0.1:{port}/{name}", "no password supplied"),
        ("postgresql://postgres:x@{0}@127.0.0.1:{port}/{name}", "URL cannot be read"),
        ("postgresql://postgres:x/{0}@127.0.0.1:{port}/{name}", "URL cannot be read"),
        ("postgresql://postgres:1/{0}@127.0.0.1:{port}/{name}", "URL cannot be read"),
        ("postgresql://postgres:{0}%@127.0.0.1:{port}/{name}", "URL cannot be read"),
        ("postgresql://postgres:{0}/{name}", "URL cannot be read"),
        ("postgresql://postgres:x?{0}@127.0.0.1:{port}/{name}", "authentication failed"),
        ("postgresql://postgres:{0}@[127.0.0.1/{name}", "URL cannot be read"),
        ("postgresql://127.0.0.1/{name}?pass={0}", "URL cannot be read"),
        ("mysql://root:{0}@127.0.0.1/{name}", "must be a path, or postgresql://"),
    ],
)
def test_no_error_shows_a_password(
    postgres: Database,
    url: str,
    said: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("nlpearl.ledger.ledger.PATIENCE", 0.1)
    for module in ("nlpearl.ledger.ledger", "nlpearl.calls.claiming"):
        monkeypatch.setattr(f"{module}.HANGS", 60.0)  # connecting may take its time
    port, name = postgres.server.port, postgres.name
    url = url.format(SECRET, port=port, name=name, password=PASSWORD)
    tries: list[Callable[[], object]] = [
        lambda: Ledger(url).counts(),
        lambda: Ledger(url).accept(),
        lambda: NLPearl(KEY, ledger=url, timeout=0.1).add_lead(CAMPAIGN_ID, PHONE),
        lambda: list(NLPearl(KEY, ledger=url).add_leads(CAMPAIGN_ID, rows(1))),
        lambda: list(NLPearl(KEY).add_leads(CAMPAIGN_ID, rows(1), ledger=url)),
        lambda: asyncio.run(add_async(url)),
    ]
    for use in tries:
        with pytest.raises((LedgerError, InvalidArgumentError), match=said) as raised:
            use()
        shown = text_of(raised.value)
        assert SECRET not in shown
        assert PASSWORD not in shown
    wrong: list[Callable[[], object]] = [
        lambda: NLPearl(KEY, ledger=url, timeout=-1),
        lambda: AsyncNLPearl(KEY, ledger=url, timeout=-1),
        lambda: NLPearl(KEY).add_leads(CAMPAIGN_ID, rows(1), ledger=url, concurrency=-1),
        lambda: AsyncNLPearl(KEY).add_leads(CAMPAIGN_ID, rows(1), ledger=url, concurrency=-1),
    ]
    for use in wrong:
        with pytest.raises(InvalidArgumentError) as raised:
            use()
        assert SECRET not in text_of(raised.value)
    assert SECRET not in repr(Ledger(url)) + repr(NLPearl(KEY, ledger=url))
    assert SECRET not in caplog.text
    assert PASSWORD not in caplog.text


async def add_async(url: str) -> AddedLead:
    async with AsyncNLPearl(KEY, ledger=url, timeout=0.1) as client:
        return await client.add_lead(CAMPAIGN_ID, PHONE)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:pass@db.example:5432/leads?sslmode=require", "db.example:5432/leads"),
        ("postgresql://one:5432,two:5433/leads", "one:5432,two:5433/leads"),
        ("postgresql://user@[::1]:5432/leads", "[::1]:5432/leads"),
        ("postgresql:///leads?host=/run", "/leads"),
        ("postgresql://user:pa@ss@db/leads", "db/leads"),
        ("postgresql://user:pa#ss@db/leads", "db/leads"),
        ("postgresql://user:pa/ss@db/leads", "db/leads"),
        ("postgresql://user:pa?ss@db/leads", "…"),
        ("postgresql://db/leads?user=me@here&password=hush", "…"),
        ("postgresql://db/leads?password=pa@hush", "…"),
        ("postgresql://user:hush", "…"),
    ],
)
def test_a_url_is_shown_without_what_may_be_a_password(url: str, shown: str) -> None:
    assert repr(Ledger(url)) == f"Ledger('postgresql://{shown}')"


def test_any_password_can_be_quoted(postgres: Database) -> None:
    url = postgres.role("ALL ON SCHEMA public", password="p@:/%?#[ä&=")
    with contextlib.closing(Ledger(url)) as ledger:
        assert ledger.counts() == {}


def test_a_missing_psycopg_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    client = NLPearl(KEY, ledger="postgresql://localhost/leads")
    with pytest.raises(ConfigurationError, match=r"pip install 'nlpearl-client\[postgres\]'"):
        client.add_lead(CAMPAIGN_ID, PHONE)
    with pytest.raises(ConfigurationError, match="needs psycopg"):
        list(client.add_leads(CAMPAIGN_ID, rows(2)))


# Processes and event loops

FORKING = f"""
import os, sys
from nlpearl import NLPearl

url, ledger = sys.argv[1:]
client = NLPearl({KEY!r}, base_url=url, ledger=ledger)

def add(n):
    return client.add_lead({CAMPAIGN_ID!r}, f"+1201555010{{n}}", external_id=str(n)).earlier

def show(*what):
    print(*what, flush=True)
    sys.stdin.readline()

show(add(0))
child = os.fork()
if child == 0:
    show(add(0), add(1))
    sys.exit()
_, status = os.waitpid(child, 0)
show(status, add(1), add(2))
client.close()
"""


def test_a_forked_child_has_a_connection_of_its_own(postgres: Database) -> None:
    with Server(replying(own_id)) as server:
        command = [sys.executable, "-W", "error::ResourceWarning", "-c", FORKING]
        with subprocess.Popen(
            [*command, server.url, postgres.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            seen: list[tuple[str, set[int]]] = []
            for _ in range(3):
                seen.append((process.stdout.readline().strip(), {*postgres.sessions()}))
                process.stdin.write("\n")
                process.stdin.flush()
            _, errors = process.communicate(timeout=30)
    [(before, parent), (amid, both), (after, left)] = seen
    assert (before, amid, after) == ("False", "True False", "0 True False")
    assert len(both) == 2
    assert parent == left < both
    assert "psycopg" not in errors, "a connection is not left to the garbage collector"
    assert sent(server) == once(3)


def test_the_event_loop_never_waits_for_the_database(postgres: Database) -> None:
    Ledger(postgres.url).counts()  # makes the tables
    pause, gaps = 2.0, list[float]()

    async def tick() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - began)

    async def play(url: str) -> list[AddedLead]:
        async with AsyncNLPearl(KEY, base_url=url, ledger=postgres.url) as client:
            ticking = asyncio.create_task(tick())
            added = [await client.add_lead(CAMPAIGN_ID, **rows(1)[0])]
            run = client.add_leads(CAMPAIGN_ID, rows(30))
            added += [result.added async for result in run if result.added]
            ticking.cancel()
            return added

    with Server(replying(own_id)) as server, contextlib.ExitStack() as stack:
        stack.enter_context(holding(postgres, "LOCK TABLE nlpearl_leads"))
        timer = threading.Timer(pause, stack.close)
        timer.start()
        began = time.monotonic()
        added = asyncio.run(play(server.url))
        assert time.monotonic() - began > pause
        timer.join()
    assert len(added) == 31
    assert sent(server) == once(30)
    assert max(gaps) < pause / 2


def test_a_database_is_backed_up_by_its_own_means(postgres: Database, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="pg_dump"):
        Ledger(postgres.url).backup(tmp_path / "backup")
    assert not list(tmp_path.iterdir())
