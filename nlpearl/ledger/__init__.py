"""The ledger: which leads were sent, on disk, so that a crash repeats nothing.

A lead is recorded durably before it is sent, and its outcome afterwards. A lead that an earlier run
left without an outcome may have been added: it is reported, not sent.

Here: what a row means (claims.py), the turns that workers take at the disk (session.py), the file
(sqlite.py; another store is another file beside it). Not here: when it is asked
(calls/campaign.py).
"""

from os import PathLike, fspath
from pathlib import Path


class Ledger:
    """The file of an import, for `add_leads(…, ledger=Ledger("leads.ledger"))`.

    Killed at any instant and run again with the same file and the same input, an import adds what
    was not sent, yields `added` for what was, and yields an UnsettledLeadError for what is unknown.
    One ledger may serve many inputs and campaigns. One run at a time uses it.

    A row is identified by base URL, campaign id and external id; without an external id, by its
    content.

    It is a SQLite file; ``.schema`` of the ``sqlite3`` command says what the columns mean, and
    ``SELECT state, count(*) FROM leads GROUP BY state`` shows how many rows are in each state
    (while no run is active). During a run there is a second file beside it, ``-wal``, which belongs
    to it.

    It contains the external id as you gave it, since an unknown lead is looked up by it, the lead
    id, and two salted SHA-256 digests. It contains no phone numbers and no call data; but someone
    who has the file can find out by trial which numbers were in the input.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path: Path = Path(fspath(path))

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"
