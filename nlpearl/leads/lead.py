"""A lead, and the rows that become one: all their fields checked, every problem at once."""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs

from ..errors import InvalidArgumentError, InvalidLeadError, InvalidTimeZoneError
from ..privacy import mask_all, masked
from ..time_zones.convert import to_windows_time_zone
from .call_data import to_call_data
from .identifiers import to_external_id
from .phone_numbers import to_phone_number, to_region
from .values import type_name

if TYPE_CHECKING:
    from ..time_zones.table import WindowsTimeZone
    from .call_data import CallData
    from .identifiers import ExternalId

Value = TypeVar("Value")


@attrs.frozen(init=False, repr=False)
class Lead:
    """Someone to be called. A lead is valid once it exists.

    The arguments are those of `NLPearl.add_lead`; the attributes are what is sent.

    Args:
        phone_number: in E.164, such as ``"+14155550123"``, or as people write it. Blanks, dots,
            hyphens, slashes and round brackets between the digits, other scripts' digits, ``00`` or
            the region's own prefix for a ``+``, and a whole number (int, float, Decimal, numpy's)
            are accepted. Letters, notes, extensions, two numbers, and numbers that no numbering
            plan knows (by the package phonenumbers) are errors.
        region: the ISO 3166 code, such as ``"US"``, of the country where a number without a ``+``
            is at home; without it such a number is an error. A client's `default_region` is not
            used: a lead is the same for every client.

    Raises InvalidLeadError with every problem at once (InvalidTimeZoneError if the time zone is the
    only one).
    """

    #: In E.164, as it is sent.
    phone_number: str
    #: Your own id for this lead; it comes back in the lead webhook.
    external_id: str | None
    #: A Windows time zone id; None: the campaign's time zone.
    time_zone: str | None
    # Pairs, so that a lead is frozen and hashable to its last value.
    _call_data: tuple[tuple[str, str], ...] | None

    def __init__(
        self,
        phone_number: str,
        *,
        external_id: "ExternalId | None" = None,
        time_zone: "WindowsTimeZone | str | tzinfo | None" = None,
        call_data: "CallData | None" = None,
        region: str | None = None,
    ) -> None:
        faults: list[InvalidLeadError] = []
        home = _checked(_to_home, region, faults)
        _fill(self, phone_number, external_id, time_zone, call_data, home, faults)

    def __repr__(self) -> str:
        names = self._call_data and [name for name, _ in self._call_data]
        return (
            f"Lead(phone_number={masked(self.phone_number)}, external_id={self.external_id!r}, "
            f"time_zone={self.time_zone!r}, call_data={names})"
        )

    @property
    def call_data(self) -> dict[str, str] | None:
        """The variables of the call by name, in a new dict each time."""
        return None if self._call_data is None else dict(self._call_data)


def to_lead(
    phone_number: object,
    external_id: object,
    time_zone: object,
    call_data: object,
    default_region: str | None,
) -> Lead:
    """The lead of a caller whose numbers without a ``+`` are at home in `default_region`."""
    lead = Lead.__new__(Lead)
    _fill(lead, phone_number, external_id, time_zone, call_data, default_region, [])
    return lead


def check_rows(leads: object, *kinds: type) -> None:
    """Refuse what cannot be the input of a run: InvalidArgumentError."""
    kind = type_name(leads)
    if isinstance(leads, Lead | Mapping):
        hint = "put it into a list"
    elif isinstance(leads, str | bytes):
        hint = "of a file pass the rows, such as csv.DictReader gives"
    elif isinstance(leads, kinds):
        return
    else:
        hint = f"it has to be {' or '.join(kind.__name__ for kind in kinds)}"
    raise InvalidArgumentError(f"leads is an iterable of Lead or of mappings, not {kind}; {hint}")


