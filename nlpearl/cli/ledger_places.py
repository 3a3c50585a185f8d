"""Where a ledger is: a path, or the URL of a database, which is never shown with its password."""

import struct
from pathlib import Path

from ..ledger.ledger import SCHEMES
from ..ledger.sqlite_file import APPLICATION_ID
from ..privacy import shown_place
from .files.rows import FileError

#: The beginning of a SQLite file: application id and version are in its header.
_HEADER = 100


def check_place(where: str) -> str:
    """The place as it was given; FileError if no ledger can be there."""
    if "://" in where and not where.startswith(SCHEMES):
        raise FileError(
            f"{shown_place(where)} cannot be a ledger. Name a file, or a database: "
            "postgresql://user@host/database"
        )
    return where


def default_place(file: Path, campaign_id: str) -> str:
    """Beside a file of leads, one for all files of its folder. FileError if a ledger of another
    name is there, which knows whom earlier runs have added."""
    path = file.with_name(f"nlpearl-{campaign_id}.ledger")
    other = file.with_suffix(".ledger")
    if other == path or not other.exists():
        return str(path)
    if _is_new(other):
        raise FileError(
            f"{other} is there, but is not the default ledger any more. Use it: --ledger {other}. "
            f"Or give it the name of the default ledger: {path}"
        )
    raise FileError(
        f"{other} is a ledger of an earlier version, which cannot be used any more. The leads that "
        "it has would be added again: take out of the file whom the results of the earlier runs "
        f"call added. Then move {other} away, or delete it"
    )


def _is_new(path: Path) -> bool:
    """Whether it is a ledger that can be used."""
    try:
        # To close it drops SQLite's locks; this process has none on it yet.
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError:
        return False
    if len(header) < _HEADER:
        return False
    version, application = struct.unpack(">i4xi", header[60:72])
    return bool(application == APPLICATION_ID and version > 1)
