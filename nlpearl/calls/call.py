"""One call of one operation: its deadline, its retries, and what its response means."""

import abc
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from ..errors import APIConnectionError, APITimeoutError, NLPearlError, Outcome, RateLimitError
from ..http.deadlines import Deadline
from ..http.exchange import Exchange
from ..http.lane import Lane
from .responses import http_date, status_error
from .retries import wait_before_retry

logger: logging.Logger = logging.getLogger("nlpearl")

Result = TypeVar("Result")


def explain(stopped: BaseException, known: str) -> None:
    """Note on an exception that ends a call from outside what is known of it, once."""
    if not any(note.startswith("nlpearl: ") for note in getattr(stopped, "__notes__", ())):
        stopped.add_note(f"nlpearl: {known}")


class IncompleteError(Exception):
    """A success without what the operation needs."""


class Operation(abc.ABC, Generic[Result]):
    """One operation of the API with its arguments; and what its errors say."""

    #: Whether it changes nothing, and so may be repeated after any failure that may pass.
    reads: bool
    #: What a success has to contain, such as "lead id".
    needs: str
    #: The API's names of what a caller passes, in lower case, to ours.
    arguments: Mapping[str, str] = {}
    #: What an error says where the outcome is unknown.
    unknown: str
    #: What it says of a success that cannot be read; empty: as where the outcome is unknown.
    unreadable: str = ""
    #: What it says of a 404.
    not_found: str
    #: What a note says of earlier tries.
    earlier: str = ""
    #: Whether it writes several things, so that a 400 may have done some of them.
    is_batch: bool = False

    @abc.abstractmethod
    def __str__(self) -> str:
        """Its name and its campaign, as the log shows them."""

    @abc.abstractmethod
    def send(self, client: Any) -> Coroutine[Any, Any, Any]:
        """The generated function, called with `client` in the place of the generated client."""

    @abc.abstractmethod
    def read(self, parsed: object, body: bytes) -> Result:
        """The result of a success; IncompleteError if it lacks what it `needs`."""

    def known(self, result: Result) -> str:  # noqa: ARG002
        """What a note says of a result that an interrupt has kept from the caller."""
        return self.unknown

    def private(self) -> dict[str, str]:
        """Texts that no message may show, since a server may echo them, to their replacements."""
        return {}


