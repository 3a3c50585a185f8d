"""Which names are accepted, and the id of each."""

import unicodedata
from functools import cache

from .table import IANA_NAMES, WINDOWS_TIME_ZONES

# What is sent for Europe/Istanbul and its links. It is the only spelling that the vendor documents
# (v1 and v2, 2026-11), after a rename on Microsoft's page. Windows, .NET, CLDR and ICU say "Turkey
# Standard Time"; which of the two the live API takes is unknown, so a caller's own spelling passes
# as it is written. Should it turn out to be the other one, this is the line to change.
SENT_FOR_TURKIYE = "Türkiye Standard Time"


def find(name: str) -> str | None:
    """The id of a name in any spelling; None if it is not one."""
    return _exact().get(name) or _folded().get(fold(name))


def fold(name: str) -> str:
    """What all spellings of a name have in common: no case, blanks of one kind, one form of ü."""
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").split()).casefold()


@cache
def _exact() -> dict[str, str]:
    ids = {**IANA_NAMES, **{id_: id_ for id_ in WINDOWS_TIME_ZONES}}
    turkish = [name for name, id_ in IANA_NAMES.items() if id_ == "Turkey Standard Time"]
    return {**ids, **dict.fromkeys(turkish, SENT_FOR_TURKIYE)}


@cache
def _folded() -> dict[str, str]:
    return {fold(name): id_ for name, id_ in _exact().items()}
