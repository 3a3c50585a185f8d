"""Call data: the variables of the call, as text.

On the wire every value is a string, whatever the variable's type on the platform.
"""

import math
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, cast

from ..errors import InvalidLeadError
from .values import is_missing, to_builtin, type_name

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    CallData: TypeAlias = Mapping[
        str, str | int | float | Decimal | date | time | UUID | Enum | None
    ]

# Beyond it a Decimal keeps its exponent: Decimal("1e999999") would be a megabyte of zeros.
_MOST_ZEROS = 100


def to_call_data(value: object) -> dict[str, str]:
    """The variables of the call as they are sent, in a dict of our own; None leaves a key out.

    Raises InvalidLeadError with all faults at once; of values their types only are told.
    """
    if not isinstance(value, Mapping):
        complaint = f"call data is a mapping of names to values, not {type_name(value)}"
        raise InvalidLeadError.of({"call_data": [complaint]})
    found: dict[str, str] = {}
    spellings: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for key, item in cast(Mapping[object, object], value).items():
        if not isinstance(key, str):
            complaint = f"a key is the name of a variable, a string, not {type_name(key)}"
            errors.setdefault("call_data", []).append(complaint)
            continue
        try:
            name = _to_name(key, spellings)
            if item is not None:
                found[name] = to_text(item)
        except ValueError as fault:
            errors.setdefault(f"call_data.{_shown(key)}", []).append(str(fault))
    if errors:
        raise InvalidLeadError.of(errors)
    return found


def _to_name(key: str, spellings: dict[str, str]) -> str:
    """The name; ValueError if it is blank, or differs from an earlier one only in case."""
    name = to_text(key)
    if not name.strip():
        raise ValueError("names must not be empty")
    earlier = spellings.setdefault(name.casefold(), name)
    if earlier != name:
        raise ValueError(f"the key differs from {_shown(earlier)!r} only in case; keep one of them")
    return name


def to_text(value: object) -> str:
    """The value as a string; ValueError with its type, never with the value, if it has none."""
    if isinstance(value, Enum):
        value = cast(object, value.value)
    if isinstance(value, str):
        if not _is_unicode(value):
            raise ValueError("it contains a lone surrogate, which is not valid Unicode")
        return str.__str__(value)
    value = to_builtin(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)  # a ValueError of its own for more than 4,300 digits
    if isinstance(value, float) and math.isfinite(value):
        return int.__repr__(int(value)) if value.is_integer() else float.__repr__(value)
    if isinstance(value, date | time) and not is_missing(value):
        return value.isoformat()
    # Imported here: neither costs a caller anything who has none of it.
    from decimal import Decimal
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}" if abs(value.adjusted()) < _MOST_ZEROS else str(value)
    kind = type_name(value)
    if isinstance(value, float | Decimal):
        kind = f"a {kind} that is not finite"
    elif is_missing(value):
        raise ValueError(f"it is missing ({kind}); pass None to leave the key out")
    raise ValueError(
        "a value is a str, int, float, Decimal, bool, date, time, datetime, UUID or Enum, not "
        f"{kind}; make it a string, or None to leave the key out"
    )


def _shown(key: str) -> str:
    return key if key.strip() and key.isprintable() else ascii(key)


def _is_unicode(text: str) -> bool:
    """Whether JSON can carry it: a lone surrogate has no bytes in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
