"""`Ledger`, what callers hold: opened when first used, by each process for itself."""

import atexit
import os
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar

from ..configuration import normalized, read_base_url
from ..errors import ConfigurationError, InvalidArgumentError, LedgerError, NLPearlError
from ..leads.lead import Lead
from ..leads.results import AddedLead, UnsettledLead
from ..privacy import shown_place
from .claims import Claim, Verdict, ask, decide, erase, finish, forget, key, release, settle
from .machine import process
from .records import Book, Doubt, Now, Record, State, doubts
from .sqlite import SQLiteStore
from .writer import API, Asked, Question, Store, StoreAwayError, Writer

Value = TypeVar("Value")

#: How the URL of a database begins.
SCHEMES = ("postgresql://", "postgres://")
#: Seconds to wait for a store that is away, where no call's timeout says.
PATIENCE = 10.0
#: Seconds beyond its patience after which a store is taken for one that hangs.
HANGS = 5.0
#: What is said of one that does: a disk, or a database whose commit waits for a replica.
HANGING = "the ledger does not respond; see whether its store works"


def told(future: "Future[Value]") -> Value:
    """What the ledger says, waited for; LedgerError if it hangs."""
    try:
        return future.result(PATIENCE + HANGS)
    except TimeoutError:
        raise LedgerError(HANGING) from None


