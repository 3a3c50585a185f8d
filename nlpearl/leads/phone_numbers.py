"""Phone numbers: what is accepted, and how it is sent.

phone_cells.py says what stands in a cell, phone_readings.py which number that means.
"""

import re
from collections.abc import Callable
from functools import cache

from ..errors import InvalidArgumentError, InvalidLeadError
from ..privacy import masked
from .phone_cells import Spelling, folded, spelling, to_text
from .values import type_name

_E164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch


def to_phone_number(value: object, region: str | None = None) -> str:
    """The number in E.164, as it is sent; InvalidLeadError unless one number alone is meant.

    `region` (of `to_region`) is where numbers without a ``+`` are at home; without it they are
    errors. Accepted is a string, or a whole number (int, float, Decimal, numpy's), of digits with
    blanks, dots, hyphens, slashes and round brackets between them, folded as phone_cells.py says.
    Errors: anything else in it, a second number, a number that its country does not have (its
    length, or its beginning, by phonenumbers' metadata), and a cell that can mean two numbers.
    """
    is_number, number_meant = _readings()
    if isinstance(value, str) and _E164(value) and is_number(value[1:]):
        return str.__str__(value)
    text = ""
    try:
        text = folded(to_text(value))
        return number_meant(spelling(text, region), region)
    except ValueError as fault:
        digits = re.sub(r"[^0-9]", "", text)
        complaint = f"{masked(digits)}: {fault}" if digits else str(fault)
    raise InvalidLeadError.of({"phone_number": [complaint]})


@cache  # an import statement takes 1 µs each time
def _readings() -> tuple[Callable[[str], bool], Callable[[Spelling, str | None], str]]:
    """What phonenumbers decides. It takes 50 ms to import (2026-11)."""
    from .phone_readings import is_number, number_meant

    return is_number, number_meant


def to_region(value: object) -> str:
    """A region for `to_phone_number`: an ISO 3166 code of two letters, in any case; ValueError."""
    import phonenumbers

    region = value.strip().upper() if isinstance(value, str) else ""
    if region in phonenumbers.SUPPORTED_REGIONS:
        return region
    shown = ascii(value[:20]) if isinstance(value, str) else type_name(value)
    raise ValueError(
        f"{shown} is not a region; pass an ISO 3166 code of two letters, such as 'US', 'IT' or "
        "'GB' (not 'UK')"
    )


def check_region(value: object) -> str:
    """`to_region` for the argument of a client: InvalidArgumentError."""
    try:
        return to_region(value)
    except ValueError as fault:
        complaint = f"default_region={fault}"
    raise InvalidArgumentError(complaint)
