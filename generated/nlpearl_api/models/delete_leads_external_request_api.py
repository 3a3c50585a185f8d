from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DeleteLeadsExternalRequestApi")


@_attrs_define
class DeleteLeadsExternalRequestApi:
    """
    Attributes:
        lead_external_ids (list[str] | None | Unset):
    """

    lead_external_ids: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        lead_external_ids: list[str] | None | Unset
        if isinstance(self.lead_external_ids, Unset):
            lead_external_ids = UNSET
        elif isinstance(self.lead_external_ids, list):
            lead_external_ids = self.lead_external_ids

        else:
            lead_external_ids = self.lead_external_ids

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if lead_external_ids is not UNSET:
            field_dict["leadExternalIds"] = lead_external_ids

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_lead_external_ids(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                lead_external_ids_type_0 = cast(list[str], data)

                return lead_external_ids_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        lead_external_ids = _parse_lead_external_ids(d.pop("leadExternalIds", UNSET))

        delete_leads_external_request_api = cls(
            lead_external_ids=lead_external_ids,
        )

        return delete_leads_external_request_api
