"""Which number a spelling means, by the numbering plans in phonenumbers' metadata.

Imported with the first lead: importing phonenumbers takes 50 ms (2026-11). It is given digits only,
since it looks for a number in a text, and turns letters into keys.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    CountryCodeSource,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberDesc,
    ValidationResult,
)

from ..privacy import masked
from .phone_cells import EXAMPLE, Spelling

_LONGEST = 15  # E.164, section 6.1

# What people still write before a national number though it is not dialed any more, by country
# code. Where only the operator tells the new number (Ivory Coast 2021, Benin 2024, Brazil's ninth
# digit), there is no rule.
_RETIRED = {
    # Mexico, 2019-08-03: from abroad 1 before a mobile, at home 044 and 045, and the trunk 01.
    52: re.compile(r"^(?:1|01|044|045)(?=[0-9]{10}$)"),
    # Argentina: 9, from abroad, and 15, at home, mean the same; libphonenumber reads either.
    54: re.compile(r"^9(?=0?[0-9]{12}$)"),
    # Poland, 2010-05-15: the trunk 0.
    48: re.compile(r"^0(?=[0-9]{9}$)"),
}

# With this, or with 00, both a call abroad and a national number of the region can begin.
_ALIKE = {"IL": "015", **dict.fromkeys(("BY", "KZ", "RU", "TJ", "TM"), "810")}

_CODES = {str(code): code for code in phonenumbers.supported_calling_codes()}
# The first of a code's regions is its main one.
_REGIONS = {code: phonenumbers.region_codes_for_country_code(code) for code in _CODES.values()}

# Country code and first digits: the region of the last such number. It is asked first: +1 has 25.
_latest: dict[tuple[int, str], str] = {}


class _Reading(NamedTuple):
    """One way to read the digits of a cell."""

    #: 0: no country has the code that they begin with.
    code: int
    #: The digits behind the code, a trunk prefix included.
    national: str
    #: How many digits stand in front of these.
    skipped: int
    #: Where it is written so; None: anywhere.
    region: str | None = None


def is_number(digits: str) -> bool:
    """Whether these digits are a number in E.164 without its +."""
    for length in (1, 2, 3):
        code = _CODES.get(digits[:length])
        if code is not None:
            return _exists(code, digits[length:])
    return False


def number_meant(spelling: Spelling, region: str | None) -> str:
    """The one number, in E.164, that it can mean; ValueError says why there is none, or not one.

    At home there are two readings: as a national number, and with the region's own country code in
    front.
    """
    if region is None and not spelling.plus:
        raise ValueError(
            f"it has no country: write it with a + and the country code, such as {EXAMPLE}, or say "
            "where it is at home, with region='US' in a Lead or default_region='US' in the client"
        )
    found: dict[str, None] = {}
    failed: _Reading | None = None
    for readings in (_readings, _by_way_out):  # the second, which takes a parse, if need be
        for reading in readings(spelling, region):
            if not reading.code:
                failed = failed or reading
                continue
            if _is_followed(spelling, reading):
                raise ValueError("a second number, or a note, stands behind it; pass one number")
            number = _number(reading, spelling.zero > 0)
            if number is not None and len(number) <= 1 + _LONGEST:
                found[number] = None
            else:
                failed = reading
        if found:
            break
    if not found:
        raise ValueError(_why_not(failed))
    if len(found) > 1:
        shown = " or ".join(f"{masked(each)} of {len(each) - 1} digits" for each in found)
        raise ValueError(
            f"it can mean two numbers, {shown} with the country code; write the one that is meant "
            "with a + and its country code"
        )
    return next(iter(found))


def _readings(spelling: Spelling, region: str | None) -> Iterator[_Reading]:
    """What the digits can mean, likely or not; if none exists, the last says best why."""
    digits, zero = spelling.digits, spelling.zero
    abroad = _abroad(digits, 2 if digits.startswith("00") and not spelling.plus else 0)
    if spelling.plus or (zero and zero == abroad.skipped):
        if zero in (0, abroad.skipped):
            yield abroad
    elif region is not None and not zero:
        code = phonenumbers.country_code_for_region(region)
        if digits.startswith(str(code)):
            yield abroad
        yield _Reading(code, digits, 0, region)
        if digits.startswith("00"):
            yield abroad
        if digits.startswith(("00", _ALIKE.get(region, "00"))):
            yield from _by_way_out(spelling, region)


def _abroad(digits: str, out: int) -> _Reading:
    """What stands behind the first `out` digits, as country code and national number."""
    for length in (1, 2, 3):
        code = _CODES.get(digits[out : out + length])
        if code is not None:
            return _Reading(code, digits[out + length :], out + length)
    return _Reading(0, digits[out:], out)


def _by_way_out(spelling: Spelling, region: str | None) -> Iterator[_Reading]:
    """The number behind the region's own prefix for calls abroad, such as 011."""
    if spelling.plus or region is None:
        return
    digits, zero = spelling.digits, spelling.zero
    number = _parsed(digits, region, CountryCodeSource.FROM_NUMBER_WITH_IDD)
    if number is None or number.country_code is None:
        return
    if not zero:
        national = phonenumbers.national_significant_number(number)
        yield _Reading(number.country_code, national, len(digits) - len(national))
    elif digits[:zero].endswith(str(number.country_code)):
        yield _Reading(number.country_code, digits[zero:], zero)