class Call(Generic[Result]):
    """One call. It stands where the generated code expects its client.

    `turn`: takes a turn for one more request, and says in how many seconds that is. A call with it
    is one of many, and a 429 is left to the caller.
    """

    raise_on_unexpected_status = False  # for the generated code

    def __init__(
        self,
        lane: Lane,
        operation: Operation[Result],
        deadline: Deadline,
        max_retries: int = 0,
        *,
        turn: Callable[[], float] | None = None,
    ) -> None:
        self._lane = lane
        self._operation = operation
        self._deadline = deadline
        self._max_retries = max_retries
        self._turn = turn
        self._began = time.monotonic()
        self._exchange: Exchange | None = None
        #: Whether any try has sent something.
        self._earlier = False
        self._is_over = False
        #: What the last try has come to, once that is known.
        self._result: Result | NLPearlError | None = None

    def age(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._began

    async def result(self) -> Result | NLPearlError:
        """The result, or the error as a value; sent again for as long as the policy allows.

        The error is returned, not raised: raised here, it would carry frames of httpx, whose
        locals hold the API key.
        """
        operation = self._operation
        tries = 0
        while True:
            result = await self.once()
            tries += 1
            self._earlier, self._result = self._earlier or self._has_sent(), result
            if not isinstance(result, NLPearlError):
                break
            if self._turn and isinstance(result, RateLimitError):
                break
            wait = wait_before_retry(
                result,
                tries,
                max_retries=self._max_retries,
                left=self._deadline.left(),
                reads=operation.reads,
            )
            if wait is None or await self._lane.pause(wait) or not await self.may_go():
                break
        self.log(result, tries)
        if tries > 1 and operation.earlier and isinstance(result, NLPearlError):
            result.add_note(f"Tried {tries} times; {operation.earlier}.")
        return result

    async def may_go(self) -> bool:
        """Wait for the turn of one more request; False if it does not come in time."""
        wait = self._turn() if self._turn else 0.0
        return not wait or (wait < self._deadline.left() and not await self._lane.pause(wait))

    async def once(self) -> Result | NLPearlError:
        """The result of one exchange, or its error as a value."""
        lane, self._result = self._lane, None
        self._exchange = Exchange(lane.origin, lane.network, self._deadline)
        return await self._ask(self._exchange)

    async def interrupted(self) -> Result | NLPearlError:
        """What is known when the call was interrupted: its result, if the response was read."""
        exchange, self._is_over = self._exchange, True
        if exchange is None or not exchange.is_whole:
            outcome = Outcome.UNKNOWN if self._has_sent() else Outcome.NOT_SENT
            return APIConnectionError("the call was interrupted", outcome=outcome)
        return await self._ask(exchange)

    async def _ask(self, exchange: Exchange) -> Result | NLPearlError:
        parsed = failure = None
        try:
            parsed = (await self._operation.send(self)).parsed
        except NLPearlError as error:  # the lane cannot be used
            return error
        except Exception as error:
            failure = error
        if failure is not None and (foreign := exchange.foreign(failure)) is not None:
            raise foreign
        if exchange.status is None:
            return self._no_response(exchange, failure)
        return self._judge(exchange, exchange.status, parsed, failure)

    # For the generated code

    def get_async_httpx_client(self) -> Self:
        return self

    async def request(self, **request: Any) -> Exchange:
        """Send what the generated code has built."""
        exchange = self._exchange
        assert exchange is not None
        if not self._is_over:
            await self._lane.send(exchange, request)
        return exchange

    # What came back

    def _judge(
        self, exchange: Exchange, status: int, parsed: object, failure: Exception | None
    ) -> Result | NLPearlError:
        operation, signer = self._operation, self._lane.signer
        why = ""
        if 200 <= status < 300:
            if exchange.is_whole:
                try:
                    return operation.read(parsed, exchange.content)
                except IncompleteError:
                    pass
            if exchange.timed_out(failure):
                return self._no_response(exchange, failure)
            why = f"the response has no {operation.needs}: {exchange.why_unreadable(failure)}"
        return status_error(
            status,
            {name: signer.redact(value) for name, value in exchange.headers.items()},
            signer.redact(exchange.content.decode("utf-8-sig", "replace")),
            private=operation.private(),
            arguments=operation.arguments,
            why=why,
            unknown=(why and operation.unreadable) or operation.unknown,
            not_found=operation.not_found,
            is_batch=operation.is_batch,
        )

    def _no_response(self, exchange: Exchange, failure: Exception | None) -> APIConnectionError:
        trouble = exchange.trouble(failure)
        if exchange.timed_out(failure):
            kind: type[APIConnectionError] = APITimeoutError
            what = f"timed out (timeout {self._deadline.seconds:g} s)"
        else:
            kind = APIConnectionError
            what = " ".join(self._lane.signer.redact(trouble.text).split())[:200].rstrip(".")
        lines = [f"{exchange.place}: {what}, while {exchange.stage}", trouble.hint, self._hint()]
        outcome = Outcome.UNKNOWN if self._has_sent() else Outcome.NOT_SENT
        error = kind("\n".join(filter(None, lines)), outcome=outcome)
        error.is_permanent = trouble.is_permanent
        return error

    def _hint(self) -> str:
        """What is known while there is no response."""
        if not self._has_sent():
            return "The last try sent nothing." if self._earlier else "Nothing was sent."
        return self._operation.unknown

    def _has_sent(self) -> bool:
        """Whether the request of this try, or a part of it, may have been sent."""
        return self._exchange is not None and self._exchange.sent is not False

    def explain(self, stopped: BaseException) -> None:
        """Note on Ctrl-C and on a cancellation what is known of the lead."""
        result = self._result
        if result is None:
            explain(stopped, self._hint())
        elif isinstance(result, NLPearlError):
            explain(stopped, str(result))
        else:
            explain(stopped, self._operation.known(result))

    def server_time(self) -> datetime | None:
        """The Date of the last response."""
        return http_date(self._exchange.headers.get("date", "")) if self._exchange else None

    def log(self, result: object, requests: int) -> None:
        status = self._exchange.status if self._exchange else None
        logger.debug(
            "%s status=%s requests=%d %.0f ms",
            self._operation,
            type(result).__name__ if status is None else status,
            requests,
            self.age() * 1000,
        )


async def ask(
    lane: Lane, operation: Operation[Result], seconds: float, max_retries: int
) -> Result | NLPearlError:
    """The result of one call that has so many seconds; an error is returned, not raised."""
    if seconds <= 0:
        return over(seconds)
    call = Call(lane, operation, Deadline(seconds), max_retries)
    try:
        return await call.result()
    except BaseException as stopped:  # Ctrl-C, or a cancelled task
        call.explain(stopped)
        raise


def over(seconds: float) -> APITimeoutError:
    """What is said of a call whose time was over before it began."""
    said = f"timed out before it began (timeout {seconds:g} s)\nNothing was sent."
    return APITimeoutError(said, outcome=Outcome.NOT_SENT)
