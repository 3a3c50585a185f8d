"""The time zone of a lead: a Windows time zone id, as the API wants it. Pure."""

from .errors import InvalidTimeZoneError


def to_windows_time_zone(value: object) -> str:
    """The id as it is sent. Raises InvalidTimeZoneError for what cannot be one."""
    if not isinstance(value, str):
        complaint = f"a Windows time zone id is a string, not {type(value).__name__}"
    elif not value.strip() or not value.isprintable():
        complaint = f"{value[:60]!a} is blank or holds a character that cannot be seen"
    else:
        return value
    raise InvalidTimeZoneError.of(
        {"time_zone": [f"{complaint}; pass an id such as 'Pacific Standard Time', or nothing"]}
    )
