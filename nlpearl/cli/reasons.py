"""Why a row was not added, in the words of somebody at a terminal; and many such reasons, grouped.

The library's messages name its arguments; here they become the options and nouns of the command.
"""

import re
import shlex
from collections.abc import Iterable, Iterator

import attrs

from ..errors import InvalidLeadError
from ..leads.results import AddedLead
from .columns import words_for
from .statuses import Status

#: How often a reason is given with its row.
_LINES = 5
#: Reasons of one kind that are shown.
SHOWN = 20
#: Reasons of one kind that are told apart.
_MOST = 1000

_OPTIONS = (
    "look_up_old|resend_unknown|default_region|reconcile|concurrency|rate|allow_same_number|ledger"
)
_ARGUMENTS = "phone_number|external_id|time_zone|call_data|campaign_id|base_url"
_WORDS = re.compile(
    rf"`?\b(?P<flag>{_OPTIONS})=True\b`?|\b(?P<option>{_OPTIONS})=|\b(?P<name>\w+_\w+)\b"
    r"| \(or pass \w+=\)"
)
# What a program passes, and somebody with a file does not.
_PYTHON = [
    (
        re.compile("with region='US' in a Lead or default_region='US' in the client"),
        "with --default-region US",
    ),
    (re.compile(r"`client\.find_lead\(.*?\)`"), "nlpearl find-lead CAMPAIGN_ID EXTERNAL_ID"),
    (re.compile(r"`client\.settle\(\)`"), "nlpearl ledger settle LEDGER"),
    (re.compile(r"`Ledger\.(accept|rebind)\(.*?\)`"), r"nlpearl ledger \1 LEDGER"),
    (re.compile(r"make the client with api_version='(v\d)'"), r"use --api-version \1"),
    (re.compile(r",? or send it with `client\.low_level`, which checks nothing"), ""),
    (re.compile(r" \([^()]*`client\.low_level`[^()]*\)"), ""),
    (re.compile(r"\bor None for the"), "or leave it empty for the"),
    (re.compile(r"\bpass None to leave the key out|\bNone to leave the key out"), "leave it out"),
    (re.compile(r"\bor None\b"), "or leave it out"),
]
_PLACE = re.compile(r"ledger (?P<quote>['\"])(?P<path>.*?)(?P=quote): ")
# What differs between rows that have the same fault.
_PARTS = [
    (re.compile(r"…\S\S(?!\w)"), "…"),
    (re.compile(r"\b(line|row|item) \d+"), r"another \1"),
    (re.compile(r" \(lead id \w+\)"), ""),
    (re.compile(r"; add it again in \d+ s"), ""),
    (re.compile(r" at \d{4}-\d\d-\d\dT[\d:.]+\+00:00"), ""),
]


def in_words(error: BaseException) -> str:
    """The reason on one line, with what a lookup found."""
    if isinstance(error, InvalidLeadError) and error.errors:
        said = "; ".join(
            f"{words_for(name)}: {plain(message)}" if name else plain(message)
            for name, messages in error.errors.items()
            for message in messages
        )
    else:
        said = plain(str(error))
    return _joined([said, *map(plain, getattr(error, "__notes__", []))])


def differing(added: AddedLead) -> str:
    """Which parts of a lead that was added earlier are not as they were then; empty if none."""
    names = [words_for(name) for name in added.differs]
    return f"not as it was sent then: {', '.join(names)}" if names else ""


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``"""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def plain(message: str) -> str:
    """A message of the library on one line, with options in place of its arguments."""
    for pattern, words in _PYTHON:
        message = pattern.sub(words, message)
    if place := _PLACE.match(message):
        message = re.sub(r"\bLEDGER\b", lambda _: shlex.quote(place["path"]), message)
    return _joined(_WORDS.sub(_word, message).splitlines())


def _joined(lines: Iterable[str]) -> str:
    """Lines as sentences of one line."""
    kept = [" ".join(line.split()) for line in lines]
    text = " ".join(line if line[-1] in ".:;?!," else line + "." for line in kept if line)
    ends = "." if kept and kept[-1].endswith(".") else ""
    return text.removesuffix(".") + ends


def _word(match: re.Match[str]) -> str:
    if match["flag"]:
        return _option(match["flag"])
    if match["option"]:
        return _option(match["option"]) + " "
    name = match["name"] or ""
    if re.fullmatch(_OPTIONS, name):
        return _option(name)
    return words_for(name) if re.fullmatch(_ARGUMENTS, name) else name


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


@attrs.define
class _Group:
    """Rows with one fault."""

    reason: str
    count: int = 0
    lines: list[int] = attrs.Factory(list[int])


class Reasons:
    """The reasons of a run: each once, with its first rows. Memory: a thousand of each status."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._groups: dict[Status, dict[str, _Group]] = {}

    def add(self, status: Status, reason: str, line: int) -> None:
        groups = self._groups.setdefault(status, {})
        key = reason
        for pattern, general in _PARTS:
            key = pattern.sub(general, key)
        if key not in groups and len(groups) >= _MOST:
            key = reason = "another reason"
        group = groups.setdefault(key, _Group(reason))
        group.count += 1
        if len(group.lines) < _LINES:
            group.lines.append(line)
        if group.count > 1:
            group.reason = key

    def lines(self, status: Status) -> Iterator[str]:
        """What is shown of a status, the most frequent reasons first."""
        groups = sorted(self._groups.get(status, {}).values(), key=lambda each: -each.count)
        for group in groups[:SHOWN]:
            yield f"{group.reason.rstrip('.')}: {self._rows(group)}"
        if len(groups) > SHOWN:
            yield f"and {len(groups) - SHOWN:,} more reasons"

    def _rows(self, group: _Group) -> str:
        """``41 rows, lines 7, 12, 30, …``"""
        more = ", …" if group.count > len(group.lines) else ""
        unit = self._unit if group.count == 1 else self._unit + "s"
        return f"{counted(group.count, 'row')}, {unit} {', '.join(map(str, group.lines))}{more}"
