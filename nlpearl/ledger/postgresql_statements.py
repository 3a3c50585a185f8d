"""What the PostgreSQL store says to the database."""

from .records import Record

#: Raised whenever an older library could misread the tables.
VERSION = 1
#: For a role that may not create tables: what somebody else has to run once.
SCHEMA = """
CREATE TABLE IF NOT EXISTS nlpearl_ledger (
    version integer NOT NULL,
    salt bytea NOT NULL,       -- keeps the digests of one ledger from being compared with another's
    base_url text,             -- the API that it is bound to
    api_version text,
    server text NOT NULL,      -- the database: another one may have forgotten who was added
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
CREATE TABLE IF NOT EXISTS nlpearl_leads (
    id text PRIMARY KEY,
    campaign text NOT NULL,
    number text NOT NULL,      -- digest of the phone number
    external text,             -- digest of the external id
    external_id text,          -- as it was given, until the lead is added
    content text NOT NULL,     -- digests: external id, time zone, call data, as they were sent
    state text NOT NULL,       -- claimed (unknown, once the claim is over), added, unknown, free
    owner text,                -- the attempt that holds the claim
    process text,              -- and its process
    epoch text NOT NULL,       -- the server that `since` and `until` are times of
    since float8 NOT NULL,     -- seconds since 1970
    until float8 NOT NULL,
    doubt float8,              -- when the earliest send whose outcome is unknown began
    doubt_epoch text,
    lead_id text,              -- the platform's, if added
    sent text NOT NULL,        -- when it was last about to be sent, in UTC
    changed text NOT NULL      -- when the state became this, in UTC
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS nlpearl_leads_number ON nlpearl_leads (number);
CREATE INDEX IF NOT EXISTS nlpearl_leads_external ON nlpearl_leads (external);
"""

NAMES = ", ".join(Record._fields)
# The read has to see what was committed while the locks were waited for, so its snapshot is its
# own; the database may have another default. It may have synchronous_commit off as well, and a
# claim that a crash forgets is a second call. The last one ends us, with our locks, if we hang.
BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL synchronous_commit = on;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = '10s';
"""
# In one order for all. 4,096 locks at most, however many processes ask: a server has room for
# about 7,800 (64 for each of its connections, by default), for all of its databases together.
LOCK = """
SELECT pg_advisory_xact_lock('nlpearl_leads'::regclass::oid::int, lock)
FROM unnest(%s::int[]) AS lock;
"""
READ = f"""
SELECT {NAMES} FROM nlpearl_leads WHERE number = ANY(%s) OR external = ANY(%s);
"""
OVERVIEW = f"""
SELECT {NAMES} FROM nlpearl_leads WHERE state IN ('claimed', 'unknown');
SELECT campaign, state, count(*) FROM nlpearl_leads
WHERE state NOT IN ('claimed', 'unknown') GROUP BY campaign, state;
"""
# Which database it is: another cluster has another system identifier, a promoted replica and a
# backup that was restored to a point in time another timeline, a dump that was restored another
# database or table. A snapshot of the disk that was restored looks like a crash.
SERVER = """
CASE WHEN NOT pg_is_in_recovery() THEN format(
    'system %%s, timeline %%s, database %%s, table %%s',
    (SELECT system_identifier FROM pg_control_system()),
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    'nlpearl_leads'::regclass::oid
) END
"""
HEAD = f"""
SELECT version, salt, base_url, api_version, server, {SERVER},
       extract(epoch FROM clock_timestamp())::float8,
       to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"')
FROM nlpearl_ledger
"""
# Waits for all transactions that have read, and keeps others from reading.
ALONE = "LOCK TABLE nlpearl_leads IN ACCESS EXCLUSIVE MODE;"
RENAME = "UPDATE nlpearl_leads SET campaign = %s::jsonb ->> campaign;"
# Within a transaction the view shows what it showed first, unless that is cleared.
OTHERS = """
SELECT pg_stat_clear_snapshot();
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'nlpearl-ledger'
AND pid <> pg_backend_pid();
"""
UNLIMITED = """
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
"""
ALL = f"SELECT {NAMES} FROM nlpearl_leads"
COPY = f"COPY nlpearl_leads ({NAMES}) FROM STDIN"
BIND = "UPDATE nlpearl_ledger SET base_url = %s, api_version = %s;"
DELETE = "DELETE FROM nlpearl_leads WHERE id = ANY(%s);"
WRITE = f"""
INSERT INTO nlpearl_leads ({NAMES})
SELECT {NAMES} FROM jsonb_populate_recordset(NULL::nlpearl_leads, %s::jsonb)
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in Record._fields)};
"""
# CREATE TABLE IF NOT EXISTS is a race: two may find that there is none.
MAKE = f"{BEGIN}SELECT pg_advisory_xact_lock(5641234567890123);"
FIRST = f"""
INSERT INTO nlpearl_ledger (version, salt, server) SELECT %s, %s, {SERVER} ON CONFLICT DO NOTHING;
COMMIT
"""
