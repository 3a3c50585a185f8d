from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.lead_to_update_api_call_data import LeadToUpdateApiCallData


T = TypeVar("T", bound="LeadToUpdateApi")


@_attrs_define
class LeadToUpdateApi:
    """
    Attributes:
        phone_number (None | str | Unset):
        external_id (None | str | Unset):
        time_zone_id (None | str | Unset):
        call_data (LeadToUpdateApiCallData | None | Unset):
        status (int | None | Unset):
    """

    phone_number: None | str | Unset = UNSET
    external_id: None | str | Unset = UNSET
    time_zone_id: None | str | Unset = UNSET
    call_data: LeadToUpdateApiCallData | None | Unset = UNSET
    status: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.lead_to_update_api_call_data import LeadToUpdateApiCallData  # noqa: PLC0415

        phone_number: None | str | Unset
        if isinstance(self.phone_number, Unset):
            phone_number = UNSET
        else:
            phone_number = self.phone_number

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        time_zone_id: None | str | Unset
        if isinstance(self.time_zone_id, Unset):
            time_zone_id = UNSET
        else:
            time_zone_id = self.time_zone_id

        call_data: dict[str, Any] | None | Unset
        if isinstance(self.call_data, Unset):
            call_data = UNSET
        elif isinstance(self.call_data, LeadToUpdateApiCallData):
            call_data = self.call_data.to_dict()
        else:
            call_data = self.call_data

        status: int | None | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if phone_number is not UNSET:
            field_dict["phoneNumber"] = phone_number
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if time_zone_id is not UNSET:
            field_dict["timeZoneId"] = time_zone_id
        if call_data is not UNSET:
            field_dict["callData"] = call_data
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lead_to_update_api_call_data import LeadToUpdateApiCallData  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_phone_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone_number = _parse_phone_number(d.pop("phoneNumber", UNSET))

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("externalId", UNSET))

        def _parse_time_zone_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        time_zone_id = _parse_time_zone_id(d.pop("timeZoneId", UNSET))

        def _parse_call_data(data: object) -> LeadToUpdateApiCallData | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                call_data_type_0 = LeadToUpdateApiCallData.from_dict(data)

                return call_data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadToUpdateApiCallData | None | Unset, data)

        call_data = _parse_call_data(d.pop("callData", UNSET))

        def _parse_status(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        lead_to_update_api = cls(
            phone_number=phone_number,
            external_id=external_id,
            time_zone_id=time_zone_id,
            call_data=call_data,
            status=status,
        )

        return lead_to_update_api
