from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.lead_to_add_api_call_data import LeadToAddApiCallData


T = TypeVar("T", bound="LeadToAddApi")


@_attrs_define
class LeadToAddApi:
    """
    Attributes:
        phone_number (str): The phone number of the lead.
        external_id (None | str | Unset): An optional external identifier for the lead.
        time_zone_id (None | str | Unset): Optional time zone identifier for the lead.
            If provided, this will override the default time zone configured at the outbound level.
            By default, an outbound campaign has a predefined time zone (set during creation or modified later on the
            platform),
            but you can assign a specific time zone to a lead by specifying this property.

            If not provided, the lead will use the outbound's default time zone.

            For valid values, refer to the "TimeZone" column in the following list:
            [Time Zone List](https://learn.microsoft.com/en-us/windows-hardware/manufacture/desktop/default-time-
            zones?view=windows-11)

            Examples: `"Pacific Standard Time"`, `"Türkiye Standard Time"`
        call_data (LeadToAddApiCallData | None | Unset): A dictionary containing additional information about the call.
            It is used as variables that you can use in "Opening Sentence" or "Flow Script" when you create a Pearl on the
            platform.
            The keys represent the field names, and the values contain the corresponding data.
            This information can be used to personalize the conversation or manage lead-specific details.
            This parameter is optional.

            See [Variables](/pages/variables) for more information.
            Here is an example of the json to send:

            `{ "email" : "joe@gmail.com", "address": "3 Abbey Road UK" , "carLicense" : "90-929-82" }`
    """

    phone_number: str
    external_id: None | str | Unset = UNSET
    time_zone_id: None | str | Unset = UNSET
    call_data: LeadToAddApiCallData | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.lead_to_add_api_call_data import LeadToAddApiCallData  # noqa: PLC0415

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
        elif isinstance(self.call_data, LeadToAddApiCallData):
            call_data = self.call_data.to_dict()
        else:
            call_data = self.call_data

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "phoneNumber": phone_number,
            }
        )
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if time_zone_id is not UNSET:
            field_dict["timeZoneId"] = time_zone_id
        if call_data is not UNSET:
            field_dict["callData"] = call_data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lead_to_add_api_call_data import LeadToAddApiCallData  # noqa: PLC0415

        d = dict(src_dict)
        phone_number = d.pop("phoneNumber")

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

        def _parse_call_data(data: object) -> LeadToAddApiCallData | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                call_data_type_0 = LeadToAddApiCallData.from_dict(data)

                return call_data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadToAddApiCallData | None | Unset, data)

        call_data = _parse_call_data(d.pop("callData", UNSET))

        lead_to_add_api = cls(
            phone_number=phone_number,
            external_id=external_id,
            time_zone_id=time_zone_id,
            call_data=call_data,
        )

        return lead_to_add_api
