"""From a row to its lead, or to why it is not sent. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidLeadError
from ..leads.lead import Lead, to_lead_of_row
from .columns import InvalidRowError, NotToBeCalledError, Plan
from .do_not_call import DoNotCall
from .files.rows import Row
from .reasons import in_words
from .repeats import Repeats
from .statuses import Status


class Refused(Mapping[str, Any]):
    """A row that must not be sent, as `add_leads` takes it: it fails when it is read."""

    def __init__(self, status: Status, reason: str) -> None:
        self.status: Status = status
        self.reason: str = reason

    def __getitem__(self, key: str) -> Any:
        raise InvalidLeadError(self.reason)

    def __iter__(self) -> Iterator[str]:
        raise InvalidLeadError(self.reason)

    def __len__(self) -> int:
        raise InvalidLeadError(self.reason)


class Checker:
    """Checks the rows of one file."""

    def __init__(
        self,
        plan: Plan,
        region: str | None,
        do_not_call: DoNotCall,
        repeats: Repeats,
        *,
        same_number: bool = False,
    ) -> None:
        self._plan = plan
        self._region = region
        self._do_not_call = do_not_call
        self._repeats = repeats
        #: Whether a number may come twice, with another external id.
        self._same_number = same_number

    def check(self, row: Row) -> Lead | Refused:
        """The lead of a row, each only once; or why it is not sent."""
        if row.fault is not None:
            return Refused(Status.INVALID, row.fault)
        if row.is_hidden:
            return Refused(
                Status.NOT_SENT, "the row is hidden in the sheet. Show it there to add it"
            )
        try:
            lead = to_lead_of_row(self._plan.arguments(row.cells), self._region)
        except NotToBeCalledError as error:
            return Refused(Status.NOT_SENT, str(error))
        except InvalidRowError as error:
            return Refused(Status.INVALID, str(error))
        except InvalidLeadError as error:
            return Refused(Status.INVALID, in_words(error))
        if lead.phone_number in self._do_not_call:
            return Refused(Status.NOT_SENT, "the number is on the do-not-call list")
        if self._same_number and lead.external_id is None:
            return Refused(
                Status.INVALID,
                "external id is missing: with --allow-same-number it alone tells leads apart",
            )
        if repeated := self._repeats.find(lead, row.line):
            return Refused(Status.NOT_SENT, repeated)
        return lead

    def external_id(self, row: Row) -> str:
        """The external id of a row, even if it is invalid."""
        return self._plan.external_id(row.cells)
