"""A bag of rows over several Dask workers, with a client and a ledger for each partition.

    pip install 'nlpearl-client[sandbox]' 'dask[distributed]'
    python examples/dask_bag.py

Dask runs the task of a worker that died once more, elsewhere. What the dead one had sent would be
sent again, and phone people twice; the ledger prevents that. What was added is not sent again, what
was not sent is sent now, and the few rows that were in flight are looked up by their external ids
(`reconcile=True`). One that is not found stays UNKNOWN, and is for a person to decide.

The ledgers have to lie where every worker can read and lock them: on a disk of the machine, say,
not on a network drive. A worker that is only believed to be dead still holds the lock: then the
second one ends with a LedgerError. To run it all again, keep the folder and the number of
partitions.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask
import dask.bag
from distributed import Client, LocalCluster

from nlpearl import NLPearl
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
Row = dict[str, Any]
End = tuple[Any, str | None, str]


@dask.delayed
def add(partition: Iterable[Row], ledger: Path) -> list[End]:
    """In a worker: external id, lead id, and what is wrong."""
    rows = list(partition)
    with NLPearl(reconcile=True) as client:
        return [
            (
                rows[result.position]["external_id"],
                result.lead_id,
                str(result.error or ""),
            )
            for result in client.add_leads(CAMPAIGN, rows, ledger=ledger)
        ]


def run(rows: list[Row], folder: Path, partitions: int) -> list[End]:
    """The end of every row, on the cluster of the current client."""
    bag = dask.bag.from_sequence(rows, npartitions=partitions)
    tasks = [
        add(partition, folder / f"partition-{number}.ledger")
        for number, partition in enumerate(bag.to_delayed())
    ]
    return [end for ends in dask.compute(*tasks) for end in ends]


if __name__ == "__main__":
    people = [{"phone_number": f"+1415555{n:04}", "external_id": n} for n in range(100, 140)]
    with (
        sandboxed(),
        TemporaryDirectory() as ledgers,  # one that stays, in earnest
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        done = run(people, Path(ledgers), partitions=4)
        print(sum(lead_id is not None for _, lead_id, _ in done), "of", len(people), "added")
