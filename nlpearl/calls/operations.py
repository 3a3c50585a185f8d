"""The API's operations in the words of the generated code: the only module that imports it.

A new operation is one class here, see CONTRIBUTING.md.
"""

from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar

from nlpearl_api.api.outbound import add_lead, get_lead_by_external_id
from nlpearl_api.client import AuthenticatedClient as AuthenticatedClient
from nlpearl_api.models import LeadApi, LeadToAddApi, LeadToAddApiCallData, LeadToAddResponseApi

from ..http.lane import Lane
from ..http.settings import HEADERS
from ..http.threads import ThreadLane
from ..leads.lead import Lead
from ..leads.results import AddedLead, FoundLead, to_found_lead
from ..privacy import masked
from .call import IncompleteError, Operation

NO_SUCH_CAMPAIGN = "Check the campaign id: it is not the pearl id that the platform's URL shows."


class AddLead(Operation[AddedLead]):
    """PUT a lead."""

    reads = False
    needs = "lead id"
    arguments: ClassVar[Mapping[str, str]] = {
        "phonenumber": "phone_number",
        "externalid": "external_id",
        "timezoneid": "time_zone",
        "calldata": "call_data",
        "outboundid": "campaign_id",
    }
    unknown = (
        "The lead may exist. Look it up: `client.find_lead(campaign_id, external_id)`. If you find "
        "it, do not add it again; not finding it proves nothing."
    )
    not_found = NO_SUCH_CAMPAIGN
    earlier = "none of the earlier tries added the lead"

    def __init__(self, campaign_id: str, lead: Lead) -> None:
        self._campaign_id = campaign_id
        self._lead = lead
        if lead.external_id is None:
            self.unknown = (
                "The lead may exist. It has no external id to look it up by: look for its phone "
                "number on the platform before you add it again."
            )

    def __str__(self) -> str:
        return f"add_lead campaign={self._campaign_id} phone={masked(self._lead.phone_number)}"

    def send(self, client: Any) -> Coroutine[Any, Any, Any]:
        body = lead_body(self._lead)
        return add_lead.asyncio_detailed(self._campaign_id, client=client, body=body)

    def read(self, parsed: object, body: bytes) -> AddedLead:  # noqa: ARG002
        lead_id = parsed.lead_id if isinstance(parsed, LeadToAddResponseApi) else None
        if not isinstance(lead_id, str) or not lead_id.strip():
            raise IncompleteError
        return AddedLead(lead_id, self._lead)

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
    arguments: ClassVar[Mapping[str, str]] = {
        "externalid": "external_id",
        "outboundid": "campaign_id",
    }
    unknown = "Nothing was changed: it was only a lookup."
    not_found = NO_SUCH_CAMPAIGN

    def __init__(self, campaign_id: str, external_id: str) -> None:
        self._campaign_id = campaign_id
        self._external_id = external_id

    def __str__(self) -> str:
        return f"find_lead campaign={self._campaign_id}"

    def send(self, client: Any) -> Coroutine[Any, Any, Any]:
        return get_lead_by_external_id.asyncio_detailed(
            self._campaign_id, self._external_id, client=client
        )

    def read(self, parsed: object, body: bytes) -> FoundLead | None:
        if body.strip() in (b"", b"null"):
            return None
        if not isinstance(parsed, LeadApi):
            raise IncompleteError
        return to_found_lead(parsed.to_dict())


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
