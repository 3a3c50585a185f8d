"""Leads that came earlier in the same file: by number, or by external id.

They are found with a temporary database on disk, so that memory stays flat.
"""

import hashlib
import secrets
import sqlite3

from ..leads.lead import Lead


class Repeats:
    """The leads so far, as salted digests, in a file without a name."""

    def __init__(self, unit: str, *, same_number: bool = False) -> None:
        self._unit = unit
        #: Whether a number may come twice, with another external id.
        self._same_number = same_number
        self._salt = secrets.token_bytes(16)
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID; BEGIN"
        )

    def find(self, lead: Lead, line: int) -> str | None:
        """Why the lead is a repeat; None if it is not, and is now known."""
        keys: dict[str, bytes] = {}
        if not self._same_number:
            keys["phone number"] = self._digest("number", lead.phone_number)
        if lead.external_id is not None:
            keys["external id"] = self._digest("id", lead.external_id)
        if not keys:
            return None
        # One statement for a row that is new: each lets go of the interpreter lock.
        values = ", ".join(["(?, ?)"] * len(keys))
        added = self._seen.execute(
            f"INSERT OR IGNORE INTO seen VALUES {values}",  # noqa: S608  (only question marks)
            [value for key in keys.values() for value in (key, line)],
        )
        if added.rowcount == len(keys):
            return None
        reason = ""
        for what, key in keys.items():
            [found] = self._seen.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
            if found != line:
                reason = reason or f"duplicate: the same {what} as in {self._unit} {found}"
            else:  # it is not sent, so that nothing of it is known
                self._seen.execute("DELETE FROM seen WHERE key = ?", (key,))
        return reason

    def close(self) -> None:
        self._seen.close()

    def _digest(self, kind: str, value: str) -> bytes:
        # 16 bytes: two of a billion leads are confused once in 10^20 files.
        data = value.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=16, key=self._salt, person=kind.encode()).digest()
