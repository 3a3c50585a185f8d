"""Who may send a lead: what the ledger has of it, and what that means. Pure.

A lead is *claimed* before it is sent, with a deadline. Afterwards its outcome is recorded: *added*,
*unknown*, or *free* (certainly not added). The rules:

- A claim past its deadline is unknown, never free: its owner may have died after sending.
- Added is final, and is accepted from any attempt, however late. Every other outcome needs the
  current owner.
- A claim remembers that an earlier send is in doubt. Neither time nor a later rejection ends the
  doubt.
- A lead has two identities in its campaign, the external id and the phone number. No external id
  is not another id.
- Any doubt about a clock makes a claim unknown.
"""

import hashlib
import math
from itertools import chain

import attrs

from ..configuration import CLAIM_MARGIN
from ..errors import (
    DuplicateLeadError,
    LeadInProgressError,
    NLPearlError,
    Outcome,
    UnsettledLeadError,
)
from ..leads.lead import Lead
from ..leads.results import AddedLead
from .records import Book, Now, Record, State


@attrs.frozen
class Ask:
    """A lead that somebody wants to send."""

    campaign: str
    lead: Lead
    number: str
    external: str | None
    content: str
    #: The attempt: asking twice with one owner is asking once.
    owner: str
    process: str | None
    #: Seconds that the attempt may take.
    timeout: float
    resend: bool = False
    same_number: bool = False

    @property
    def keys(self) -> list[str]:
        return [key for key in (self.number, self.external) if key is not None]


@attrs.frozen
class Claim:
    """The permission to send a lead."""

    ask: Ask
    record: Record
    #: When it was taken, by this process's time.monotonic.
    taken: float


@attrs.frozen
class Unsettled:
    """A lead whose outcome is unknown."""

    ask: Ask
    record: Record
    error: UnsettledLeadError
    #: Seconds since it was sent; None: the store's clock cannot tell, so that nothing is proven.
    age: float | None
    #: Whether it is this very lead, not one with its number or its external id.
    is_same: bool


#: What the ledger says to an `Ask`.
Verdict = Claim | AddedLead | DuplicateLeadError | LeadInProgressError | Unsettled


def key(salt: bytes, kind: str, value: str) -> str:
    """The digest of one identity of a lead; `kind` is "number" or "external id". The campaign is
    not a part of it, since its id may change (`rebind`)."""
    return _digest(salt, kind, value)


def _digest(salt: bytes, *parts: str | None) -> str:
    """Of texts that cannot run into each other: each comes with its length."""
    text = "".join(["-" if part is None else f"{len(part)}:{part}" for part in parts])
    return hashlib.sha256(salt + text.encode(errors="surrogatepass")).hexdigest()[:32]


def ask(
    salt: bytes,
    campaign: str,
    lead: Lead,
    owner: str,
    process: str | None,
    timeout: float,
    *,
    resend: bool = False,
    same_number: bool = False,
) -> Ask:
    """The question, with digests in the place of what is personal."""
    external = None
    if lead.external_id is not None:
        external = key(salt, "external id", lead.external_id)
    data = lead.call_data
    texts = [None] if data is None else chain.from_iterable(sorted(data.items()))
    content = (
        _digest(salt, "external_id", lead.external_id),
        _digest(salt, "time_zone", lead.time_zone),
        _digest(salt, "call_data", *texts),
    )
    return Ask(
        campaign,
        lead,
        key(salt, "number", lead.phone_number),
        external,
        " ".join(digest[:16] for digest in content),
        owner,
        process,
        timeout,
        resend,
        same_number,
    )


def decide(book: Book, asked: Ask, now: Now) -> Verdict:
    """Claim the lead, or say why it may not be sent."""
    same: list[Record] = []
    other: list[Record] = []
    for record in book.having(asked.campaign, asked.keys):
        if record.number == asked.number and (
            record.external is None or asked.external in (None, record.external)
        ):
            same.append(record)
        elif record.external == asked.external or not asked.same_number:
            other.append(record)
    if found := _in_state(same, State.ADDED, now):
        return _earlier(book, asked, found)
    if found := _in_state(other, State.ADDED, now):
        return _duplicate(asked, found)
    for record in same:
        if record.state == State.CLAIMED and record.owner == asked.owner:
            return Claim(asked, record, now.here)
    if found := _in_state(same + other, State.CLAIMED, now):
        left = found.until - now.seconds
        return LeadInProgressError(
            f"this lead is being added at this moment; add it again in {math.ceil(left)} s",
            retry_after=left,
        )
    if found := _in_state(other, State.UNKNOWN, now):
        return _unsettled(asked, found, now, is_same=False)
    found = _in_state(same, State.UNKNOWN, now)
    if found and not asked.resend:
        return _unsettled(asked, found, now, is_same=True)
    return _claim(book, asked, now, found or next(iter(same), None), same + other)


