"""Memory does not grow with the file: the command's reader in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .writers import xlsxwriter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # seconds; 110,000 rows took 77 s of CPU (2026-11-26)
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]

READ = r"""
import contextlib, json, pathlib, re, sys
from nlpearl.cli.checks import Checker
from nlpearl.cli.do_not_call import DoNotCall
from nlpearl.cli.files.contents import Contents
from nlpearl.cli.files.formats import Options, open_table
from nlpearl.cli.planning import Wishes, is_header
from nlpearl.cli.repeats import Repeats
from nlpearl.cli.source import Source

wishes = Wishes([], ["name"])
with contextlib.closing(Contents(sys.argv[1])) as contents:
    table = open_table(contents, Options(), lambda names: is_header(names, wishes))
    source = Source(table, wishes)
    source.examine()
    checker = Checker(source.plan, None, DoNotCall(), Repeats("line"))
    for row in source.rows():
        checker.check(row)
# Not of resource: there the parent counts, too.
status = pathlib.Path("/proc/self/status").read_text()
print(json.dumps([source.total, int(re.search(r"VmHWM:\s+([0-9]+) kB", status)[1]) / 1024]))
"""
HEADER = ["phone_number", "external_id", "time_zone", "name"]


def cells(number: int) -> list[str]:
    return [f"+1415{number:07}", f"crm-{number}", "America/New_York", f"Name {number}"]


def peak(path: Path, rows: int) -> float:
    """Megabytes."""
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, check=True)
    total, megabytes = json.loads(done.stdout)
    assert total == rows
    return float(megabytes)


def test_of_csv(tmp_path: Path) -> None:
    peaks: list[float] = []
    for rows in (10_000, 100_000):
        path = tmp_path / "people.csv"
        with path.open("w") as file:
            file.write(",".join(HEADER) + "\n")
            file.writelines(",".join(cells(number)) + "\n" for number in range(rows))
        peaks.append(peak(path, rows))
    assert peaks[1] < peaks[0] + 3


def test_of_a_workbook(tmp_path: Path) -> None:
    """Eight bytes for each different text, which fill an array that doubles, and 8 MiB of them."""
    peaks: list[float] = []
    for rows in (5_000, 50_000):
        path = tmp_path / "people.xlsx"
        with xlsxwriter.Workbook(path) as written:
            sheet = written.add_worksheet()
            sheet.write_row(0, 0, HEADER)
            for number in range(rows):
                sheet.write_row(number + 1, 0, cells(number))
        peaks.append(peak(path, rows))
    assert peaks[1] < peaks[0] + 16