class Ledger:
    """Remembers who was sent, so that no repetition of the work adds a lead twice.

    Give it to a client, ``NLPearl(ledger=…)``, or to `add_leads`. Each lead is claimed before it is
    sent, and its outcome recorded afterwards. A lead that was added is not sent again, whatever
    repeats the work: a request, a row, a file that was saved again, a queue, another machine. A
    lead whose outcome is unknown is reported, not sent.

    Args:
        where: a path: a SQLite file on a local disk, for the threads and processes of one machine.
            Or ``postgresql://user:password@host/database``, for several machines; needs the extra
            ``postgres``.

    A lead is identified by its external id and by its phone number, within its campaign. The ledger
    is bound to the base URL and the API version of its first use.

    It contains the external id, until the lead is added, lead ids, times, and salted SHA-256
    digests; no call data, and no phone numbers unless your external ids are such. But someone who
    has it can find out by trial which numbers were added.

    It is opened when it is first used. Close it, or let it go; a client closes the one that it has
    made of a path.
    """

    #: Whether a client has made it of a path, and closes it.
    is_own: bool = False

    def __init__(self, where: str | PathLike[str]) -> None:
        self._where: str = fspath(where)
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        self._process = 0
        _ledgers.add(self)

    def __repr__(self) -> str:
        return f"Ledger({shown_place(self._where)!r})"

    def exists(self) -> bool:
        """Whether there is such a ledger already. One that is not there is made when it is used."""
        return self._with_store(lambda store: store.exists())

    def counts(self) -> dict[str, Counter[str]]:
        """The number of leads by campaign id and state: added, claimed, unknown, free."""

        def count(book: Book, now: Now) -> dict[str, Counter[str]]:
            found: dict[str, Counter[str]] = {}
            for campaign, state, number in book.certain:
                found.setdefault(campaign, Counter())[state] += number
            for record in book.uncertain():
                found.setdefault(record.campaign, Counter())[record.state_at(now).value] += 1
            return found

        result: dict[str, Counter[str]] = self._look(count)
        return result

    def unsettled(self, campaign_id: str | None = None) -> list[UnsettledLead]:
        """The leads whose outcome is unknown, the oldest first."""

        return [doubt.lead() for doubt in told(self.doubts(None, campaign_id))]

    def settle(
        self,
        campaign_id: str,
        lead_id: str,
        *,
        external_id: str | None = None,
        phone_number: str | None = None,
    ) -> bool:
        """Record that a lead whose outcome is unknown was added, with the platform's id of it. For
        someone who has checked on the platform; `NLPearl.settle` looks leads up. As `release`
        otherwise."""

        if not lead_id.strip():
            raise InvalidArgumentError("lead_id is empty; pass the platform's id of the lead")

        def add(book: Book, record: Record, now: Now) -> bool:
            return record.state_at(now) is State.UNKNOWN and settle(book, record, lead_id, now)

        return self._change(campaign_id, external_id, phone_number, add)

    def erase(
        self, campaign_id: str, *, external_id: str | None = None, phone_number: str | None = None
    ) -> bool:
        """Erase the external id of a lead, which the ledger has in clear until the lead is added.
        Its digest stays, so that the lead is still not added twice. But if its outcome is unknown,
        it can no longer be looked up. As `release` otherwise."""

        return self._change(campaign_id, external_id, phone_number, erase)

    def release(
        self, campaign_id: str, *, external_id: str | None = None, phone_number: str | None = None
    ) -> bool:
        """Record that a lead whose outcome is unknown was certainly not added, so that the next run
        sends it. For someone who has checked on the platform.

        The lead is named by its external id or its phone number in E.164. Whether there was such a
        lead; one that was added is not touched, one that is being added now is a LedgerError.
        """

        return self._change(campaign_id, external_id, phone_number, release)

    def forget(
        self,
        campaign_id: str,
        *,
        external_id: str | None = None,
        phone_number: str | None = None,
        lead_id: str | None = None,
    ) -> bool:
        """Remove a lead, also one that was added: it was deleted on the platform, and the next run
        adds it. With a `lead_id` only if that is the platform's id of it. As `release` otherwise.
        """

        def forget_it(book: Book, record: Record, now: Now) -> bool:
            return lead_id in (None, record.lead_id) and forget(book, record, now)

        return self._change(campaign_id, external_id, phone_number, forget_it)

    def accept(self) -> None:
        """Trust the ledger as it is, although it may have forgotten leads that were sent: a file
        without its -wal, a database that was restored. For someone who has checked that."""
        self._with_store(lambda store: store.accept())

    def rebind(self, base_url: str, api_version: str, campaigns: Mapping[str, str]) -> None:
        """Bind the ledger to another API, where each of its campaigns has another id (or the same).
        For someone who knows that the leads are there, too.

        Refused while somebody uses it.
        """
        origin = read_base_url(base_url)
        if isinstance(origin, ConfigurationError):
            raise origin
        self._with_store(lambda store: store.rebind((normalized(origin), api_version), campaigns))

    def backup(self, path: str | PathLike[str]) -> None:
        """Copy a SQLite ledger to a new file, also while it is in use. (A PostgreSQL ledger is
        backed up with its database.)

        A restored backup has forgotten the leads that were added since, and nobody can notice that:
        they would be added again.
        """
        self._with_store(lambda store: store.backup(Path(path)))

    def copy_to(self, target: "Ledger") -> int:
        """Copy all to another, new ledger, such as from SQLite to PostgreSQL; the number of leads.

        Refused while somebody uses either. Go on with the copy alone. For a lead whose outcome is
        unknown a lookup proves nothing any more, since the clocks of two ledgers differ.
        """

        def copy(store: Store) -> int:
            with store.dump() as dump:
                return target._with_store(lambda new: new.load(dump))

        return self._with_store(copy)

    def close(self) -> None:
        """Write what is queued and let go of the store. It is opened again when it is used."""
        with suppress(TimeoutError):  # a store that hangs is left alone
            self.closing().result(PATIENCE + HANGS)

    def closing(self) -> "Future[None]":
        """As `close`, without waiting: a future of it."""
        with self._lock:
            if self._writer is not None and self._process == os.getpid():
                return self._writer.stop()
        done: Future[None] = Future()
        done.set_result(None)
        return done

    # For a campaign

    def ready(self, api: API) -> "Future[None]":
        """Whether the ledger can be used for this API, or the LedgerError."""

        def asked(_: bytes) -> Asked:
            return [], lambda _book, _now: None

        return self._ask(api, asked, PATIENCE)

    def claim(
        self,
        api: API,
        campaign_id: str,
        lead: Lead,
        owner: str,
        timeout: float,
        *,
        resend: bool,
        same_number: bool,
    ) -> "Future[Verdict]":
        """Claim a lead for an attempt that takes at most `timeout` seconds."""
        here = process()

        def asked(salt: bytes) -> Asked:
            question = ask(
                salt, campaign_id, lead, owner, here, timeout,
                resend=resend, same_number=same_number,
            )  # fmt: skip
            return question.keys, lambda book, now: decide(book, question, now)

        return self._ask(api, asked, timeout)

    def preview(
        self,
        api: API,
        campaign_id: str,
        lead: Lead,
        *,
        resend: bool = False,
        same_number: bool = False,
    ) -> "Future[Verdict]":
        """What `claim` would say now, without claiming it. Binds the ledger to no API."""

        def asked(salt: bytes) -> Asked:
            question = ask(
                salt, campaign_id, lead, "", None, 0.0, resend=resend, same_number=same_number
            )

            def answer(book: Book, now: Now) -> Verdict:
                # In a book of its own, of which nothing is written.
                return decide(Book(book.having(campaign_id, question.keys)), question, now)

            return question.keys, answer

        return self._ask(api, asked, PATIENCE, binds=False)

    def doubts(self, api: API | None, campaign_id: str | None) -> "Future[list[Doubt]]":
        """The leads whose outcome is unknown, the oldest first. Binds the ledger to no API."""

        def asked(salt: bytes) -> Asked:
            def is_number(digest: str, phone_number: str) -> bool:
                return key(salt, "number", phone_number) == digest

            return None, lambda book, now: doubts(book, now, campaign_id, is_number)

        return self._ask(api, asked, PATIENCE, binds=False)

    def prove(self, api: API, record: Record, lead_id: str) -> "Future[bool]":
        """Record that a lookup has proven that a lead was added."""

        def asked(_: bytes) -> Asked:
            return record.keys, lambda book, now: settle(book, record, lead_id, now)

        return self._ask(api, asked, PATIENCE)

    def finish(self, api: API, claim: Claim, ended: AddedLead | NLPearlError) -> "Future[None]":
        """Record the outcome of a claim."""

        def asked(_: bytes) -> Asked:
            return claim.ask.keys, lambda book, now: finish(book, claim, ended, now)

        return self._ask(api, asked, PATIENCE)

    # Inside

    def _with_store(self, work: Callable[[Store], Value]) -> Value:
        """The result of what is done with the store itself, while we do not use it."""
        self.close()
        store = _store(self._where)
        try:
            return work(store)
        except StoreAwayError as away:
            raise LedgerError(str(away)) from None
        finally:
            store.close()

    def _look(self, look: Callable[[Book, Now], Any]) -> Any:
        """What is made of an overview."""
        return told(self._ask(None, lambda _: (None, look), PATIENCE))

    def _change(
        self,
        campaign_id: str,
        external_id: str | None,
        phone_number: str | None,
        change: Callable[[Book, Record, Now], bool],
    ) -> bool:
        """Change the records of a lead; whether any was."""
        names = {"external id": external_id, "number": phone_number}
        given = {kind: value for kind, value in names.items() if value is not None}
        if not given:
            raise InvalidArgumentError("pass external_id or phone_number: which lead is meant")

        def asked(salt: bytes) -> Asked:
            keys = [key(salt, kind, value) for kind, value in given.items()]

            def answer(book: Book, now: Now) -> bool:
                found = book.having(campaign_id, keys)
                if any(record.state_at(now) is State.CLAIMED for record in found):
                    raise LedgerError("this lead is being added at this moment; try again later")
                done = [change(book, record, now) for record in found]
                return any(done)

            return keys, answer

        result: bool = told(self._ask(None, asked, PATIENCE))
        return result

    def _ask(
        self,
        api: API | None,
        asked: Callable[[bytes], Asked],
        patience: float,
        *,
        binds: bool = True,
    ) -> "Future[Any]":
        """A future of what is made of the records, once that is durable.

        It raises LedgerError if the ledger cannot be used, or is away for longer than `patience`
        seconds.
        """
        question = Question(api, asked, patience, binds=binds)
        with self._lock:
            writer = self._writer
            if writer is not None and self._process != os.getpid():
                # The parent's connection: closing or freeing it here would take its -wal or its
                # session away.
                _of_parents.append(writer)
                writer = None
            if writer is None or not writer.ask(question):
                self._writer = writer = Writer(_store(self._where))
                self._process = os.getpid()
                writer.ask(question)
                # One that nobody holds any more is let go of.
                weakref.finalize(self, writer.stop).atexit = False
        return question.future


_of_parents: list[Writer] = []
_ledgers: "weakref.WeakSet[Ledger]" = weakref.WeakSet()


@atexit.register
def close_all() -> None:
    for ledger in list(_ledgers):
        ledger.close()


def after_fork() -> None:
    """A thread that had a lock is not there to let go of it."""
    for ledger in list(_ledgers):
        ledger._lock = threading.Lock()  # pyright: ignore[reportPrivateUsage]


with suppress(AttributeError):  # Windows has no forks
    os.register_at_fork(after_in_child=after_fork)


def _store(where: str) -> Store:
    if where.startswith(SCHEMES):
        from .postgresql import PostgreSQLStore

        return PostgreSQLStore(where)
    if "://" in where:
        where = shown_place(where)  # a traceback that prints locals must not show a password either
        raise InvalidArgumentError(
            f"ledger={where!r} must be a path, or postgresql://user@host/database"
        )
    return SQLiteStore(Path(where))