def _in_state(records: list[Record], state: State, now: Now) -> Record | None:
    return next((each for each in records if each.state_at(now) is state), None)


def _claim(
    book: Book, asked: Ask, now: Now, known: Record | None, obstacles: list[Record]
) -> Claim:
    doubt = doubt_epoch = None
    if known is not None:
        doubt, doubt_epoch = known.doubt, known.doubt_epoch
        if doubt is None and known.state == State.CLAIMED:  # and over
            doubt, doubt_epoch = known.since, known.epoch
    for record in obstacles:
        if record is not known and record.state_at(now) is State.FREE:
            book.delete(record)
    record = Record(
        id=known.id if known else asked.owner,
        campaign=asked.campaign,
        number=asked.number,
        external=asked.external or (known.external if known else None),
        external_id=asked.lead.external_id or (known.external_id if known else None),
        content=asked.content,
        state=State.CLAIMED,
        owner=asked.owner,
        process=asked.process,
        epoch=now.epoch,
        since=now.seconds,
        until=now.seconds + asked.timeout + CLAIM_MARGIN,
        doubt=doubt,
        doubt_epoch=doubt_epoch,
        lead_id=None,
        sent=now.text,
        changed=now.text,
    )
    book.put(record)
    return Claim(asked, record, now.here)


def _earlier(book: Book, asked: Ask, record: Record) -> AddedLead:
    if record.external is None and asked.external is not None:
        book.put(record._replace(external=asked.external))
    pairs = zip(
        ("external_id", "time_zone", "call_data"),
        asked.content.split(),
        record.content.split(),
        strict=True,
    )
    differs = tuple(name for name, now, then in pairs if now != then)
    return AddedLead(record.lead_id or "", asked.lead, earlier=True, differs=differs)


def _duplicate(asked: Ask, record: Record) -> DuplicateLeadError:
    if record.number == asked.number:
        return DuplicateLeadError(
            f"this phone number was added under another external id (lead id {record.lead_id}); "
            "`allow_same_number=True` adds it again, and it is called again"
        )
    return DuplicateLeadError(
        f"this external id was added with another phone number (lead id {record.lead_id}); a "
        "second lead needs a different external id"
    )


def _unsettled(asked: Ask, record: Record, now: Now, *, is_same: bool) -> Unsettled:
    which = "this lead"
    if record.number != asked.number:
        which = "another phone number with this external id"
    elif not is_same:
        which = "this phone number with another external id"
    error = UnsettledLeadError(
        f"{which} was sent at {record.sent}, and its outcome is unknown: it may exist. Look it up: "
        "`client.settle()`. `resend_unknown=True` sends it again, which calls anyone who was added "
        "twice"
    )
    return Unsettled(asked, record, error, record.age_at(now), is_same)


def finish(book: Book, claim: Claim, ended: AddedLead | NLPearlError, now: Now) -> None:
    """Record the outcome of a claim."""
    record = book.get(claim.record.id)
    if isinstance(ended, AddedLead):
        if record is None or record.state != State.ADDED:
            book.put(_settled(record or claim.record, State.ADDED, now, ended.lead_id))
        return
    if record is None or record.state != State.CLAIMED or record.owner != claim.ask.owner:
        return
    if ended.outcome is Outcome.UNKNOWN and record.doubt is None:
        record = record._replace(doubt=record.since, doubt_epoch=record.epoch)
    book.put(_settled(record, State.FREE if record.doubt is None else State.UNKNOWN, now))


def _settled(record: Record, state: State, now: Now, lead_id: str | None = None) -> Record:
    """The record in a state that is not a claim."""
    added = state is State.ADDED
    certain = added or state is State.FREE
    return record._replace(
        state=state,
        owner=None,
        process=None,
        lead_id=lead_id,
        external_id=None if added else record.external_id,
        doubt=None if certain else record.doubt,
        doubt_epoch=None if certain else record.doubt_epoch,
        changed=now.text,
    )


def settle(book: Book, record: Record, lead_id: str, now: Now) -> bool:
    """A lookup, or a person, says that it was added; whether there is such a lead that is not known
    to be added."""
    found = book.get(record.id)
    if found is None or found.state == State.ADDED:
        return False
    book.put(_settled(found, State.ADDED, now, lead_id))
    return True


def erase(book: Book, record: Record, _: Now) -> bool:
    """Keep the external id as a digest alone."""
    if record.external_id is not None:
        book.put(record._replace(external_id=None))
    return True


def forget(book: Book, record: Record, _: Now) -> bool:
    """Forget a lead that was deleted on the platform."""
    book.delete(record)
    return True


def release(book: Book, record: Record, now: Now) -> bool:
    """A person says that it was certainly not added; whether that was recorded."""
    if record.state_at(now) is not State.UNKNOWN:
        return False
    book.put(_settled(record, State.FREE, now))
    return True
