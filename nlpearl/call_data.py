"""Call data and external ids: what callers attach to a lead. Pure."""

from collections.abc import Mapping
from typing import cast

from .errors import InvalidLeadError


def to_call_data(value: object) -> dict[str, str]:
    """The variables of the call as they are sent, in a dict of our own.

    Raises InvalidLeadError with all faults at once; of values their types only are told.
    """
    if not isinstance(value, Mapping):
        complaint = f"call data is a mapping of names to strings, not {type(value).__name__}"
        raise InvalidLeadError.of({"call_data": [complaint]})
    found: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for key, item in cast(Mapping[object, object], value).items():
        if not isinstance(key, str):
            errors.setdefault("call_data", []).append(f"a {type(key).__name__} is no name")
        elif not isinstance(item, str):
            errors[f"call_data.{key}"] = [f"a value is a string, not {type(item).__name__}"]
        elif not key.strip() or not _is_unicode(key) or not _is_unicode(item):
            errors[f"call_data.{ascii(key)[1:-1]}"] = [
                "a blank name, or text with half a character"
            ]
        else:
            found[key] = item
    if errors:
        raise InvalidLeadError.of(errors)
    return found


def to_external_id(value: object) -> str:
    """The caller's own key of a lead. Raises InvalidLeadError unless it is a string, not blank."""
    if not isinstance(value, str):
        complaint = f"an external id is a string, not {type(value).__name__}"
    elif not value.strip() or not _is_unicode(value):
        complaint = "it is blank or holds half a character; pass your own key of the lead, or None"
    else:
        return value
    raise InvalidLeadError.of({"external_id": [complaint]})


def _is_unicode(text: str) -> bool:
    """Whether JSON can carry it: a lone surrogate has no bytes in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
