"""What a message may show of a phone number, and of a URL with a password. Pure."""

import re

# Seven digits or more with what people put between them; not inside a word such as a trace id.
_LOOKS_LIKE_ONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,}(?![\w-])")


def masked(number: str) -> str:
    """The last two characters, enough to tell two rows apart and too few to call: ``…23``."""
    return f"…{number[-2:]}"


def mask_all(text: str) -> str:
    """The text with everything in it that looks like a phone number masked."""
    return _LOOKS_LIKE_ONE.sub(lambda match: masked(match[0]), text)


_HOST = r"(?:\[[\da-f:.]+\]|[\w.-]*)(?::\d+)?"
_PLACE = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/[\w.-]*)?", re.IGNORECASE)


def shown_place(where: str) -> str:
    """A path as it is, a URL as `shown_url`."""
    return shown_url(where) if "://" in where else where


def shown_url(url: str) -> str:
    """A URL without user, password and options; what is not certainly a place is left out."""
    scheme, _, rest = url.partition("://")
    secret, _, place = rest.rpartition("@")
    place = "…" if "?" in secret else place.partition("?")[0]
    return f"{scheme}://{place if _PLACE.fullmatch(place) else '…'}"