def to_lead_of_row(row: object, default_region: str | None) -> Lead:
    """A row of many: a Lead as it is, or the lead of a mapping of argument names to values.

    A mapping has no `region`: in other people's files a column of that name holds states, and DE is
    Delaware, too. InvalidLeadError with every fault at once, keys that are not arguments included.
    """
    if isinstance(row, Lead):
        return row
    if not isinstance(row, Mapping):
        complaint = f"a row is a Lead or a mapping of argument names, not {type_name(row)}"
        raise InvalidLeadError.of({"": [complaint]})
    try:
        values = {**cast(Mapping[object, object], row)}
    except InvalidLeadError:
        raise  # a row that says itself what is wrong with it
    except Exception as error:  # a mapping may be anything
        raise InvalidLeadError.of({"": [f"the row cannot be read: {type_name(error)}"]}) from None
    arguments = {name: values.pop(name, None) for name in _ARGUMENTS}
    unknown = {_shown_key(key): [_no_argument(key)] for key in values}
    try:
        lead = to_lead(**arguments, default_region=default_region)
    except InvalidLeadError as error:
        fault = error
    else:
        if not unknown:
            return lead
        fault = InvalidLeadError()
    raise (InvalidLeadError.of({**fault.errors, **unknown}) if unknown else fault)


_ARGUMENTS = ("phone_number", "external_id", "time_zone", "call_data")


def external_id_of(row: object) -> object:
    """The external id in a row that may be invalid; None if it has none that can be read."""
    if not isinstance(row, Mapping):
        return None
    try:
        return cast(Mapping[object, object], row).get("external_id")
    except Exception:  # a mapping may be anything
        return None


def _shown_key(key: object) -> str:
    return mask_all(ascii(key)[1:-1][:60]) if isinstance(key, str) else type_name(key)


def _no_argument(key: object) -> str:
    """``phoneNumber`` → "… did you mean phone_number?"."""
    from difflib import get_close_matches

    plain = re.sub(r"[^a-z]", "", key.lower()) if isinstance(key, str) else ""
    if plain == "region":
        return "a mapping has no region; make a Lead of it: Lead(…, region='US')"
    known = {name.replace("_", ""): name for name in _ARGUMENTS} | _OTHER_NAMES
    near = get_close_matches(plain, [*known], n=1, cutoff=0.75)
    if near:
        return f"a lead has no such argument; did you mean {known[near[0]]}?"
    return f"a lead has no such argument; it has {', '.join(_ARGUMENTS)}"


# What else people call them: the API's name, and columns of other systems.
_OTHER_NAMES = {
    "timezoneid": "time_zone",
    "phone": "phone_number",
    "id": "external_id",
    "tz": "time_zone",
    "data": "call_data",
}


def _fill(
    lead: Lead,
    phone_number: object,
    external_id: object,
    time_zone: object,
    call_data: object,
    home: str | None,
    faults: list[InvalidLeadError],
) -> None:
    """Give the frozen lead its checked values, or raise all that is wrong with them."""

    def to_number(value: object) -> str:
        return to_phone_number(value, home)

    def to_pairs(value: object) -> tuple[tuple[str, str], ...]:
        return tuple(to_call_data(value).items())

    # Without a valid region no number can be read.
    values = {
        "phone_number": None
        if faults
        else _checked(to_number, phone_number, faults, required=True),
        "external_id": _checked(to_external_id, external_id, faults),
        "time_zone": _checked(to_windows_time_zone, time_zone, faults),
        "_call_data": _checked(to_pairs, call_data, faults),
    }
    if faults:
        errors = {name: said for fault in faults for name, said in fault.errors.items()}
        alone = len(faults) == 1 and isinstance(faults[0], InvalidTimeZoneError)
        raise (InvalidTimeZoneError if alone else InvalidLeadError).of(errors)
    for name, value in values.items():
        object.__setattr__(lead, name, value)


def _to_home(region: object) -> str:
    try:
        return to_region(region)
    except ValueError as fault:
        complaint = str(fault)
    raise InvalidLeadError.of({"region": [complaint]})


def _checked(
    check: Callable[[Any], Value],
    value: object,
    faults: list[InvalidLeadError],
    *,
    required: bool = False,
) -> Value | None:
    try:
        return None if value is None and not required else check(value)
    except InvalidLeadError as error:
        faults.append(error)
        return None
