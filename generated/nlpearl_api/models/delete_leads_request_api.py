from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DeleteLeadsRequestApi")


@_attrs_define
class DeleteLeadsRequestApi:
    """
    Attributes:
        lead_ids (list[str] | None | Unset):
    """

    lead_ids: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        lead_ids: list[str] | None | Unset
        if isinstance(self.lead_ids, Unset):
            lead_ids = UNSET
        elif isinstance(self.lead_ids, list):
            lead_ids = self.lead_ids

        else:
            lead_ids = self.lead_ids

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if lead_ids is not UNSET:
            field_dict["leadIds"] = lead_ids

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_lead_ids(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                lead_ids_type_0 = cast(list[str], data)

                return lead_ids_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        lead_ids = _parse_lead_ids(d.pop("leadIds", UNSET))

        delete_leads_request_api = cls(
            lead_ids=lead_ids,
        )

        return delete_leads_request_api
