"""The wrapper's operations in the words of the generated code: the only module that imports it.

Each is one class, see CONTRIBUTING.md; all the others are in any_operation.py.
"""

from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple

from nlpearl_api.api.outbound import (
    add_lead,
    add_lead_v2,
    get_lead_by_external_id,
    get_lead_by_external_id_v2,
)
from nlpearl_api.client import AuthenticatedClient as AuthenticatedClient
from nlpearl_api.models import (
    LeadToAddApi,
    LeadToAddApiCallData,
    LeadToAddResponseApi,
)
from nlpearl_api.models import ValidationProblemDetails as ValidationProblemDetails

from ..http.lane import Lane
from ..http.settings import HEADERS
from ..http.threads import ThreadLane
from ..leads.lead import Lead
from ..leads.results import AddedLead, FoundLead, to_found_lead
from ..privacy import masked
from .call import IncompleteError, Operation
from .responses import json_object

#: What a 404 means, by the version of the API.
NO_SUCH_CAMPAIGN = {
    "v1": "Check the campaign id: API v1 takes the outbound id, not the pearl id in the "
    "platform's URL. For that one, make the client with api_version='v2'.",
    "v2": "Check the campaign id: API v2 takes the pearl id, which is in the platform's URL, not "
    "the outbound id. For that one, make the client with api_version='v1'.",
}
_ADD: Mapping[str, Any] = {"v1": add_lead, "v2": add_lead_v2}
_FIND: Mapping[str, Any] = {"v1": get_lead_by_external_id, "v2": get_lead_by_external_id_v2}


class AddLead(Operation[AddedLead]):
    """Add a lead: a PUT in v1, a POST in v2."""

    reads = False
    needs = "lead id"
    arguments: Mapping[str, str] = {
        "phonenumber": "phone_number",
        "externalid": "external_id",
        "timezoneid": "time_zone",
        "calldata": "call_data",
        "outboundid": "campaign_id",
        "pearlid": "campaign_id",
    }
    unknown: str = (
        "The lead may exist. Look it up: `client.find_lead(campaign_id, external_id)`. If you find "
        "it, do not add it again; not finding it proves nothing."
    )
    earlier = "none of the earlier tries added the lead"

    def __init__(self, campaign_id: str, lead: Lead, version: str) -> None:
        self._campaign_id = campaign_id
        self._lead = lead
        self._module = _ADD[version]
        self.not_found: str = NO_SUCH_CAMPAIGN[version]
        if lead.external_id is None:
            self.unknown = (
                "The lead may exist. It has no external id to look it up by: look for its phone "
                "number on the platform before you add it again."
            )

    def __str__(self) -> str:
        return f"add_lead campaign={self._campaign_id} phone={masked(self._lead.phone_number)}"

    def send(self, client: Any) -> Coroutine[Any, Any, Any]:
        body = lead_body(self._lead)
        call: Coroutine[Any, Any, Any] = self._module.asyncio_detailed(
            self._campaign_id, client=client, body=body
        )
        return call

    def read(self, parsed: object, body: bytes) -> AddedLead:  # noqa: ARG002
        lead_id = parsed.lead_id if isinstance(parsed, LeadToAddResponseApi) else None
        if not isinstance(lead_id, str) or not lead_id.strip():
            raise IncompleteError
        return AddedLead(lead_id, self._lead)

    def known(self, result: AddedLead) -> str:
        return f"The lead was added; its lead id is {result.lead_id}."

    def private(self) -> dict[str, str]:
        """The phone number and the call data; values of one or two characters say nothing."""
        shown = {self._lead.phone_number: masked(self._lead.phone_number)}
        for name, value in (self._lead.call_data or {}).items():
            if len(value) > 2:
                shown[value] = f"[{name}]"
        return shown


def lead_body(lead: Lead) -> LeadToAddApi:
    """The lead as the generated code sends it; what is None is left out."""
    body = LeadToAddApi(phone_number=lead.phone_number)
    if lead.external_id is not None:
        body.external_id = lead.external_id
    if lead.time_zone is not None:
        body.time_zone_id = lead.time_zone
    if (call_data := lead.call_data) is not None:
        body.call_data = LeadToAddApiCallData()
        body.call_data.additional_properties = call_data
    return body


class FindLead(Operation[FoundLead | None]):
    """GET a lead by its external id; None if there is no such lead."""

    reads = True
    needs = "lead"
    arguments: Mapping[str, str] = {
        "externalid": "external_id",
        "outboundid": "campaign_id",
        "pearlid": "campaign_id",
    }
    unknown = "Nothing was changed: it was only a lookup."

    def __init__(self, campaign_id: str, external_id: str, version: str) -> None:
        self._campaign_id = campaign_id
        self._external_id = external_id
        self._module = _FIND[version]
        self.not_found: str = NO_SUCH_CAMPAIGN[version]

    def __str__(self) -> str:
        return f"find_lead campaign={self._campaign_id}"

    def send(self, client: Any) -> Coroutine[Any, Any, Any]:
        call: Coroutine[Any, Any, Any] = self._module.asyncio_detailed(
            self._campaign_id, self._external_id, client=client
        )
        return call

    def read(self, parsed: object, body: bytes) -> FoundLead | None:  # noqa: ARG002
        """Of the body itself, whatever types the vendor's document may give it."""
        if body.strip() in (b"", b"null", b"[]"):
            return None
        found = json_object(body.decode("utf-8-sig", "replace"))
        if found is None:
            raise IncompleteError
        return to_found_lead(found)


class CampaignModules(NamedTuple):
    """What the command asks of a campaign, by the door of any operation: generated modules."""

    campaign: Any
    search: Any
    get: Any
    delete: Any


def campaign_modules(version: str) -> CampaignModules:
    """Those of this version of the API. Imported when used: nobody else needs them."""
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

    if version == "v1":
        return CampaignModules(get_outbound, search_leads, get_lead, delete_leads)
    return CampaignModules(get_pearl, search_leads_v2, get_lead_v2, delete_leads_v2)


def search_body(skip: int, limit: int) -> Any:
    """Asks for so many leads from there on, the oldest first."""
    from nlpearl_api.models import LeadSearch

    return LeadSearch(skip=skip, limit=limit, is_ascending=True)


def deletion_body(lead_ids: list[str]) -> Any:
    from nlpearl_api.models import DeleteLeadsRequestApi

    return DeleteLeadsRequestApi(lead_ids=lead_ids)


class _Signed:
    """A caller's httpx client for the generated code: signed, and otherwise unchanged."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """The response, or for async an awaitable of it."""
        kwargs.setdefault("headers", {}).update(HEADERS)
        http = self._lane.http_client()
        return http.request(method, self._lane.origin + url, auth=self._lane.signer, **kwargs)


def low_level(lane: Lane) -> AuthenticatedClient:
    """The generated client with the API key. Its token is empty, since its repr shows it."""
    client = AuthenticatedClient(base_url=lane.origin, token="")
    http: Any = lane.http_client() if lane.own else _Signed(lane)
    if isinstance(lane, ThreadLane):
        return client.set_httpx_client(http)
    return client.set_async_httpx_client(http)