def _is_followed(spelling: Spelling, reading: _Reading) -> bool:
    """Whether more than an area code stands before a slash, or before the last bracket.

    Seven digits are more. Behind the first slash others may group the digits (0470/12/34/56, in
    Belgium), so that before these only a whole number is more.
    """
    heads = [spelling.digits[reading.skipped : place] for place in spelling.breaks]
    return any(len(head) >= 7 for head in heads[:2]) or any(
        len(head) > 3 and _dialed(reading, head) is not None for head in heads
    )


def _number(reading: _Reading, zero: bool) -> str | None:
    """The number of a reading, if it exists. With `zero`, a ``(0)`` stands behind the code."""
    code, national, _, region = reading
    dialed = _dialed(reading, national)
    if dialed is not None:
        return f"+{code}{dialed}"
    # What only libphonenumber knows: codes of carriers, Argentina's 15, local numbers of islands.
    if region is None:
        source = CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN
        number = _parsed(f"+{code}{national}", None, source)
    else:
        number = _parsed(national, region, CountryCodeSource.FROM_DEFAULT_COUNTRY)
    if number is not None and _exists(code, phonenumbers.national_significant_number(number)):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    shorter = national
    if zero:
        shorter = national.removeprefix("0")
    elif code in _RETIRED:
        shorter = _RETIRED[code].sub("", national)
    return None if shorter == national else _number(reading._replace(national=shorter), False)


def _dialed(reading: _Reading, national: str) -> str | None:
    """The national number as it stands or, if there is none such, without its trunk prefix."""
    code = reading.code
    if _exists(code, national):
        return national
    trunk = _trunk_prefix(reading.region or _REGIONS[code][0])
    rest = national.removeprefix(trunk)
    return rest if rest != national and _exists(code, rest) else None


def _exists(code: int, national: str) -> bool:
    """Whether the code's numbering plan has such a number: its length and its beginning."""
    if not national:
        return False
    regions = _REGIONS[code]
    key = code, national[:3]
    region = _latest.get(key, regions[0])
    if ordinary(region)(national):
        return True
    number = _phone_number(code, national)
    if phonenumbers.is_valid_number_for_region(number, region):
        return True
    if (
        len(regions) == 1
        or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE
        or not phonenumbers.is_valid_number(number)
    ):
        return False
    _latest[key] = phonenumbers.region_code_for_number(number) or regions[0]
    return True


@cache
def ordinary(region: str) -> Callable[[str], object]:
    """Matches the numbers of a region's fixed lines and mobiles, nearly all that there are.

    phonenumbers asks for eight other kinds first, which was 3 % of a call (2026-11).
    """
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None:  # a code of no region, such as +800
        return lambda _: None
    kinds = "|".join(map(_pattern, (plan.fixed_line, plan.mobile)))
    return re.compile(f"(?={_pattern(plan.general_desc)}$)(?:{kinds})").fullmatch


def _pattern(kind: PhoneNumberDesc | None) -> str:
    if kind is None:
        return "(?!)"
    lengths = "|".join(f"[0-9]{{{length}}}" for length in kind.possible_length)
    return f"(?:(?=(?:{lengths})$)(?:{kind.national_number_pattern}))"


def _phone_number(code: int, national: str) -> PhoneNumber:
    if not national.startswith("0"):
        return PhoneNumber(code, int(national))
    zeros = len(national) - len(national.lstrip("0") or "0")
    return PhoneNumber(code, int(national), None, zeros > 0, zeros)


def _parsed(text: str, region: str | None, source: int) -> PhoneNumber | None:
    """The number as libphonenumber reads it, if it finds the country code in this way."""
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    return number if number.country_code_source == source else None


@cache
def _trunk_prefix(region: str) -> str:
    return phonenumbers.ndd_prefix_for_region(region, True) or ""


def _why_not(reading: _Reading | None) -> str:
    """Why there is no such number, and what can be done about it."""
    if reading is None:
        return "a (0) stands behind more than a country code; leave it out"
    code, national = reading.code, reading.national
    if not code:
        return "no country has the code that it begins with"
    region = _REGIONS[code][0]
    kind = f"a number of +{code}" if region == "001" else f"a number of {region}"
    trunk = _trunk_prefix(reading.region or region)
    length = _length(code, national)
    if trunk.startswith("0") or length != ValidationResult.IS_POSSIBLE:
        national = national.removeprefix(trunk)
        length = _length(code, national)
    if length == ValidationResult.IS_POSSIBLE:
        if national.startswith("0") and not _keeps_zero(region):
            return f"{kind} does not begin with 0"
        return (
            f"phonenumbers {phonenumbers.__version__} does not know {kind} that begins so; check "
            "it. If it is new, update phonenumbers, or send it with `client.low_level`, which "
            "checks nothing"
        )
    return {
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: f"it lacks the area code of {kind}",
        ValidationResult.TOO_SHORT: f"it is too short for {kind}",
        ValidationResult.TOO_LONG: f"it is too long for {kind}",
    }.get(length, f"it does not have the length of {kind}")


def _length(code: int, national: str) -> int:
    """What the metadata say about its length alone, a ValidationResult."""
    if not national:
        return ValidationResult.TOO_SHORT
    if len(national) > _LONGEST - len(str(code)):
        return ValidationResult.TOO_LONG
    return phonenumbers.is_possible_number_with_reason(_phone_number(code, national))


def _keeps_zero(region: str) -> bool:
    """Whether numbers of the region begin with 0 from abroad, too, as in Italy."""
    kinds = phonenumbers.supported_types_for_region(region)
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    return any(example is not None and example.italian_leading_zero for example in examples)
