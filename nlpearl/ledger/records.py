"""What a ledger has of a lead, and the book of one transaction. Pure."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import attrs

from ..leads.results import UnsettledLead

#: Seconds by which a clock may seem to run backward, between two processes.
SKEW = 5.0
#: After this a lead whose outcome is unknown is not looked up again unless somebody asks for it.
OLD = timedelta(days=1)
#: Why the ledger's clock may not tell for how long a lead has been unknown.
RESTARTED = "the machine was restarted, or the database restored, since it was sent"


class State(StrEnum):
    """The states of a record."""

    CLAIMED = "claimed"
    ADDED = "added"
    UNKNOWN = "unknown"
    FREE = "free"


#: What the time, or a person, may change.
UNCERTAIN = (State.CLAIMED, State.UNKNOWN)


@attrs.frozen
class Now:
    """The store's clock."""

    #: The boot of this machine, or the database server; times of two epochs cannot be compared.
    epoch: str
    seconds: float
    #: The same moment for people, in UTC.
    text: str
    #: Not later than this moment, by this process's time.monotonic.
    here: float
    #: Whether a process that holds a claim is gone; None: nobody knows.
    is_gone: Callable[[str], bool | None] = lambda _: None


class Record(NamedTuple):
    """What the ledger has of one lead; the fields are the columns of its table."""

    id: str
    campaign: str
    #: Digests of the two identities.
    number: str
    external: str | None
    #: In clear until the lead is added, since an unknown lead is looked up by it.
    external_id: str | None
    #: Digests of external id, time zone and call data, as they were sent.
    content: str
    state: str
    #: The attempt that holds the claim, and its process.
    owner: str | None
    process: str | None
    #: When it was claimed, and until when, by the store's clock.
    epoch: str
    since: float
    until: float
    #: When the earliest send whose outcome is unknown began.
    doubt: float | None
    doubt_epoch: str | None
    #: The platform's id.
    lead_id: str | None
    #: For people, in UTC: when it was last claimed, and when the state became this.
    sent: str
    changed: str

    def state_at(self, now: Now) -> State:
        """The state now: a claim that is over is unknown."""
        return (
            State.UNKNOWN if self.state == State.CLAIMED and self._over(now) else State(self.state)
        )

    def age_at(self, now: Now) -> float | None:
        """Seconds since the earliest send whose outcome is unknown; None: nobody can tell."""
        began, epoch = self.doubt, self.doubt_epoch
        if began is None:  # its claim is over
            began, epoch = self.since, self.epoch
        return now.seconds - began if epoch == now.epoch and began <= now.seconds else None

    @property
    def keys(self) -> list[str]:
        """Its identities."""
        return [key for key in (self.number, self.external) if key is not None]

    def _over(self, now: Now) -> bool:
        return (
            self.epoch != now.epoch
            or not self.since - SKEW <= now.seconds < self.until
            or (self.process is not None and now.is_gone(self.process) is True)
        )


class Book:
    """The records of one transaction, and what is to be written of them."""

    def __init__(
        self, records: Iterable[Record], certain: Iterable[tuple[str, str, int]] = ()
    ) -> None:
        self._records: dict[str, Record] = {}
        #: Identity → the records that have it, or had it before they were changed.
        self._ids: dict[str | None, dict[str, None]] = {}
        for record in records:
            self._take(record)
        #: Campaign, state and number of those that are added or free, in an overview.
        self.certain: list[tuple[str, str, int]] = list(certain)
        self.written: dict[str, Record] = {}
        self.deleted: set[str] = set()

    def having(self, campaign: str, keys: Collection[str]) -> list[Record]:
        """The records of a campaign with one of these identities."""
        wanted = {*keys}
        found = {id_: None for key in keys for id_ in self._ids.get(key, ())}
        return [
            each
            for each in map(self._records.get, found)
            if each and each.campaign == campaign and wanted & {each.number, each.external}
        ]

    def all(self) -> list[Record]:
        """All records that were read."""
        return list(self._records.values())

    def uncertain(self) -> list[Record]:
        """The records that are claimed or unknown, in an overview."""
        return [each for each in self.all() if each.state in UNCERTAIN]

    def get(self, id: str) -> Record | None:  # noqa: A002  # the column's name
        return self._records.get(id)

    def put(self, record: Record) -> None:
        self._take(record)
        self.written[record.id] = record
        self.deleted.discard(record.id)

    def _take(self, record: Record) -> None:
        self._records[record.id] = record
        for key in (record.number, record.external):
            self._ids.setdefault(key, {})[record.id] = None

    def delete(self, record: Record) -> None:
        self._records.pop(record.id, None)
        self.written.pop(record.id, None)
        self.deleted.add(record.id)


@attrs.frozen
class Doubt:
    """A lead of the ledger whose outcome is unknown, for a lookup."""

    record: Record
    #: Seconds since it was sent; None: the store's clock cannot tell, so that nothing is proven.
    age: float | None
    #: Whether it was sent more than a day ago.
    is_old: bool
    #: Whether this is its phone number.
    is_number: Callable[[str], bool] = attrs.field(repr=False)

    def lead(self) -> UnsettledLead:
        """The lead as callers get it, with what is known of it in words."""
        record = self.record
        known = "no usable response came"
        if record.state == State.CLAIMED:
            known = "the sender stopped before its outcome was recorded"
        if record.external_id is None:
            known += "; it has no external id to look it up by"
        elif self.age is None:
            known += f"; a lookup proves nothing, since {RESTARTED}"
        return UnsettledLead(record.campaign, record.external_id, record.sent, known)


def doubts(
    book: Book, now: Now, campaign: str | None, is_number: Callable[[str, str], bool]
) -> list[Doubt]:
    """The leads of an overview whose outcome is unknown, the oldest first. `is_number` compares a
    digest with a phone number."""
    found = [
        Doubt(
            record,
            record.age_at(now),
            datetime.fromisoformat(now.text) - datetime.fromisoformat(record.sent) > OLD,
            partial(is_number, record.number),
        )
        for record in book.uncertain()
        if record.state_at(now) is State.UNKNOWN and campaign in (None, record.campaign)
    ]
    return sorted(found, key=lambda doubt: doubt.record.sent)
