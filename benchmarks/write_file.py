"""Write a file of so many people: `python write_file.py people.csv|people.xlsx COUNT`."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from one_call import phone

HEAD = ["phone_number", "external_id", "time_zone"]


def _rows(count: int) -> Iterator[list[object]]:
    for number in range(count):
        yield [phone(number), number, "America/New_York"]


def _csv(path: Path, count: int) -> None:
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEAD)
        lines.writerows(_rows(count))


def _xlsx(path: Path, count: int) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEAD)
    for row in _rows(count):
        sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    {".csv": _csv, ".xlsx": _xlsx}[path.suffix](path, int(sys.argv[2]))
