from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.call_api_view_collected_info_type_0_item import CallApiViewCollectedInfoType0Item
    from ..models.call_api_view_transcript_type_0_item import CallApiViewTranscriptType0Item


T = TypeVar("T", bound="CallApiView")


@_attrs_define
class CallApiView:
    """
    Attributes:
        id (None | str | Unset):
        pearl_id (None | str | Unset):
        related_id (None | str | Unset):
        start_time (None | str | Unset):
        conversation_status (int | Unset):
        status (int | Unset):
        from_ (None | str | Unset):
        to (None | str | Unset):
        name (None | str | Unset):
        duration (float | None | Unset):
        recording (None | str | Unset):
        transcript (list[CallApiViewTranscriptType0Item] | None | Unset):
        summary (None | str | Unset):
        collected_info (list[CallApiViewCollectedInfoType0Item] | None | Unset):
        tags (list[str] | None | Unset):
        is_call_transferred (bool | None | Unset):
        overall_sentiment (int | None | Unset):
    """

    id: None | str | Unset = UNSET
    pearl_id: None | str | Unset = UNSET
    related_id: None | str | Unset = UNSET
    start_time: None | str | Unset = UNSET
    conversation_status: int | Unset = UNSET
    status: int | Unset = UNSET
    from_: None | str | Unset = UNSET
    to: None | str | Unset = UNSET
    name: None | str | Unset = UNSET
    duration: float | None | Unset = UNSET
    recording: None | str | Unset = UNSET
    transcript: list[CallApiViewTranscriptType0Item] | None | Unset = UNSET
    summary: None | str | Unset = UNSET
    collected_info: list[CallApiViewCollectedInfoType0Item] | None | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    is_call_transferred: bool | None | Unset = UNSET
    overall_sentiment: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        pearl_id: None | str | Unset
        if isinstance(self.pearl_id, Unset):
            pearl_id = UNSET
        else:
            pearl_id = self.pearl_id

        related_id: None | str | Unset
        if isinstance(self.related_id, Unset):
            related_id = UNSET
        else:
            related_id = self.related_id

        start_time: None | str | Unset
        if isinstance(self.start_time, Unset):
            start_time = UNSET
        else:
            start_time = self.start_time

        conversation_status = self.conversation_status

        status = self.status

        from_: None | str | Unset
        if isinstance(self.from_, Unset):
            from_ = UNSET
        else:
            from_ = self.from_

        to: None | str | Unset
        if isinstance(self.to, Unset):
            to = UNSET
        else:
            to = self.to

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        duration: float | None | Unset
        if isinstance(self.duration, Unset):
            duration = UNSET
        else:
            duration = self.duration

        recording: None | str | Unset
        if isinstance(self.recording, Unset):
            recording = UNSET
        else:
            recording = self.recording

        transcript: list[dict[str, Any]] | None | Unset
        if isinstance(self.transcript, Unset):
            transcript = UNSET
        elif isinstance(self.transcript, list):
            transcript = []
            for transcript_type_0_item_data in self.transcript:
                transcript_type_0_item = transcript_type_0_item_data.to_dict()
                transcript.append(transcript_type_0_item)

        else:
            transcript = self.transcript

        summary: None | str | Unset
        if isinstance(self.summary, Unset):
            summary = UNSET
        else:
            summary = self.summary

        collected_info: list[dict[str, Any]] | None | Unset
        if isinstance(self.collected_info, Unset):
            collected_info = UNSET
        elif isinstance(self.collected_info, list):
            collected_info = []
            for collected_info_type_0_item_data in self.collected_info:
                collected_info_type_0_item = collected_info_type_0_item_data.to_dict()
                collected_info.append(collected_info_type_0_item)

        else:
            collected_info = self.collected_info

        tags: list[str] | None | Unset
        if isinstance(self.tags, Unset):
            tags = UNSET
        elif isinstance(self.tags, list):
            tags = self.tags

        else:
            tags = self.tags

        is_call_transferred: bool | None | Unset
        if isinstance(self.is_call_transferred, Unset):
            is_call_transferred = UNSET
        else:
            is_call_transferred = self.is_call_transferred

        overall_sentiment: int | None | Unset
        if isinstance(self.overall_sentiment, Unset):
            overall_sentiment = UNSET
        else:
            overall_sentiment = self.overall_sentiment

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if pearl_id is not UNSET:
            field_dict["pearlId"] = pearl_id
        if related_id is not UNSET:
            field_dict["relatedId"] = related_id
        if start_time is not UNSET:
            field_dict["startTime"] = start_time
        if conversation_status is not UNSET:
            field_dict["conversationStatus"] = conversation_status
        if status is not UNSET:
            field_dict["status"] = status
        if from_ is not UNSET:
            field_dict["from"] = from_
        if to is not UNSET:
            field_dict["to"] = to
        if name is not UNSET:
            field_dict["name"] = name
        if duration is not UNSET:
            field_dict["duration"] = duration
        if recording is not UNSET:
            field_dict["recording"] = recording
        if transcript is not UNSET:
            field_dict["transcript"] = transcript
        if summary is not UNSET:
            field_dict["summary"] = summary
        if collected_info is not UNSET:
            field_dict["collectedInfo"] = collected_info
        if tags is not UNSET:
            field_dict["tags"] = tags
        if is_call_transferred is not UNSET:
            field_dict["isCallTransferred"] = is_call_transferred
        if overall_sentiment is not UNSET:
            field_dict["overallSentiment"] = overall_sentiment

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.call_api_view_collected_info_type_0_item import CallApiViewCollectedInfoType0Item  # noqa: PLC0415
        from ..models.call_api_view_transcript_type_0_item import CallApiViewTranscriptType0Item  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        id = _parse_id(d.pop("id", UNSET))

        def _parse_pearl_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pearl_id = _parse_pearl_id(d.pop("pearlId", UNSET))

        def _parse_related_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        related_id = _parse_related_id(d.pop("relatedId", UNSET))

        def _parse_start_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        start_time = _parse_start_time(d.pop("startTime", UNSET))

        conversation_status = d.pop("conversationStatus", UNSET)

        status = d.pop("status", UNSET)

        def _parse_from_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        from_ = _parse_from_(d.pop("from", UNSET))

        def _parse_to(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        to = _parse_to(d.pop("to", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_duration(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        duration = _parse_duration(d.pop("duration", UNSET))

        def _parse_recording(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        recording = _parse_recording(d.pop("recording", UNSET))

        def _parse_transcript(data: object) -> list[CallApiViewTranscriptType0Item] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                transcript_type_0 = []
                _transcript_type_0 = data
                for transcript_type_0_item_data in _transcript_type_0:
                    transcript_type_0_item = CallApiViewTranscriptType0Item.from_dict(transcript_type_0_item_data)

                    transcript_type_0.append(transcript_type_0_item)

                return transcript_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[CallApiViewTranscriptType0Item] | None | Unset, data)

        transcript = _parse_transcript(d.pop("transcript", UNSET))

        def _parse_summary(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        summary = _parse_summary(d.pop("summary", UNSET))

        def _parse_collected_info(data: object) -> list[CallApiViewCollectedInfoType0Item] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                collected_info_type_0 = []
                _collected_info_type_0 = data
                for collected_info_type_0_item_data in _collected_info_type_0:
                    collected_info_type_0_item = CallApiViewCollectedInfoType0Item.from_dict(collected_info_type_0_item_data)

                    collected_info_type_0.append(collected_info_type_0_item)

                return collected_info_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[CallApiViewCollectedInfoType0Item] | None | Unset, data)

        collected_info = _parse_collected_info(d.pop("collectedInfo", UNSET))

        def _parse_tags(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tags_type_0 = cast(list[str], data)

                return tags_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        tags = _parse_tags(d.pop("tags", UNSET))

        def _parse_is_call_transferred(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_call_transferred = _parse_is_call_transferred(d.pop("isCallTransferred", UNSET))

        def _parse_overall_sentiment(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        overall_sentiment = _parse_overall_sentiment(d.pop("overallSentiment", UNSET))

        call_api_view = cls(
            id=id,
            pearl_id=pearl_id,
            related_id=related_id,
            start_time=start_time,
            conversation_status=conversation_status,
            status=status,
            from_=from_,
            to=to,
            name=name,
            duration=duration,
            recording=recording,
            transcript=transcript,
            summary=summary,
            collected_info=collected_info,
            tags=tags,
            is_call_transferred=is_call_transferred,
            overall_sentiment=overall_sentiment,
        )

        call_api_view.additional_properties = d
        return call_api_view

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
