"""What the platform does with a request: reads it by the contract, keeps the lead, responds.

Nothing of sockets: a request goes in, the response and the fault to play come out.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from werkzeug import Request, Response

from . import problems
from .contract import Call, Contract
from .faults import Fault
from .records import ReceivedRequest, Records


@dataclass(frozen=True)
class Reply:
    """The response, and what is to be done to it on its way."""

    response: Response
    fault: Fault


@dataclass(frozen=True)
class Done:
    """The response of an operation, and what it does to the leads, unless a fault prevents that."""

    response: Response
    added: dict[str, object] | None = None
    deleted: tuple[object, ...] = ()


class Platform:
    """`campaign_ids` and `time_zones` are those that exist; None: every one does.

    It keeps leads for both versions of the API: every id in a path is a campaign. An
    operation that is not in `_operations` gets a response from its schema in the document.
    """

    def __init__(
        self,
        contract: Contract,
        records: Records,
        campaign_ids: frozenset[str] | None,
        time_zones: frozenset[str] | None,
        findable_after: float,
    ) -> None:
        self._contract = contract
        self._records = records
        self._campaign_ids = campaign_ids
        self._time_zones = time_zones
        self._findable_after = findable_after
        self._operations = {
            "addLead": self._add,
            "getLead": self._find,
            "getLeadByExternalId": self._find,
            "getLeadByPhoneNumber": self._find,
            "searchLeads": self._search,
            "deleteLeads": self._delete,
            "deleteLeadsByExternalId": self._delete,
            "getOutbound": self._get_campaign,
            "getPearl": self._get_campaign,
        }

    def play(self, request: Request) -> Reply:
        """What the request says is done when this returns, also if the response is then lost."""
        read = self._contract.read(request)
        with self._records.lock:
            fault = self._records.next_fault()
            done = Done(read) if isinstance(read, Response) else self._do(read)
            lead = done.added if fault.stored else None
            if lead:
                self._records.leads.append(lead)
                self._records.created[str(lead["leadId"])] = datetime.now(UTC)
            if done.deleted and fault.stored:
                leads = self._records.leads
                leads[:] = [each for each in leads if each["leadId"] not in done.deleted]
            response = _disturbed(done.response, fault)
            self._records.requests.append(
                ReceivedRequest(
                    method=request.method,
                    path=str(request.environ["REQUEST_URI"]),
                    headers={
                        name.lower(): value
                        for name, value in request.headers.items()
                        if name.lower() != "authorization"
                    },
                    body=request.get_data().decode(errors="replace"),
                    status=response.status_code if fault.responds else None,
                    lead_id=str(lead["leadId"]) if lead else None,
                )
            )
        return Reply(response, fault)

    def _do(self, call: Call) -> Done:
        campaign = _campaign(call.variables)
        known = self._campaign_ids
        if campaign is not None and known is not None and campaign not in known:
            return Done(problems.problem(404))
        operation = self._operations.get(call.operation_id.removesuffix("V2"))
        return Done(self._contract.sample(call)) if operation is None else operation(call)

    def _add(self, call: Call) -> Done:
        zone = call.body.get("timeZoneId")
        if self._time_zones is not None and zone is not None and zone not in self._time_zones:
            wrong = {"TimeZoneId": ["The value is not the id of a Windows time zone."]}
            return Done(problems.problem(400, wrong))
        lead_id = secrets.token_hex(12)
        return Done(_json({"leadId": lead_id}), {"leadId": lead_id, **call.variables, **call.body})

    def _findable(self, call: Call) -> list[dict[str, object]]:
        """The campaign's leads that can be found by now, the newest first."""
        campaign, now = _campaign(call.variables), datetime.now(UTC)
        return [
            lead
            for lead in reversed(self._records.leads)
            if _campaign(lead) == campaign
            and (now - self._created(lead)).total_seconds() >= self._findable_after
        ]

    def _created(self, lead: Mapping[str, object]) -> datetime:
        return self._records.created[str(lead["leadId"])]

    def _find(self, call: Call) -> Done:
        """The newest with what the last variable of the path says."""
        *_, (name, value) = call.variables.items()
        for lead in self._findable(call):
            if lead.get(name) == value:
                return Done(_json(self._shown(lead)))
        return Done(problems.problem(404))

    def _shown(self, lead: Mapping[str, object]) -> dict[str, object]:
        return {
            "id": lead["leadId"],
            "externalId": lead.get("externalId"),
            "phoneNumber": lead["phoneNumber"],
            "timeZone": None,
            "status": 1,
            "created": self._created(lead).isoformat(),
            "callsId": [],
            "lastCall": None,
            "callData": lead.get("callData"),
            "collectedData": None,
        }

    def _search(self, call: Call) -> Done:
        """`searchInput` is looked for in number, external id and call data; sorted by arrival."""
        body = cast(dict[str, Any], call.body)
        found = [self._shown(lead) for lead in self._findable(call)]
        if body.get("isAscending"):
            found.reverse()
        if body.get("statuses"):
            found = [lead for lead in found if lead["status"] in body["statuses"]]
        if text := body.get("searchInput"):
            found = [lead for lead in found if text in _texts(lead)]
        begin = max(0, body.get("skip", 0))
        end = begin + max(0, body.get("limit", len(found)))
        return Done(_json({"count": len(found), "results": found[begin:end]}))

    def _get_campaign(self, call: Call) -> Done:
        """Every campaign is an outbound one that runs."""
        campaign = _campaign(call.variables)
        known = {"id": campaign, "name": "Sandbox", "type": 2, "status": 1}
        leads = [lead for lead in self._records.leads if _campaign(lead) == campaign]
        return Done(_json({**known, "totalLeads": len(leads)}))

    def _delete(self, call: Call) -> Done:
        """An id that is not known changes nothing."""
        ((field, ids),) = [*call.body.items()] or [("leadIds", None)]
        name = "leadId" if field == "leadIds" else "externalId"
        campaign = _campaign(call.variables)
        gone = [
            lead["leadId"]
            for lead in self._records.leads
            if _campaign(lead) == campaign and lead.get(name) in (cast(list[object], ids or []))
        ]
        return Done(_json(True), deleted=tuple(gone))


def _campaign(names: Mapping[str, object]) -> object:
    """The id of the campaign; None if there is none."""
    return names.get("outboundId", names.get("pearlId"))


def _texts(lead: dict[str, Any]) -> str:
    call_data: dict[str, str] = lead["callData"] or {}
    return " ".join([lead["phoneNumber"], lead["externalId"] or "", *call_data.values()])


def _json(value: object) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def _disturbed(response: Response, fault: Fault) -> Response:
    """The response with the fault's status, headers and body in the place of its own."""
    if fault.status is not None:
        response = _of_status(response, fault.status)
    if fault.body is not None:
        response.set_data(fault.body)
        response.headers.setdefault("Content-Type", "application/json")
    for name, value in fault.headers.items():
        response.headers[name] = value
    return response


def _of_status(response: Response, status: int) -> Response:
    if status in (204, 205) or 300 <= status < 400:
        return problems.empty(status)
    if status == 401:
        return problems.unauthorized()
    if status >= 400:
        return problems.problem(status)
    response.status_code = status
    return response
