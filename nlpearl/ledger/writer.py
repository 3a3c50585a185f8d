"""The one thread of a process that talks to a ledger's store.

Workers put in what they ask, and get a future. One transaction serves all that has gathered: at 50
workers that is a tenth of the syncs to disk.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Protocol

import attrs

from ..errors import InvalidArgumentError, LedgerError
from .records import Book, Now, State

#: Questions that one transaction answers at most.
MOST = 100
#: Seconds between two tries of a store that is away.
PATIENCE = 0.1


class StoreAwayError(Exception):
    """The store cannot be reached now, or broke off; another try may succeed."""


@attrs.frozen
class Reading:
    """What one transaction of a store has read, and when."""

    now: Now
    book: Book


@attrs.frozen
class Dump:
    """All that a store holds."""

    salt: bytes
    #: Base URL and version of the API that it is bound to, if it is.
    api: tuple[str | None, str | None]
    #: The records: the columns of each.
    rows: Iterable[tuple[Any, ...]]


#: Base URL and version of an API.
API = tuple[str, str]
#: What a question wants to know: the keys of its records (None: an overview), and what is made of
#: them.
Asked = tuple[list[str] | None, Callable[[Book, Now], Any]]


class Store(Protocol):
    """Where the records are: a file, or a database.

    Its methods are called from one thread. They raise LedgerError if the ledger cannot be used,
    StoreAwayError if it may be usable soon.
    """

    def exists(self) -> bool:
        """Whether there is such a ledger already."""
        ...

    def salt(self, api: API | None, *, binds: bool = True) -> bytes:
        """The salt of the digests. The ledger is bound to the API that asks first, if that `binds`;
        another one is refused."""
        ...

    def transaction(
        self, keys: list[str], *, overview: bool = False
    ) -> AbstractContextManager[Reading]:
        """Lock these keys in sorted order and read their records; what the book has to be written
        is written at the end. An overview reads what is claimed or unknown as well, and counts the
        rest, which may be millions."""
        ...

    def accept(self) -> None:
        """Trust it as it is, although it may have forgotten leads: somebody has checked it."""
        ...

    def rebind(self, api: API, campaigns: Mapping[str, str]) -> None:
        """Bind it to another API, with other ids of its campaigns (`check_campaigns`)."""
        ...

    def backup(self, path: Path) -> None:
        """Copy it to a new file, also while it is used."""
        ...

    def dump(self) -> AbstractContextManager["Dump"]:
        """All that it holds, while nobody else uses it."""
        ...

    def load(self, dump: "Dump") -> int:
        """Take all that another store holds; the number of records. Only a new one takes it."""
        ...

    def close(self) -> None:
        """Let go of it in order."""
        ...


class Question:
    """Something that is asked of a ledger, until its answer."""

    def __init__(
        self,
        api: API | None,
        asked: Callable[[bytes], Asked],
        patience: float,
        *,
        binds: bool = True,
    ) -> None:
        self.api = api
        #: Whether the ledger is bound to the API if it is bound to none.
        self.binds = binds
        #: Told the salt, since digests are made in the writer's thread.
        self.asked = asked
        #: When to give up on a store that is away, by time.monotonic.
        self.until: float = time.monotonic() + patience
        self.future: Future[Any] = Future()


class Writer:
    """Asks the store, in a thread of its own, which ends when it is stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._salts: dict[tuple[API | None, bool], bytes] = {}
        self._questions: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_over = False
        self._over: Future[None] = Future()
        threading.Thread(target=self._run, name="nlpearl-ledger", daemon=True).start()

    def ask(self, question: Question) -> bool:
        """Answer it once that is durable; False if the writer is over, and nothing is asked."""
        with self._lock:
            if not self._is_over:
                self._questions.put(question)
            return not self._is_over

    def stop(self) -> "Future[None]":
        """Answer what was asked, and close the store; a future of that."""
        self._questions.put(None)
        return self._over

    def _run(self) -> None:
        stopped = False
        while not self._is_over:
            batch = [self._questions.get()]
            while len(batch) < MOST and not self._questions.empty():
                batch.append(self._questions.get())
            self._answer([question for question in batch if question is not None])
            stopped = stopped or None in batch
            with self._lock:
                self._is_over = stopped and self._questions.empty()
        try:
            with suppress(LedgerError, StoreAwayError):  # everything that was answered is durable
                self._store.close()
        finally:
            self._over.set_result(None)

    def _answer(self, questions: list[Question]) -> None:
        while questions:
            try:
                answers = self._ask(questions)
            except StoreAwayError as away:
                questions = _give_up(questions, away)
                if questions:
                    time.sleep(PATIENCE)
            except Exception as error:
                # One of them may be what fails: a disk that is full takes what needs no room.
                if len(questions) > 1:
                    for question in questions:
                        self._answer([question])
                else:
                    # Of the store's own errors nothing is shown: they may hold a password.
                    error.__traceback__ = error.__context__ = None
                    questions[0].future.set_exception(error)
                return
            else:
                for question, answer in zip(questions, answers, strict=True):
                    question.future.set_result(answer)
                return

    def _ask(self, questions: list[Question]) -> list[Any]:
        asked = [question.asked(self._salt(question)) for question in questions]
        keys = sorted({key for keys, _ in asked for key in keys or ()})
        overview = any(keys is None for keys, _ in asked)
        with self._store.transaction(keys, overview=overview) as read:
            return [answer(read.book, read.now) for _, answer in asked]

    def _salt(self, question: Question) -> bytes:
        key = (question.api, question.binds)
        if key not in self._salts:
            self._salts[key] = self._store.salt(question.api, binds=question.binds)
        return self._salts[key]


