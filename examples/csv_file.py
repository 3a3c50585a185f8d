"""Add a CSV file, with a ledger. Run it again after a crash to resume.

    pip install 'nlpearl-client[sandbox]'
    python examples/csv_file.py [people.csv]

The command `nlpearl add-leads` does this and more. This example shows how
to do it in a program.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from nlpearl import NLPearl
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"


def rows(file: TextIO) -> Iterator[dict[str, object]]:
    """The arguments of `add_lead`, line by line."""
    for line in csv.DictReader(file):
        yield {
            "phone_number": line["phone"],
            "external_id": line["id"],
            "time_zone": line["zone"],
            "call_data": {"firstName": line["first_name"]},
        }


def add(path: Path) -> Counter[str]:
    """Add the file, and count the outcomes."""
    outcomes: Counter[str] = Counter()
    with (
        NLPearl() as client,
        path.open(newline="", encoding="utf-8") as file,
    ):
        ledger = path.with_suffix(".ledger")
        for result in client.add_leads(CAMPAIGN, rows(file), ledger=ledger):
            outcomes[result.outcome.name] += 1
            if result.error:
                print(f"row {result.position + 1}: {result.error}")
    return outcomes


if __name__ == "__main__":
    with sandboxed():
        given = (
            Path(*sys.argv[1:2])
            if sys.argv[1:]
            else Path(__file__).with_name("people.csv")
        )
        for outcome, count in add(given).items():
            print(f"{count:>6} {outcome}")
