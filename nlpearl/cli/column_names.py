"""What the name of a column says: which argument it is, or that it forbids calls. Pure.

The lists are of names that programs and people give to columns (CRMs, Meta, Google, Outlook,
Dynamics; 2026-11). To teach the command another name, add it here.
"""

import re
import unicodedata
from enum import Enum
from functools import lru_cache
from typing import cast

PHONE, ID, ZONE, DATA = "phone_number", "external_id", "time_zone", "call_data"
#: What a column may become, beside a name in call data.
ARGUMENTS = (PHONE, ID, ZONE, DATA)
#: Before a name in call data.
DATA_PREFIX = DATA + "."


def folded(name: str) -> str:
    """``Phone Number``, ``phone_number`` and ``phoneNumber`` are one: lower case, letters and
    digits alone, without accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(character for character in plain if character.isalnum())


#: The arguments' names and the API's first.
_NAMES = {
    PHONE: """
        phone_number phone phone_no phone_nr phone_num mobile mobile_phone mobile_number mobile_no
        mobile_phone_number cell cellphone cell_number cell_phone_number tel tel_no tel_number
        telephone telephone_number telefon telefonnummer telefon_nr rufnummer handy handynummer
        mobil mobilnummer mobiltelefon telefono numero_telefono numero_de_telefono telefono_movil
        movil celular telefone numero_de_telephone telephone_portable telefoon telefoonnummer
        телефон 电话 手机 手机号 電話番号 전화번호
    """,
    ID: "external_id ext_id external_identifier",
    ZONE: "time_zone time_zone_id time_zone_name tz tz_id tz_name iana_time_zone zeitzone",
    DATA: "call_data",
}
_ARGUMENT = {folded(name): each for each, names in _NAMES.items() for name in names.split()}


class Mark(Enum):
    """How a column forbids calls."""

    #: Each cell that is not empty does, unless it says no.
    DO_NOT_CALL = "do not call"
    #: A cell that says no does.
    CONSENT = "consent"


_CALL = r"(call|phone|telephone|contact|dial|disturb|ring)"
_DO_NOT_CALL = re.compile(
    rf"\b(do|does|should|must|may|please|can)\s?not\s?(be\s?)?{_CALL}|\bdon\s?t\s?{_CALL}"
    rf"|\bnot\s?to\s?(be\s?)?{_CALL}|\bnever\s?{_CALL}|\bno\s?(phone\s?)?(calls?|contacts?)\b"
    rf"|\bstop\s?{_CALL}|^stop(ped)?$|\brevoked|\bexclu(de|ded|sion)\b|\blitigator|^c?tps\b"
    rf"|\bdo\s?not\s?allow.*{_CALL}|\bn?dn[cd]r?\b|(\b|has)opt(ed)?\s?out|unsubscri|\bsuppress"
    r"|\bblack\s?list|\bblocked\b|\bblock\s?list|\bdeceased|\brobinson|\bbloctel|\bnicht\s?anrufen"
    r"|\bkeine\s?anrufe|\banrufverbot|(kontakt|telefon|werbe|anruf|nummern?)sperre|sperrvermerk|\bgesperrt|widerspruch|\bne\s?pas\s?(appel|contact)"
    r"|\bno\s?(llamar|contactar)|\bnon\s?(chiamare|contattare)|\bnao\s?(ligar|contatar)"
    r"|\bniet\s?(bellen|contacteren)"
)
_CONSENT = re.compile(
    r"consent|\bopt(ed)?\s?in\b|\boptin|einwilligung|\bpermission|\bgdpr\b|\bdsgvo\b|\brgpd\b"
    r"|\b(call|contact|reach)able\b|erreichbar"
    rf"|\b(may|can|ok|okay|allowed|permission|allow|permit)\s?(to\s?|we\s?|i\s?|be\s?)?{_CALL}"
    rf"|{_CALL}s?\s?(allowed|permission|permitted|ok)\b"
)
#: Other ways to reach people. A column about them alone forbids no calls.
_OTHER_WAYS = re.compile(r"mail|newsletter|sms|\btext|fax|letter|whats\s?app|\bpost|\bpush|cookie")
_OUR_WAY = re.compile(r"call|phone|telephone|dial")

_SAYS_NO = {
    "no",
    "n",
    "false",
    "f",
    "0",
    "0.0",
    "off",
    "nein",
    "non",
    "falsch",
    "faux",
    "falso",
    "nee",
}
#: In a column that forbids calls.
_ALLOWS = _SAYS_NO | {"none", "null", "nan", "n/a", "-", "allow", "allowed", "ok"}
#: In a column of consent.
_DENIES = _SAYS_NO | {
    "none",
    "no consent",
    "no permission",
    "not given",
    "not granted",
    "denied",
    "declined",
    "refused",
    "rejected",
    "withdrawn",
    "revoked",
    "expired",
    "unsubscribed",
    "abgelehnt",
    "widerrufen",
    "nicht erteilt",
}

#: A text that forbids calls in a column of any name.
_SAYS_NOT_TO_CALL = re.compile(
    r"\b(do[\s_-]?not|don[’']?t|never)[\s_-]?(ever[\s_-]?)?(be[\s_-]?)?(call(ed)?|phone|contact)\b"
    r"|\bnicht\s(mehr\s)?anrufen|\bkeine\sanrufe|\bne\spas\s(appeler|contacter)|\bno\sllamar"
    r"|\bnon\schiamare|\bn[aã]o\sligar|\bniet\sbellen",
    re.IGNORECASE,
)
#: A whole cell, or one of a list such as tags, that does so; not where it is about other ways.
_IS_NOT_TO_BE_CALLED = re.compile(
    r"(?:^|[,;|/\n])\W*(dn[cd]|opt(ed)?[\s_-]?out|unsubscribed|black[\s_-]?listed|suppressed|blocked"
    r"|no[\s_-](calls?|contact)|deceased|verstorben|gesperrt|décédée?)\W*(?:$|[,;|/\n])",
    re.IGNORECASE,
)

_LIKE_A_NUMBER = re.compile(
    r"phone|mobile|\bcell|telef|handy|celular|\btel\b|whats\s?app|msisdn|\bgsm|rufnummer"
    r"|\b(contact|call(er|ing|back)?)\s(no|nr|num|number)\b|^(number|numero|nummer)$"
)
#: A column about a number is not a number.
_ABOUT_A_NUMBER = re.compile(
    r"type|label|kind|status|valid|verif|country|carrier|model|fax|\bext\b"
)
_LIKE_AN_ID = re.compile(
    r"external\s?id|\bext\s?id|\bext(ern|ernal)?\b.*\b(id|key|ref|reference|identifier)\b"
)
_LIKE_A_ZONE = re.compile(
    r"time\s?zone|\btz\b|zeitzone|fuseau|(zona|huso)\s?horari|tijdzone|fuso\s?orari|fuso\s?horari"
    r"|(utc|gmt)\s?offset"
)
_LIKE_A_CODE = re.compile(
    r"\b(country|area|city|dial(l?ing)?|calling|isd|std|phone|region(al)?|international)\s?"
    r"(calling\s|dial(l?ing)?\s|phone\s)?(code|prefix)\b|vorwahl|\bprefix\b|\bprefi(jo|sso)\b"
    r"|\bindicatif|\bddi\b|\bddd\b|\blada\b|\bnetnummer|\blandnummer|\blandskod|\bkierunkowy"
)
_LIKE = {PHONE: _LIKE_A_NUMBER, ID: _LIKE_AN_ID, ZONE: _LIKE_A_ZONE}


def argument_of(name: str) -> str | None:
    """The argument that a column of this name is; ``call_data.NAME`` for a name in call data."""
    before, dot, data_name = name.partition(".")
    if dot and _ARGUMENT.get(folded(before)) == DATA:
        return DATA_PREFIX + data_name.strip() if data_name.strip() else None
    # Salesforce ends the names of fields that were added with __c.
    return _ARGUMENT.get(folded(name.removesuffix("__c")))


def is_like(name: str, argument: str) -> bool:
    """Whether a column of this name could be the argument."""
    words = _words(name)
    if argument == PHONE and _ABOUT_A_NUMBER.search(words):
        return False
    return bool(_LIKE[argument].search(words))


def is_a_part_of_a_number(name: str) -> bool:
    """Whether a column of this name could have the country code, or the area code, of a number."""
    return bool(_LIKE_A_CODE.search(_words(name)))


def is_id(name: str) -> bool:
    """Whether a column of this name could be the caller's own id."""
    return (
        re.search(r"(^|\b(lead|contact|record|customer|client|crm|person) )id$", _words(name))
        is not None
    )


