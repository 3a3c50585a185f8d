from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LeadToAddResponseApi")


@_attrs_define
class LeadToAddResponseApi:
    """
    Attributes:
        lead_id (None | str | Unset):
    """

    lead_id: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        lead_id: None | str | Unset
        if isinstance(self.lead_id, Unset):
            lead_id = UNSET
        else:
            lead_id = self.lead_id

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if lead_id is not UNSET:
            field_dict["leadId"] = lead_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_lead_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        lead_id = _parse_lead_id(d.pop("leadId", UNSET))

        lead_to_add_response_api = cls(
            lead_id=lead_id,
        )

        return lead_to_add_response_api
