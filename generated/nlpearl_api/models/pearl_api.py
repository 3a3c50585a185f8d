from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="PearlApi")


@_attrs_define
class PearlApi:
    """
    Attributes:
        id (None | str | Unset):
        name (None | str | Unset):
        type_ (int | None | Unset):
        status (int | Unset):
        phone_number (None | str | Unset):
        total_agents (int | None | Unset):
        created (None | str | Unset):
        budget_consumed (float | None | Unset):
        budget_total (float | None | Unset):
        total_today_calls (int | None | Unset):
        total_ongoing_calls (int | None | Unset):
        total_on_queue (int | None | Unset):
        total_leads (int | None | Unset):
        total_leads_completed (int | None | Unset):
        total_leads_success (int | None | Unset):
    """

    id: None | str | Unset = UNSET
    name: None | str | Unset = UNSET
    type_: int | None | Unset = UNSET
    status: int | Unset = UNSET
    phone_number: None | str | Unset = UNSET
    total_agents: int | None | Unset = UNSET
    created: None | str | Unset = UNSET
    budget_consumed: float | None | Unset = UNSET
    budget_total: float | None | Unset = UNSET
    total_today_calls: int | None | Unset = UNSET
    total_ongoing_calls: int | None | Unset = UNSET
    total_on_queue: int | None | Unset = UNSET
    total_leads: int | None | Unset = UNSET
    total_leads_completed: int | None | Unset = UNSET
    total_leads_success: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        type_: int | None | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        else:
            type_ = self.type_

        status = self.status

        phone_number: None | str | Unset
        if isinstance(self.phone_number, Unset):
            phone_number = UNSET
        else:
            phone_number = self.phone_number

        total_agents: int | None | Unset
        if isinstance(self.total_agents, Unset):
            total_agents = UNSET
        else:
            total_agents = self.total_agents

        created: None | str | Unset
        if isinstance(self.created, Unset):
            created = UNSET
        else:
            created = self.created

        budget_consumed: float | None | Unset
        if isinstance(self.budget_consumed, Unset):
            budget_consumed = UNSET
        else:
            budget_consumed = self.budget_consumed

        budget_total: float | None | Unset
        if isinstance(self.budget_total, Unset):
            budget_total = UNSET
        else:
            budget_total = self.budget_total

        total_today_calls: int | None | Unset
        if isinstance(self.total_today_calls, Unset):
            total_today_calls = UNSET
        else:
            total_today_calls = self.total_today_calls

        total_ongoing_calls: int | None | Unset
        if isinstance(self.total_ongoing_calls, Unset):
            total_ongoing_calls = UNSET
        else:
            total_ongoing_calls = self.total_ongoing_calls

        total_on_queue: int | None | Unset
        if isinstance(self.total_on_queue, Unset):
            total_on_queue = UNSET
        else:
            total_on_queue = self.total_on_queue

        total_leads: int | None | Unset
        if isinstance(self.total_leads, Unset):
            total_leads = UNSET
        else:
            total_leads = self.total_leads

        total_leads_completed: int | None | Unset
        if isinstance(self.total_leads_completed, Unset):
            total_leads_completed = UNSET
        else:
            total_leads_completed = self.total_leads_completed

        total_leads_success: int | None | Unset
        if isinstance(self.total_leads_success, Unset):
            total_leads_success = UNSET
        else:
            total_leads_success = self.total_leads_success

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if name is not UNSET:
            field_dict["name"] = name
        if type_ is not UNSET:
            field_dict["type"] = type_
        if status is not UNSET:
            field_dict["status"] = status
        if phone_number is not UNSET:
            field_dict["phoneNumber"] = phone_number
        if total_agents is not UNSET:
            field_dict["totalAgents"] = total_agents
        if created is not UNSET:
            field_dict["created"] = created
        if budget_consumed is not UNSET:
            field_dict["budgetConsumed"] = budget_consumed
        if budget_total is not UNSET:
            field_dict["budgetTotal"] = budget_total
        if total_today_calls is not UNSET:
            field_dict["totalTodayCalls"] = total_today_calls
        if total_ongoing_calls is not UNSET:
            field_dict["totalOngoingCalls"] = total_ongoing_calls
        if total_on_queue is not UNSET:
            field_dict["totalOnQueue"] = total_on_queue
        if total_leads is not UNSET:
            field_dict["totalLeads"] = total_leads
        if total_leads_completed is not UNSET:
            field_dict["totalLeadsCompleted"] = total_leads_completed
        if total_leads_success is not UNSET:
            field_dict["totalLeadsSuccess"] = total_leads_success

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        id = _parse_id(d.pop("id", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_type_(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        status = d.pop("status", UNSET)

        def _parse_phone_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone_number = _parse_phone_number(d.pop("phoneNumber", UNSET))

        def _parse_total_agents(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_agents = _parse_total_agents(d.pop("totalAgents", UNSET))

        def _parse_created(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        created = _parse_created(d.pop("created", UNSET))

        def _parse_budget_consumed(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        budget_consumed = _parse_budget_consumed(d.pop("budgetConsumed", UNSET))

        def _parse_budget_total(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        budget_total = _parse_budget_total(d.pop("budgetTotal", UNSET))

        def _parse_total_today_calls(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_today_calls = _parse_total_today_calls(d.pop("totalTodayCalls", UNSET))

        def _parse_total_ongoing_calls(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_ongoing_calls = _parse_total_ongoing_calls(d.pop("totalOngoingCalls", UNSET))

        def _parse_total_on_queue(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_on_queue = _parse_total_on_queue(d.pop("totalOnQueue", UNSET))

        def _parse_total_leads(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_leads = _parse_total_leads(d.pop("totalLeads", UNSET))

        def _parse_total_leads_completed(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_leads_completed = _parse_total_leads_completed(d.pop("totalLeadsCompleted", UNSET))

        def _parse_total_leads_success(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_leads_success = _parse_total_leads_success(d.pop("totalLeadsSuccess", UNSET))

        pearl_api = cls(
            id=id,
            name=name,
            type_=type_,
            status=status,
            phone_number=phone_number,
            total_agents=total_agents,
            created=created,
            budget_consumed=budget_consumed,
            budget_total=budget_total,
            total_today_calls=total_today_calls,
            total_ongoing_calls=total_ongoing_calls,
            total_on_queue=total_on_queue,
            total_leads=total_leads,
            total_leads_completed=total_leads_completed,
            total_leads_success=total_leads_success,
        )

        pearl_api.additional_properties = d
        return pearl_api

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