def _give_up(questions: list[Question], away: StoreAwayError) -> list[Question]:
    """Fail the questions whose time is over; the others."""
    now = time.monotonic()
    for question in questions:
        if question.until <= now:
            question.future.set_exception(LedgerError(str(away)))
    return [question for question in questions if question.until > now]


def check_bound(name: str, bound: tuple[str | None, str | None], api: API | None) -> None:
    """LedgerError if a ledger is bound to another API than the one that asks."""
    url, version = bound
    if api is not None and url is not None and bound != api:
        raise LedgerError(
            f"{name}: it is bound to {url} (API {version}), not to {api[0]} (API {api[1]}); use "
            "another ledger (if its leads were moved there: `Ledger.rebind(…)`)"
        )


def check_version(name: str, version: int, known: int) -> None:
    """LedgerError if a newer library has written the ledger."""
    if version > known:
        raise LedgerError(
            f"{name}: it has version {version}, written by a newer nlpearl-client; this one reads "
            f"{known}. Update nlpearl-client"
        )


def check_alone(name: str, *, is_used: bool) -> None:
    """LedgerError if somebody else uses the ledger."""
    if is_used:
        raise LedgerError(f"{name}: another process uses it; try again when that has ended")


def check_new(name: str, read: Reading) -> None:
    """LedgerError if an overview has leads."""
    if read.book.all() or read.book.certain:
        raise LedgerError(f"{name}: it has leads already; choose a new one")


def check_campaigns(name: str, read: Reading, campaigns: Mapping[str, str]) -> None:
    """Whether the campaigns of an overview can get these ids: each must have one, since those of a
    campaign without would be forgotten, and nobody may be in the middle of adding."""
    uncertain = read.book.uncertain()
    found = {campaign for campaign, _, _ in read.book.certain}
    found |= {record.campaign for record in uncertain}
    if missing := sorted(found - {*campaigns}):
        raise InvalidArgumentError(
            f"campaigns has no id for {', '.join(missing)}; say what each campaign of the ledger "
            "is called there"
        )
    check_nothing_claimed(name, read)


def check_nothing_claimed(name: str, read: Reading) -> None:
    """LedgerError if somebody is in the middle of adding a lead of this overview."""
    if any(record.state_at(read.now) is State.CLAIMED for record in read.book.uncertain()):
        raise LedgerError(f"{name}: leads are being added at this moment; try again later")
