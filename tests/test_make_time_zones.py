"""What `make time-zones` makes of CLDR, and what it refuses to write."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from tools import make_time_zones
from tools.make_time_zones import Sources, Table, changes, faults, make, read_cldr, read_table

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NEW_YORK = "America/New_York"
EASTERN = "Eastern Standard Time"
REVIEWED: Mapping[str, Mapping[str, Any]] = {
    "ids": {"Atlantis Standard Time": "newer than CLDR"},
    "names": {"Canada/Pacific": ["US Mountain Standard Time", "no summer time since 2026"]},
    "refused": {"Factory": "nobody's"},
    "gone": {},
}
SOURCES = Sources(
    clocks={EASTERN: NEW_YORK, "US Mountain Standard Time": "America/Phoenix"},
    cldr={NEW_YORK: EASTERN, "US/Eastern": EASTERN, "Canada/Pacific": "Pacific Standard Time"},
    reviewed=REVIEWED,
)
NAMES = [NEW_YORK, "US/Eastern", "Canada/Pacific", "Factory"]
TABLE = make(SOURCES, NAMES)


def found(
    table: Table = TABLE, *, existing: list[str] = NAMES, before: Table = TABLE, **reviewed: Any
) -> list[str]:
    sources = attrs.evolve(SOURCES, reviewed={**REVIEWED, **reviewed})
    return list(faults(table, sources, before, existing, NOW))


def test_the_table_is_cldr_with_what_was_reviewed() -> None:
    assert Table(
        ids=("Atlantis Standard Time", EASTERN, "US Mountain Standard Time"),
        names={
            NEW_YORK: EASTERN,
            "Canada/Pacific": "US Mountain Standard Time",
            "US/Eastern": EASTERN,
        },
        refused={"Factory": "nobody's"},
    ) == attrs.evolve(TABLE, names=dict(TABLE.names))
    assert found() == []


def test_an_alias_has_the_id_of_the_name_that_windows_zones_has() -> None:
    rows = [("001", "Asia/Calcutta"), ("IN", "Asia/Calcutta")]
    zones = [
        {"mapZone": {"_other": "India Standard Time", "_type": name, "_territory": territory}}
        for territory, name in rows
    ]
    bcp47 = {
        "_alias": "timezone",
        "inccu": {"_alias": "Asia/Calcutta Asia/Kolkata"},
        "gaza": {"_deprecated": True},
        "aqtrl": {"_alias": "Antarctica/Troll"},
    }
    clocks, names = read_cldr(
        {"supplemental": {"windowsZones": {"mapTimezones": zones}}},
        {"keyword": {"u": {"tz": bcp47}}},
    )
    assert clocks == {"India Standard Time": "Asia/Calcutta"}
    assert names == dict.fromkeys(["Asia/Calcutta", "Asia/Kolkata"], "India Standard Time")


def test_another_clock_than_the_ids_is_a_fault() -> None:
    table = attrs.evolve(TABLE, names={**TABLE.names, "Canada/Pacific": EASTERN})
    assert found(table) == [
        f"Canada/Pacific: another clock than {EASTERN}; put one with its clock under [names]"
    ]


def test_an_id_whose_clock_nobody_knows_is_a_fault() -> None:
    table = attrs.evolve(TABLE, names={**TABLE.names, NEW_YORK: "Atlantis Standard Time"})
    assert found(table) == [f"{NEW_YORK}: CLDR knows no clock of Atlantis Standard Time"]


def test_a_name_that_is_neither_mapped_nor_refused_is_a_fault() -> None:
    assert found(existing=[*NAMES, "Europe/Rome"]) == [
        "Europe/Rome: neither mapped nor under [refused]"
    ]


def test_a_name_that_tzdata_lacks_is_a_fault() -> None:
    assert found(existing=NAMES[1:]) == [f"{NEW_YORK}: tzdata has no such name"]


def test_what_the_table_before_had_may_not_go_unnoticed() -> None:
    before = Table((*TABLE.ids, "Old Standard Time"), {**TABLE.names, "US/Old": EASTERN}, {})
    assert found(before=before) == [
        f"{gone}: the table before had it; if that is right, put it under [gone]"
        for gone in ("Old Standard Time", "US/Old")
    ]
    assert found(before=before, gone={"Old Standard Time": "…", "US/Old": "…"}) == []


def test_a_correction_that_cldr_has_made_itself_is_a_fault() -> None:
    ids = {**REVIEWED["ids"], EASTERN: "new"}
    names = {**REVIEWED["names"], "US/Eastern": [EASTERN, "moved"]}
    assert found(ids=ids, names=names) == [
        f"{EASTERN}: CLDR has it now; delete it under [ids]",
        "US/Eastern: CLDR says the same now; delete it under [names]",
    ]


def test_a_change_of_the_clock_is_found_to_the_second() -> None:
    assert changes(NEW_YORK, NOW, datetime(2027, 12, 1, tzinfo=UTC)) == [
        (NOW, timedelta(hours=-5)),
        (datetime(2027, 3, 14, 7, tzinfo=UTC), timedelta(hours=-4)),
        (datetime(2027, 11, 7, 6, tzinfo=UTC), timedelta(hours=-5)),
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "table.py"
    assert read_table(path) == Table((), {}, {})
    sources = attrs.evolve(SOURCES, reviewed={**REVIEWED, "sources": {"cldr": "1", "tzdata": "2"}})
    path.write_text(make_time_zones.written(TABLE, sources), encoding="utf-8")
    assert read_table(path) == attrs.evolve(TABLE, names=dict(TABLE.names))


def test_another_tzdata_than_the_pinned_one_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(make_time_zones, "version", {"tzdata": "1970.1"}.__getitem__)
    assert make_time_zones.main(tmp_path / "table.py") == 1
    assert "tzdata 1970.1 is installed" in capsys.readouterr().out
    assert not (tmp_path / "table.py").exists()


@pytest.mark.slow
def test_the_committed_table_is_what_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "table.py"
    assert make_time_zones.main(path) == 0
    assert path.read_bytes() == make_time_zones.TABLE.read_bytes()


@pytest.mark.slow
def test_nothing_is_written_where_a_check_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reviewed = make_time_zones.read_reviewed()
    del reviewed["names"]["America/Vancouver"], reviewed["refused"]["Factory"]
    monkeypatch.setattr(make_time_zones, "read_reviewed", lambda: reviewed)
    path = tmp_path / "table.py"
    path.write_text(
        make_time_zones.TABLE.read_text(encoding="utf-8").replace(
            '"UTC-11",', '"UTC-11", "Gone",', 1
        ),
        encoding="utf-8",
    )
    before = path.read_bytes()
    assert make_time_zones.main(path) == 1
    said = capsys.readouterr().out
    assert "America/Vancouver: another clock than Pacific Standard Time" in said
    assert "Factory: neither mapped nor under [refused]" in said
    assert "Gone: the table before had it" in said
    assert path.read_bytes() == before