@lru_cache(maxsize=1024)
def mark_of(name: str) -> Mark | None:
    """How a column of this name forbids calls, if it does."""
    if _is_about_other_ways(name):
        return None
    words = _words(name)
    if _DO_NOT_CALL.search(words):
        return Mark.DO_NOT_CALL
    return Mark.CONSENT if _CONSENT.search(words) else None


@lru_cache(maxsize=1024)
def _is_about_other_ways(name: str) -> bool:
    words = _words(name)
    return bool(_OTHER_WAYS.search(words)) and not _OUR_WAY.search(words)


def forbids(mark: Mark, value: object) -> bool:
    """Whether a cell that is not empty, in a column with this mark, forbids to call."""
    said = str(value).strip().casefold()
    if mark is Mark.CONSENT:
        return re.sub(r"[\s_-]+", " ", said) in _DENIES or says_not_to_call("", value)
    return said not in _ALLOWS


def says_not_to_call(name: str, value: object) -> bool:
    """Whether a cell of any column, with this name, does."""
    if isinstance(value, list):
        return any(says_not_to_call(name, each) for each in cast(list[object], value))
    if not isinstance(value, str):
        return False
    if _SAYS_NOT_TO_CALL.search(value):
        return True
    return bool(_IS_NOT_TO_BE_CALLED.search(value)) and not _is_about_other_ways(name)


def _words(name: str) -> str:
    """``DoNotCall`` and ``do_not_call`` → ``do not call``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = unicodedata.normalize("NFKD", parted.casefold())
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())
