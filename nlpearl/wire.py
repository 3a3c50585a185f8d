"""The API's operations in the words of the generated client: the only module that imports it."""

from typing import TYPE_CHECKING, Any

from nlpearl_api.api.outbound import add_lead, get_lead_by_external_id
from nlpearl_api.client import AuthenticatedClient
from nlpearl_api.models import LeadApi, LeadToAddApi, LeadToAddApiCallData, LeadToAddResponseApi

from .attempts import MISSING
from .found import to_found_lead
from .leads import AddedLead, Lead
from .phone_numbers import masked
from .transport import HEADERS, Connections

if TYPE_CHECKING:
    from .async_calls import AsyncConnections


class AddLead:
    """PUT a lead: its result is the AddedLead."""

    reads = False
    needs = "lead id"
    sync: "staticmethod[..., Any]" = staticmethod(add_lead.sync_detailed)
    asynchronous: "staticmethod[..., Any]" = staticmethod(add_lead.asyncio_detailed)

    def __init__(self, outbound_id: str, lead: Lead) -> None:
        self.outbound_id = outbound_id
        self.lead = lead

    def __str__(self) -> str:
        return f"add_lead outbound={self.outbound_id} phone={masked(self.lead.phone_number)}"

    def arguments(self) -> dict[str, Any]:
        """What is None is left out."""
        lead = self.lead
        body = LeadToAddApi(phone_number=lead.phone_number)
        if lead.external_id is not None:
            body.external_id = lead.external_id
        if lead.time_zone is not None:
            body.time_zone_id = lead.time_zone
        if lead.call_data is not None:
            body.call_data = LeadToAddApiCallData()
            body.call_data.additional_properties = lead.call_data
        return {"outbound_id": self.outbound_id, "body": body}

    def read(self, parsed: object, body: bytes) -> Any:  # noqa: ARG002  # FindLead needs it
        lead_id = parsed.lead_id if isinstance(parsed, LeadToAddResponseApi) else None
        if isinstance(lead_id, str) and lead_id.strip():
            return AddedLead(lead_id, self.lead)
        return MISSING

    def private(self) -> dict[str, str]:
        """Short values say nothing anyway."""
        shown = {self.lead.phone_number: masked(self.lead.phone_number)}
        for name, value in (self.lead.call_data or {}).items():
            if len(value) > 2:
                shown[value] = f"[{name}]"
        return shown


class FindLead:
    """GET a lead by its external id: its result is the FoundLead, or None."""

    reads = True
    needs = "lead"
    sync: "staticmethod[..., Any]" = staticmethod(get_lead_by_external_id.sync_detailed)
    asynchronous: "staticmethod[..., Any]" = staticmethod(get_lead_by_external_id.asyncio_detailed)

    def __init__(self, outbound_id: str, external_id: str) -> None:
        self.outbound_id = outbound_id
        self.external_id = external_id

    def __str__(self) -> str:
        return f"find_lead outbound={self.outbound_id}"

    def arguments(self) -> dict[str, Any]:
        return {"outbound_id": self.outbound_id, "external_id": self.external_id}

    def read(self, parsed: object, body: bytes) -> Any:
        if body.strip() in (b"", b"null"):
            return None
        return to_found_lead(parsed.to_dict()) if isinstance(parsed, LeadApi) else MISSING

    def private(self) -> dict[str, str]:
        return {}


class _Signed:
    """A caller's httpx client for the generated code: signed, and otherwise as it is."""

    def __init__(self, connections: "Connections | AsyncConnections") -> None:
        self._connections = connections

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """The answer, or for async an awaitable of it."""
        kwargs.setdefault("headers", {}).update(HEADERS)
        url = self._connections.origin + url
        auth = self._connections.signer
        return self._connections.client().request(method, url, auth=auth, **kwargs)


def low_level(connections: "Connections | AsyncConnections") -> AuthenticatedClient:
    """The generated client, signed and ready. Its token is empty, since its repr shows it."""
    client = AuthenticatedClient(base_url=connections.origin, token="")
    http: Any = connections.client() if connections.own else _Signed(connections)
    if isinstance(connections, Connections):
        return client.set_httpx_client(http)
    return client.set_async_httpx_client(http)
