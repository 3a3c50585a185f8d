"""Phone numbers: what is accepted, and how it is sent."""

import unicodedata
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InvalidArgumentError, InvalidLeadError
from ..privacy import masked

if TYPE_CHECKING:
    import phonenumbers

_EXAMPLE = "'+14155550123'"


def to_phone_number(value: object, region: str | None = None) -> str:
    """The number as it is sent: E.164 if there is a region, else as the caller writes it.

    Always: trimmed, its digits and blanks folded to ASCII. Raises InvalidLeadError unless it is a
    string with digits in it and nothing invisible; with a `region` (`check_region`), where numbers
    without a ``+`` are at home, also if no such number can exist. libphonenumber decides that.
    """
    if value is None:
        raise _fault(f"it is missing; pass a string such as {_EXAMPLE}")
    if not isinstance(value, str):
        raise _fault(f"a phone number is a string such as {_EXAMPLE}, not {type(value).__name__}")
    text = "".join(map(_folded, value)).strip()
    if not any(character in "0123456789" for character in text):
        raise _fault(f"there is no digit in it; pass a number such as {_EXAMPLE}")
    if not text.isprintable():
        raise _fault("it holds a character that cannot be seen; remove it")
    return text if region is None else _to_e164(text, region)


def check_region(value: object) -> str:
    """A region for `to_phone_number`: an ISO 3166 code of two letters, in any case.

    Raises InvalidArgumentError for any other, ConfigurationError if phonenumbers is not installed.
    """
    try:
        import phonenumbers
    except ImportError:
        raise ConfigurationError(
            "default_region needs the package phonenumbers. "
            "Run: pip install 'nlpearl-client[phone]'"
        ) from None
    region = value.strip().upper() if isinstance(value, str) else None
    if region in phonenumbers.SUPPORTED_REGIONS:
        return region
    shown = ascii(value[:20]) if isinstance(value, str) else type(value).__name__
    raise InvalidArgumentError(
        f"default_region={shown} is no region; pass an ISO 3166 code of two letters, such as 'US', "
        "'IT' or 'GB' (not 'UK')"
    )


def _fault(complaint: str) -> InvalidLeadError:
    return InvalidLeadError.of({"phone_number": [complaint]})


def _folded(character: str) -> str:
    """Full-width characters, digits of other scripts and typographic blanks as ASCII has them."""
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Zs":
        return " "
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return character


def _to_e164(text: str, region: str) -> str:
    import phonenumbers

    complaint = None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        number = None
        complaint = _why_unreadable(error.error_type, region)
    if number is not None:
        complaint = _why_impossible(number)
        if complaint is None:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise _fault(f"{masked(text)}: {complaint}")


def _why_unreadable(error_type: int, region: str) -> str:
    from phonenumbers import NumberParseException as Unreadable

    return {
        Unreadable.INVALID_COUNTRY_CODE: "no country has the code after the +",
        Unreadable.TOO_SHORT_AFTER_IDD: f"too short to be called from {region}",
        Unreadable.TOO_SHORT_NSN: "it is too short for a phone number",
        Unreadable.TOO_LONG: "it is too long for a phone number",
    }.get(error_type, "it does not read as a phone number")


def _why_impossible(number: "phonenumbers.PhoneNumber") -> str | None:
    import phonenumbers
    from phonenumbers import ValidationResult

    assert number.country_code is not None, "parse has set it"
    kind = f"a number of {phonenumbers.region_code_for_country_code(number.country_code)}"
    if number.extension:
        return "it has an extension, which E.164 has no place for; pass the number without it"
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE and not phonenumbers.is_valid_number(number):
        return (
            f"it is not {kind}, of which none begins so. If it is newer than your release of "
            "phonenumbers, update that package; a Lead is taken as it is"
        )
    return {
        ValidationResult.IS_POSSIBLE: None,
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: f"it lacks the area code of {kind}",
        ValidationResult.TOO_SHORT: f"it is too short for {kind}",
        ValidationResult.TOO_LONG: f"it is too long for {kind}",
    }.get(possible, f"it has not the length of {kind}")
