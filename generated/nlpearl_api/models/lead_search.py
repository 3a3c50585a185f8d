from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LeadSearch")


@_attrs_define
class LeadSearch:
    """
    Attributes:
        skip (int | Unset):
        limit (int | Unset):
        sort_prop (None | str | Unset):
        is_ascending (bool | Unset):
        statuses (list[int] | None | Unset):
        search_input (None | str | Unset):
    """

    skip: int | Unset = UNSET
    limit: int | Unset = UNSET
    sort_prop: None | str | Unset = UNSET
    is_ascending: bool | Unset = UNSET
    statuses: list[int] | None | Unset = UNSET
    search_input: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        skip = self.skip

        limit = self.limit

        sort_prop: None | str | Unset
        if isinstance(self.sort_prop, Unset):
            sort_prop = UNSET
        else:
            sort_prop = self.sort_prop

        is_ascending = self.is_ascending

        statuses: list[int] | None | Unset
        if isinstance(self.statuses, Unset):
            statuses = UNSET
        elif isinstance(self.statuses, list):
            statuses = self.statuses

        else:
            statuses = self.statuses

        search_input: None | str | Unset
        if isinstance(self.search_input, Unset):
            search_input = UNSET
        else:
            search_input = self.search_input

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if skip is not UNSET:
            field_dict["skip"] = skip
        if limit is not UNSET:
            field_dict["limit"] = limit
        if sort_prop is not UNSET:
            field_dict["sortProp"] = sort_prop
        if is_ascending is not UNSET:
            field_dict["isAscending"] = is_ascending
        if statuses is not UNSET:
            field_dict["statuses"] = statuses
        if search_input is not UNSET:
            field_dict["searchInput"] = search_input

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        skip = d.pop("skip", UNSET)

        limit = d.pop("limit", UNSET)

        def _parse_sort_prop(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sort_prop = _parse_sort_prop(d.pop("sortProp", UNSET))

        is_ascending = d.pop("isAscending", UNSET)

        def _parse_statuses(data: object) -> list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                statuses_type_0 = cast(list[int], data)

                return statuses_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None | Unset, data)

        statuses = _parse_statuses(d.pop("statuses", UNSET))

        def _parse_search_input(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        search_input = _parse_search_input(d.pop("searchInput", UNSET))

        lead_search = cls(
            skip=skip,
            limit=limit,
            sort_prop=sort_prop,
            is_ascending=is_ascending,
            statuses=statuses,
            search_input=search_input,
        )

        return lead_search
