"""What the platform does with a request: reads it by the contract, keeps the lead, answers.

Nothing of sockets: a request goes in, the answer and the fault to play come out.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from werkzeug import Request, Response

from . import problems
from .contract import Call, Contract
from .faults import Fault
from .records import ReceivedRequest, Records


@dataclass(frozen=True)
class Reply:
    """The answer, and what is to be done to it on its way."""

    answer: Response
    fault: Fault


class Platform:
    """`campaign_ids` and `time_zones` are those that exist; None: every one does."""

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
        self._operations = {"addLead": self._add_lead, "getLeadByExternalId": self._find_lead}

    def play(self, request: Request) -> Reply:
        """Whatever the request says is done when this returns, also if the answer is then lost."""
        read = self._contract.read(request)
        with self._records.lock:
            fault = self._records.next_fault()
            lead: dict[str, object] | None = None
            if isinstance(read, Response):
                answer = read
            elif read.operation_id in self._operations:
                answer, lead = self._operations[read.operation_id](read)
            else:
                answer = problems.problem(501)
            if lead and fault.stored:
                self._records.leads.append(lead)
                self._records.created[str(lead["leadId"])] = datetime.now(UTC)
            answer = _disturbed(answer, fault)
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
                    status=answer.status_code if fault.answers else None,
                    lead_id=str(lead["leadId"]) if lead and fault.stored else None,
                )
            )
        return Reply(answer, fault)

    def _add_lead(self, call: Call) -> tuple[Response, dict[str, object] | None]:
        (campaign_id,) = call.variables.values()
        if self._campaign_ids is not None and campaign_id not in self._campaign_ids:
            return problems.problem(404), None
        zone = call.body.get("timeZoneId")
        if self._time_zones is not None and zone is not None and zone not in self._time_zones:
            wrong = {"TimeZoneId": ["The value is not the id of a Windows time zone."]}
            return problems.problem(400, wrong), None
        lead_id = secrets.token_hex(12)
        lead = {"leadId": lead_id, "outboundId": campaign_id, **call.body}
        answer = Response(json.dumps({"leadId": lead_id}), content_type="application/json")
        return answer, lead

    def _find_lead(self, call: Call) -> tuple[Response, None]:
        """The newest of that external id, once it can be found."""
        campaign_id, external_id = call.variables["outboundId"], call.variables["externalId"]
        now = datetime.now(UTC)
        for lead in reversed(self._records.leads):
            created = self._records.created[str(lead["leadId"])]
            known = (lead["outboundId"], lead.get("externalId")) == (campaign_id, external_id)
            if known and (now - created).total_seconds() >= self._findable_after:
                found: dict[str, object] = {
                    "id": lead["leadId"],
                    "externalId": external_id,
                    "phoneNumber": lead["phoneNumber"],
                    "timeZone": None,
                    "status": 1,
                    "created": created.isoformat(),
                    "callsId": [],
                    "lastCall": None,
                    "callData": lead.get("callData"),
                    "collectedData": None,
                }
                return Response(json.dumps(found), content_type="application/json"), None
        return problems.problem(404), None


def _disturbed(answer: Response, fault: Fault) -> Response:
    """The answer with the fault's status, headers and body in the place of its own."""
    if fault.status is not None:
        answer = _of_status(answer, fault.status)
    if fault.body is not None:
        answer.set_data(fault.body)
        answer.headers.setdefault("Content-Type", "application/json")
    for name, value in fault.headers.items():
        answer.headers[name] = value
    return answer


def _of_status(answer: Response, status: int) -> Response:
    if status in (204, 205) or 300 <= status < 400:
        return problems.empty(status)
    if status == 401:
        return problems.unauthorized()
    if status >= 400:
        return problems.problem(status)
    answer.status_code = status
    return answer
