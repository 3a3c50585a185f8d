"""What the commands ask the platform about a campaign, in both versions of the API.

Beside calls/operations.py the only module that imports the generated code.
"""

from collections.abc import Mapping
from typing import Any, cast

import attrs
from nlpearl_api.api.outbound import (
    delete_leads,
    delete_leads_v2,
    get_lead,
    get_lead_v2,
    get_outbound,
    search_leads,
    search_leads_v2,
)
from nlpearl_api.api.pearl import get_pearl
from nlpearl_api.models import DeleteLeadsRequestApi, LeadListApiView, LeadSearch

from ..calls.operations import NO_SUCH_CAMPAIGN
from ..client import NLPearl
from ..configuration import read_base_url
from ..errors import BadRequestError, NotFoundError, UnexpectedResponseError
from ..leads.identifiers import check_campaign_id
from .files.rows import FileError
from .pages import Page
from .reasons import plain

_CAMPAIGN: Mapping[str, Any] = {"v1": get_outbound, "v2": get_pearl}
_SEARCH: Mapping[str, Any] = {"v1": search_leads, "v2": search_leads_v2}
_GET: Mapping[str, Any] = {"v1": get_lead, "v2": get_lead_v2}
_DELETE: Mapping[str, Any] = {"v1": delete_leads, "v2": delete_leads_v2}


@attrs.frozen
class Platform:
    """One campaign, as a client sees it."""

    client: NLPearl
    api_version: str
    campaign_id: str = attrs.field(converter=check_campaign_id)

    def campaign(self) -> dict[str, Any]:
        """What the platform tells of the campaign; FileError if there is no such campaign."""
        found: dict[str, Any] = self._ask(_CAMPAIGN).to_dict()
        if not (found.get("id") or found.get("name")):
            raise FileError("the response of the API is no campaign: it has neither id nor name")
        return found

    def search(self, skip: int, limit: int) -> Page:
        """So many leads from there on, the oldest first."""
        body = LeadSearch(skip=skip, limit=limit, is_ascending=True)
        found = self._ask(_SEARCH, body=body)
        results: Any = found.results  # whatever the response has
        if not isinstance(results, list):
            raise FileError("the response of the API to a search has no leads")
        items = cast(list[Any], results)
        leads = [each.to_dict() for each in items if isinstance(each, LeadListApiView)]
        if len(leads) != len(items):
            raise FileError("the response of the API to a search has leads that cannot be read")
        return Page(leads, found.count if isinstance(found.count, int) else 0)

    def find(self, lead_id: str) -> dict[str, Any] | None:
        """What the platform tells of a lead; None if it finds none of this id.

        How it says so is not documented: a 404, a 400 that names no other argument, or nothing.
        """
        operation: Any = self.client.operation(_GET[self.api_version])
        try:
            found: dict[str, Any] = operation(self.campaign_id, lead_id).to_dict()
        except NotFoundError:
            return None
        except BadRequestError as error:
            if {*error.errors} <= {"lead_id"}:
                return None
            raise
        except UnexpectedResponseError as error:
            if error.body.strip() in ("", "null"):
                return None
            raise
        return found or None

    def delete(self, lead_ids: list[str]) -> bool:
        """Delete leads; whether the API says that they were."""
        body = DeleteLeadsRequestApi(lead_ids=lead_ids)
        return self._ask(_DELETE, body=body) is True

    def _ask(self, modules: Mapping[str, Any], **arguments: Any) -> Any:
        """The result of an operation on the campaign; FileError if there is no such campaign."""
        operation: Any = self.client.operation(modules[self.api_version])
        try:
            return operation(self.campaign_id, **arguments)
        except NotFoundError as error:
            said = str(error).splitlines()[0]
            raise FileError(plain(f"{said}\n{NO_SUCH_CAMPAIGN[self.api_version]}")) from error


def host() -> str:
    """The host of the environment, and whether it is a sandbox."""
    origin = str(read_base_url(None))
    # The configuration allows http for loopback only.
    return f"{origin}, a sandbox: no real calls" if origin.startswith("http:") else origin
