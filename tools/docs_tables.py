"""The tables of the documentation that are made from the code. `make docs` puts them in.

A page has ``{{ name }}`` where the table of that name is to be.
"""

import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator

import click
import nlpearl_api.api

from nlpearl import WINDOWS_TIME_ZONES
from nlpearl.cli.commands import nlpearl as command
from nlpearl.errors import CARRIED, NLPearlError
from nlpearl.ledger import postgresql_statements, sqlite_file
from nlpearl.time_zones.table import IANA_NAMES

#: The most characters of a line of code: the pages have room for no more.
WIDTH = 76


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, the groups left out."""

    def below(name: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(found, click.Group):
            for each in sorted(found.commands):
                yield from below(f"{name} {each}", found.commands[each])
        elif not found.hidden:
            yield name, found

    return below("nlpearl", command)


def usage(name: str, found: click.Command) -> str:
    """``nlpearl add-lead CAMPAIGN_ID PHONE_NUMBER``"""
    given = [part for part in found.params if isinstance(part, click.Argument)]
    names = [str(part.make_metavar(click.Context(found))) for part in given]
    return " ".join([name, *names])


#: What an option is whose help has its default alone.
_MEANINGS = {"sheet": "The sheet of a workbook.", "results": "The results file."}


def option_row(option: click.Option) -> list[str]:
    """Its names, its meaning and its default."""
    value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
    names = [f"`{name}{value}`" for name in sorted(option.opts, key=len, reverse=True)]
    meaning, _, said = f" {option.help or ''}".partition(" Default: ")
    meaning = meaning.strip() or _MEANINGS.get(option.name or "", "")
    if isinstance(option.type, click.Choice):
        meaning = f"One of {', '.join(map(str, option.type.choices))}. {meaning}"
    if option.show_default:
        said = f"`{option.default}`"
    elif option.is_flag:
        said = "off"
    return [", ".join(names), meaning.strip(), said.rstrip(".") or "none"]


def command_reference() -> str:
    """A section for each command, with its options."""
    parts: list[str] = []
    for name, found in commands():
        parts += [f"### `{name}`", f"```text\n{usage(name, found)}\n```", _help(found)]
        options = [part for part in found.params if isinstance(part, click.Option)]
        if options:
            rows = [option_row(option) for option in options]
            parts.append(table(["option", "meaning", "default"], rows))
    return "\n\n".join(parts)


def _help(found: click.Command) -> str:
    """The help as Markdown: what click shows as it stands becomes a block."""
    paragraphs = inspect.cleandoc(found.help or "").split("\n\n")
    return "\n\n".join(
        "```text\n" + inspect.cleandoc(text.removeprefix("\b\n")) + "\n```"
        if text.startswith("\b")
        else text
        for text in paragraphs
    )


def error_classes(cls: type[NLPearlError] = NLPearlError) -> Iterator[type[NLPearlError]]:
    """The tree, each class before its subclasses."""
    yield cls
    for each in list[type[NLPearlError]](cls.__subclasses__()):
        yield from error_classes(each)


#: Where a class has more than one outcome, or a status of its own.
_OUTCOMES = {
    "NLPearlError": "any",
    "APIConnectionError": "NOT_SENT or UNKNOWN",
    "APITimeoutError": "NOT_SENT or UNKNOWN",
    "APIStatusError": "REJECTED (4xx) or UNKNOWN (3xx)",
}


def error_table() -> str:
    """Each class of error, what it is an instance of, its outcome, and whether to retry."""
    rows: list[list[str]] = []
    for cls in error_classes():
        outcome = _OUTCOMES.get(cls.__name__, cls.outcome.name)
        retryable = "yes" if cls.retryable else "no"
        if "NOT_SENT or" in outcome:
            retryable = "if NOT_SENT"
        bases = ", ".join(f"`{base.__name__}`" for base in cls.__bases__)
        link = f"[`{cls.__name__}`](#nlpearl.{cls.__name__})"
        rows.append([link, bases, outcome, "" if outcome == "any" else retryable])
    return table(["class", "is a", "outcome", "retryable"], rows)


def time_zone_table() -> str:
    """Every id, with the IANA names that become it."""
    names: dict[str, list[str]] = {zone: [] for zone in WINDOWS_TIME_ZONES}
    for name, zone in IANA_NAMES.items():
        if zone in names:
            names[zone].append(name)
    rows = [[f"`{zone}`", ", ".join(sorted(names[zone]))] for zone in sorted(WINDOWS_TIME_ZONES)]
    return table(["id", "IANA names"], rows)


def operation_table() -> str:
    """Every generated operation: its module, method and path."""
    rows: list[list[str]] = []
    for found in pkgutil.walk_packages(nlpearl_api.api.__path__, "nlpearl_api.api."):
        source = inspect.getsource(importlib.import_module(found.name))
        request = re.search(r'"method": "(\w+)",\s+"url": "([^"]+)"', source)
        if request:
            method, path = request.groups()
            rows.append([f"`{found.name}`", f"{method.upper()} `{path}`"])
    return table(["module", "request"], sorted(rows))


def carried() -> str:
    """The attributes that `args` of an error carry."""
    return ", ".join(f"`{name}`" for name in CARRIED)


def schema(statements: str) -> str:
    """Statements of SQL as a block that is not cut off: a long comment is above its line."""
    joined = re.sub(r"\n +--", "", statements.strip())  # a comment of several lines
    lines: list[str] = []
    for line in joined.splitlines():
        code, _, comment = line.partition("--")
        if len(line) <= WIDTH:
            lines.append(line)
            continue
        lines += textwrap.wrap(comment, WIDTH, initial_indent="    --", subsequent_indent="    -- ")
        lines += code.rstrip().replace(" ON ", "\n    ON ").splitlines()
    return "```sql\n" + "\n".join(lines) + "\n```"


TABLES: dict[str, Callable[[], str]] = {
    "commands": command_reference,
    "errors": error_table,
    "carried": carried,
    "operations": operation_table,
    "sqlite_schema": lambda: schema(sqlite_file.SCHEMA),
    "sqlite_version": lambda: str(sqlite_file.VERSION),
    "postgresql_schema": lambda: schema(postgresql_statements.SCHEMA),
    "postgresql_version": lambda: str(postgresql_statements.VERSION),
    "time_zone_count": lambda: str(len(WINDOWS_TIME_ZONES)),
    "time_zones": time_zone_table,
}


def filled_in(markdown: str) -> str:
    """The page with its tables; KeyError for an unknown name."""
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: TABLES[found[1]](), markdown)
