"""A connection of its own to the database of a PostgreSQL ledger."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

#: A network that is dead is noticed in ten seconds.
_OPTIONS = {
    "application_name": "nlpearl-ledger",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def connect(url: str) -> "psycopg.Connection[Any] | str":
    """Connect on our own: a claim within a caller's transaction would be neither durable nor seen
    by others. Or say what is wrong."""
    import psycopg

    options = _options(url)
    if options is None:
        return (
            "the URL cannot be read. It is postgresql://user:password@host:port/database; "
            "in the password write %40 for @, %3A for a colon, %2F for a slash, %25 for %"
        )
    connection = psycopg.connect(
        url,
        autocommit=True,
        cursor_factory=psycopg.ClientCursor,  # several statements on one trip
        prepare_threshold=None,
        **options,
    )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        return f"the encoding of the database is {encoding}; it must be UTF8"
    return connection


def _options(url: str) -> dict[str, Any] | None:
    """What is set unless the URL sets it. None: the URL does not mean what it seems to, since an @
    or a slash in a password makes a host or a database of a part of it."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        return None
    ports = str(given.get("port", "")).replace(",", "")
    if "@" in f"{given.get('host', '')}{given.get('dbname', '')}" or not (ports or "0").isdecimal():
        return None
    return {name: value for name, value in _OPTIONS.items() if name not in given}
