"""Add a bag of rows by several Dask workers, with one ledger for all.

    pip install 'nlpearl-client[sandbox]' 'dask[distributed]'
    python examples/dask_bag.py

If a worker dies, Dask runs its partition again on another one, and also
finished partitions whose results only that worker had. The ledger knows
what was added, and returns its lead id without a request. The few rows
that were in flight at that moment are UNKNOWN.

The variable LEDGER names a file, for one machine, or postgresql://… for
several.
"""

import os
from collections.abc import Iterable
from typing import Any

import dask.bag
from distributed import Client, LocalCluster

from nlpearl import NLPearl
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
Row = dict[str, Any]


def add(rows: Iterable[Row]) -> list[tuple[Row, str, str | None, str]]:
    """In a worker: each row, its outcome, its lead id, and its error."""
    with NLPearl(
        ledger=os.environ.get("LEDGER", "people.ledger")
    ) as client:
        return [
            (
                result.row,
                result.outcome.name,
                result.lead_id,
                str(result.error or ""),
            )
            for result in client.add_leads(CAMPAIGN, rows)
        ]


def run(
    rows: list[Row], partitions: int
) -> list[tuple[Row, str, str | None, str]]:
    """All of them; retried while the ledger is not available."""
    bag = dask.bag.from_sequence(rows, npartitions=partitions)
    return bag.map_partitions(add).compute(retries=5)


if __name__ == "__main__":
    people = [
        {"phone_number": f"+1415555{n:04}", "external_id": n}
        for n in range(100, 140)
    ]
    with (
        sandboxed(),
        LocalCluster(
            n_workers=2, threads_per_worker=2, dashboard_address=None
        ) as cluster,
        Client(cluster),
    ):
        for row, outcome, lead_id, error in run(people, partitions=8):
            print(row["external_id"], outcome, lead_id or error)
