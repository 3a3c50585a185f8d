from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.lead_api_view_call_data_type_0 import LeadApiViewCallDataType0
    from ..models.lead_api_view_collected_data_type_0 import LeadApiViewCollectedDataType0
    from ..models.lead_api_view_last_call_type_0 import LeadApiViewLastCallType0


T = TypeVar("T", bound="LeadApiView")


@_attrs_define
class LeadApiView:
    """
    Attributes:
        id (None | str | Unset):
        external_id (None | str | Unset):
        phone_number (None | str | Unset):
        time_zone (None | str | Unset):
        calls_id (list[str] | None | Unset):
        status (int | Unset):
        created (None | str | Unset):
        last_call (LeadApiViewLastCallType0 | None | Unset):
        call_data (LeadApiViewCallDataType0 | None | Unset):
        collected_data (LeadApiViewCollectedDataType0 | None | Unset):
    """

    id: None | str | Unset = UNSET
    external_id: None | str | Unset = UNSET
    phone_number: None | str | Unset = UNSET
    time_zone: None | str | Unset = UNSET
    calls_id: list[str] | None | Unset = UNSET
    status: int | Unset = UNSET
    created: None | str | Unset = UNSET
    last_call: LeadApiViewLastCallType0 | None | Unset = UNSET
    call_data: LeadApiViewCallDataType0 | None | Unset = UNSET
    collected_data: LeadApiViewCollectedDataType0 | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.lead_api_view_call_data_type_0 import LeadApiViewCallDataType0  # noqa: PLC0415
        from ..models.lead_api_view_collected_data_type_0 import LeadApiViewCollectedDataType0  # noqa: PLC0415
        from ..models.lead_api_view_last_call_type_0 import LeadApiViewLastCallType0  # noqa: PLC0415

        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        phone_number: None | str | Unset
        if isinstance(self.phone_number, Unset):
            phone_number = UNSET
        else:
            phone_number = self.phone_number

        time_zone: None | str | Unset
        if isinstance(self.time_zone, Unset):
            time_zone = UNSET
        else:
            time_zone = self.time_zone

        calls_id: list[str] | None | Unset
        if isinstance(self.calls_id, Unset):
            calls_id = UNSET
        elif isinstance(self.calls_id, list):
            calls_id = self.calls_id

        else:
            calls_id = self.calls_id

        status = self.status

        created: None | str | Unset
        if isinstance(self.created, Unset):
            created = UNSET
        else:
            created = self.created

        last_call: dict[str, Any] | None | Unset
        if isinstance(self.last_call, Unset):
            last_call = UNSET
        elif isinstance(self.last_call, LeadApiViewLastCallType0):
            last_call = self.last_call.to_dict()
        else:
            last_call = self.last_call

        call_data: dict[str, Any] | None | Unset
        if isinstance(self.call_data, Unset):
            call_data = UNSET
        elif isinstance(self.call_data, LeadApiViewCallDataType0):
            call_data = self.call_data.to_dict()
        else:
            call_data = self.call_data

        collected_data: dict[str, Any] | None | Unset
        if isinstance(self.collected_data, Unset):
            collected_data = UNSET
        elif isinstance(self.collected_data, LeadApiViewCollectedDataType0):
            collected_data = self.collected_data.to_dict()
        else:
            collected_data = self.collected_data

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if phone_number is not UNSET:
            field_dict["phoneNumber"] = phone_number
        if time_zone is not UNSET:
            field_dict["timeZone"] = time_zone
        if calls_id is not UNSET:
            field_dict["callsId"] = calls_id
        if status is not UNSET:
            field_dict["status"] = status
        if created is not UNSET:
            field_dict["created"] = created
        if last_call is not UNSET:
            field_dict["lastCall"] = last_call
        if call_data is not UNSET:
            field_dict["callData"] = call_data
        if collected_data is not UNSET:
            field_dict["collectedData"] = collected_data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lead_api_view_call_data_type_0 import LeadApiViewCallDataType0  # noqa: PLC0415
        from ..models.lead_api_view_collected_data_type_0 import LeadApiViewCollectedDataType0  # noqa: PLC0415
        from ..models.lead_api_view_last_call_type_0 import LeadApiViewLastCallType0  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        id = _parse_id(d.pop("id", UNSET))

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("externalId", UNSET))

        def _parse_phone_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone_number = _parse_phone_number(d.pop("phoneNumber", UNSET))

        def _parse_time_zone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        time_zone = _parse_time_zone(d.pop("timeZone", UNSET))

        def _parse_calls_id(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                calls_id_type_0 = cast(list[str], data)

                return calls_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        calls_id = _parse_calls_id(d.pop("callsId", UNSET))

        status = d.pop("status", UNSET)

        def _parse_created(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        created = _parse_created(d.pop("created", UNSET))

        def _parse_last_call(data: object) -> LeadApiViewLastCallType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                last_call_type_0 = LeadApiViewLastCallType0.from_dict(data)

                return last_call_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadApiViewLastCallType0 | None | Unset, data)

        last_call = _parse_last_call(d.pop("lastCall", UNSET))

        def _parse_call_data(data: object) -> LeadApiViewCallDataType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                call_data_type_0 = LeadApiViewCallDataType0.from_dict(data)

                return call_data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadApiViewCallDataType0 | None | Unset, data)

        call_data = _parse_call_data(d.pop("callData", UNSET))

        def _parse_collected_data(data: object) -> LeadApiViewCollectedDataType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                collected_data_type_0 = LeadApiViewCollectedDataType0.from_dict(data)

                return collected_data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadApiViewCollectedDataType0 | None | Unset, data)

        collected_data = _parse_collected_data(d.pop("collectedData", UNSET))

        lead_api_view = cls(
            id=id,
            external_id=external_id,
            phone_number=phone_number,
            time_zone=time_zone,
            calls_id=calls_id,
            status=status,
            created=created,
            last_call=last_call,
            call_data=call_data,
            collected_data=collected_data,
        )

        lead_api_view.additional_properties = d
        return lead_api_view

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
