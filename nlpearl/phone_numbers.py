"""Phone numbers: what is accepted, and how they look in messages. Pure."""

import re

from .errors import InvalidLeadError

# Seven digits or more with what people put between them; not inside a word such as a trace id.
_LOOKS_LIKE_ONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,}(?![\w-])")


def masked(number: str) -> str:
    """The last two characters, enough to tell two rows apart and too few to call: ``…23``."""
    return f"…{number[-2:]}"


def mask_all(text: str) -> str:
    """The text with everything in it that looks like a phone number masked."""
    return _LOOKS_LIKE_ONE.sub(lambda match: masked(match[0]), text)


def to_phone_number(value: object) -> str:
    """The number as it is sent. Raises InvalidLeadError unless it is a string with digits in it."""
    if not isinstance(value, str):
        complaint = f"a phone number is a string such as '+14155550123', not {type(value).__name__}"
    elif not any(character.isdigit() for character in value):
        complaint = "there is no digit in it; pass a number such as '+14155550123'"
    elif not value.strip().isprintable():
        complaint = "it holds a character that cannot be seen; remove it"
    else:
        return value.strip()
    raise InvalidLeadError.of({"phone_number": [complaint]})
