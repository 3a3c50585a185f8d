"""What a message may show of a phone number. Pure."""

import re

# Seven digits or more with what people put between them; not inside a word such as a trace id.
_LOOKS_LIKE_ONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,}(?![\w-])")


def masked(number: str) -> str:
    """The last two characters, enough to tell two rows apart and too few to call: ``…23``."""
    return f"…{number[-2:]}"


def mask_all(text: str) -> str:
    """The text with everything in it that looks like a phone number masked."""
    return _LOOKS_LIKE_ONE.sub(lambda match: masked(match[0]), text)
