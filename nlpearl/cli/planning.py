"""Which column is what: by its folded name, or as the caller says. Pure.

Nothing becomes call data unless it is named, and a column that looks like an argument but is not
used stops the file. Not here: what a name says (column_names.py).
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import attrs

from ..errors import InvalidTimeZoneError
from ..time_zones.abbreviations import ABBREVIATIONS
from ..time_zones.convert import to_windows_time_zone
from .column_names import (
    ARGUMENTS,
    DATA_PREFIX,
    ID,
    PHONE,
    ZONE,
    argument_of,
    folded,
    is_a_part_of_a_number,
    is_like,
    mark_of,
)
from .columns import Plan, words_for
from .files.cells import is_like_a_number, shown
from .files.rows import FIRST_LINE, FileError

#: Of --call-data: all columns that are not used otherwise.
ALL = "all"

#: What is a time zone to people, whether it can be used or not: abbreviations that are not
#: words or states, and labels such as "(GMT-06:00) Central Time" and "Pacific Time (US & Canada)".
_CLOCKS = {each for each in ABBREVIATIONS if len(each) > 2} - {"WEST", "ART", "CAT"}
_LABEL = re.compile(
    r"\(?(GMT|UTC)\)?\s?[+\-−]?\s?\d|(.*\s)?(eastern|central|mountain|pacific|atlantic|alaskan?"
    r"|hawaii(an)?|arizona|europe(an)?|greenwich|mean|standard|daylight|summer)\stime(\s\(.*\))?$",
    re.IGNORECASE,
)

#: A whole number as a fraction.
_FLOAT = re.compile(r"\d+\.0")
#: A country code or an area code, alone in a cell.
_CODE = re.compile(r"\(?(\+|00)?\d{1,5}\)?(\.0)?")

#: So many names of a first line are shown.
_SHOWN = 10

Samples = Mapping[int, Collection[object]]


class NoHeaderError(FileError):
    """The first line does not name the columns that are needed."""

    def __init__(self, what: str, to_do: str) -> None:
        #: Without what to do.
        self.what: str = what
        super().__init__(f"{what}. {to_do}")


@attrs.frozen
class Wishes:
    """What the caller says of the columns."""

    #: Columns, and what they become; empty for what is left out.
    maps: Collection[tuple[str, str]]
    #: Columns that become call data under their own names.
    call_data: Collection[str]


def read_map(text: str) -> tuple[str, str]:
    """``Mobile=phone_number`` of --map."""
    column, equals, target = text.rpartition("=")
    column, target = " ".join(column.split()), target.strip()
    if not equals or not column:
        raise FileError(f"--map {text!r} is not of the form COLUMN=ARGUMENT")
    if target and target not in ARGUMENTS and not _data_name(target):
        raise FileError(
            f"--map {text!r}: a column becomes {', '.join(ARGUMENTS)}, call_data.NAME, or nothing"
        )
    return column, target


def read_call_data(texts: Iterable[str]) -> list[str]:
    """``firstName,visits`` of --call-data, which can be there several times."""
    parts = (part for row in csv.reader(texts, skipinitialspace=True) for part in row)
    return [" ".join(part.split()) for part in parts if part.strip()]


def is_header(names: Sequence[str], wishes: Wishes) -> bool:
    """Whether a column of these is the phone number."""
    mapped = {folded(name) for name, target in wishes.maps if target == PHONE}
    return any(argument_of(name) == PHONE or folded(name) in mapped for name in names if name)


def plan(
    header: Sequence[str],
    wishes: Wishes,
    *,
    names_are: str,
    hidden: Collection[int] = (),
    samples: Samples,
) -> Plan:
    """What the columns become. FileError if that is not clear; NoHeaderError if a column that is
    needed is not there, with `names_are` before the names."""
    names = [" ".join(name.split()) for name in header]
    listed = f"{names_are}: {_listed(names)}"
    targets: dict[int, str] = {}
    for name, target in _wished(wishes):
        index = _find(name, names, listed)
        if index in targets:
            raise FileError(f"the column {shown(name)!r} is named twice in the options")
        targets[index] = DATA_PREFIX + names[index] if target is None else target
    ignored = {index for index, target in targets.items() if not target}
    named = {*targets}
    targets |= _found(names, targets)
    if PHONE not in targets.values():
        to_do = _no_phone(names, is_json=names_are != FIRST_LINE)
        raise NoHeaderError(f"no column is the phone number. {listed}", to_do)
    marks = {
        index: mark
        for index, name in enumerate(names)
        if index not in ignored
        and targets.get(index) not in ARGUMENTS
        and (mark := mark_of(targets.get(index, name).removeprefix(DATA_PREFIX)))
    }
    if ALL in wishes.call_data:
        targets |= {
            index: DATA_PREFIX + name
            for index, name in enumerate(names)
            if name and index not in {*targets, *marks, *hidden}
        }
    used = {index: targets[index] for index in sorted(targets) if targets[index]}
    _check_twice(names, used)
    _check_unused(names, {*used.values()}, {*named, *marks}, samples)
    [phone] = (index for index, target in used.items() if target == PHONE)
    _check_split(names, samples.get(phone, ()), {*used, *marks, *ignored}, samples)
    ids = [samples.get(index, ()) for index, target in used.items() if target == ID]
    has_float_ids = all(_FLOAT.fullmatch(str(each)) for each in ids[0]) if ids else False
    return Plan(names, used, marks, ignored, has_float_ids)


def _data_name(target: str) -> str:
    return target.removeprefix(DATA_PREFIX) if target.startswith(DATA_PREFIX) else ""


def _wished(wishes: Wishes) -> Iterator[tuple[str, str | None]]:
    """The columns that the caller names, and what they become; None: call data of their name."""
    yield from wishes.maps
    yield from ((name, None) for name in wishes.call_data if name != ALL)


def _listed(names: Sequence[str]) -> str:
    filled = [repr(shown(name)) for name in names if name]
    more = ["…"] if len(filled) > _SHOWN else []
    return ", ".join([*filled[:_SHOWN], *more]) or "blank"


def _find(name: str, names: Sequence[str], listed: str) -> int:
    """The position of the column that the caller names."""
    found = [index for index, each in enumerate(names) if each == name]
    found = found or [i for i, each in enumerate(names) if each and folded(each) == folded(name)]
    if len(found) > 1:
        raise FileError(f"the column {shown(name)!r} is there twice. Rename one of them")
    if not found:
        raise NoHeaderError(
            f"there is no column {shown(name)!r}. {listed}",
            _looks_like_a_lead(names) or "Name one of these, or remove what is above the header",
        )
    return found[0]


def _found(names: Sequence[str], taken: Mapping[int, str]) -> dict[int, str]:
    """The arguments that are not mapped, by the names of the other columns."""
    found: dict[int, str] = {}
    for index, name in enumerate(names):
        target = argument_of(name)
        if target is None or index in taken or target in taken.values():
            continue
        for other, same in found.items():
            if same == target and target in ARGUMENTS:
                one, two = shown(names[other]), shown(name)
                raise FileError(
                    f"two columns could be the {words_for(target)}: {one!r} and {two!r}. "
                    + (
                        "Rename one of them"
                        if one == two
                        else f"Say which one is: --map '{one}={target}'"
                    )
                )
        found[index] = target
    return found


def _check_twice(names: Sequence[str], used: Mapping[int, str]) -> None:
    seen: dict[str, int] = {}
    for index, target in used.items():
        other = seen.setdefault(target.casefold(), index)
        if other != index:
            raise FileError(
                f"two columns become {words_for(target)}: {shown(names[other])!r} and "
                f"{shown(names[index])!r}. Rename one of them, or leave it out: --map 'COLUMN='"
            )


def _check_unused(
    names: Sequence[str], used: Collection[str], exempt: Collection[int], samples: Samples
) -> None:
    """FileError for a column that is meant as an argument, it seems, and is not used as one."""
    for argument in (ZONE, ID):
        if argument in used:
            continue
        for index, name in enumerate(names):
            if index not in exempt and (
                is_like(name, argument) or (argument == ZONE and _are_zones(samples.get(index)))
            ):
                column = shown(name) or f"column {index + 1}"
                raise FileError(
                    f"the column {column!r} looks like the {words_for(argument)} of each lead, but "
                    f"is not used. Use it: --map '{column}={argument}'. Or leave it out: "
                    f"--map '{column}='"
                )


def _check_split(
    names: Sequence[str], phones: Collection[object], exempt: Collection[int], samples: Samples
) -> None:
    """FileError for a column that has a part of the phone number: without it, a number at home
    would be dialed."""
    if all(str(phone).strip("'( ").startswith(("+", "00")) for phone in phones):
        return
    for index, name in enumerate(names):
        codes = [str(value) for value in samples.get(index, ())]
        if index not in exempt and is_a_part_of_a_number(name) and any(map(_CODE.fullmatch, codes)):
            raise FileError(
                f"the column {shown(name)!r} looks like a part of the phone number. Put the parts "
                f"into one column in the spreadsheet. Or leave it out: --map '{shown(name)}='"
            )


def _are_zones(values: Collection[object] | None) -> bool:
    """Whether these are names of time zones."""
    return bool(values) and all(_is_zone(value) for value in values or ())


def _is_zone(value: object) -> bool:
    if isinstance(value, str) and (value in _CLOCKS or _LABEL.match(value)):
        return True
    if not isinstance(value, str) or ("/" not in value and not value.endswith(" Time")):
        return False
    try:
        to_windows_time_zone(value)
    except InvalidTimeZoneError:
        return False
    return True


def _looks_like_a_lead(names: Sequence[str]) -> str:
    """What to do about a first line that is not a header, but a row; empty if it is not."""
    if not any(is_like_a_number(name) for name in names):
        return ""
    return "That looks like a lead. Add a line above it that names the columns"


def _no_phone(names: Sequence[str], *, is_json: bool) -> str:
    """What to do about names without a phone number."""
    likely = [shown(name) for name in names if is_like(name, PHONE)]
    if likely:
        return f"Say which one has the phone numbers: --map '{likely[0]}={PHONE}'"
    if is_json:
        return (
            f"Say which one has the phone numbers: --map 'KEY={PHONE}'. If the rows are inside of "
            "the object, save their array alone"
        )
    return _looks_like_a_lead(names) or (
        "If that is a title, remove what is above the names of the columns. Else say which column "
        f"has the phone numbers: --map 'COLUMN={PHONE}'"
    )
