"""A bag of rows over several Dask workers, one client for each task.

    pip install 'nlpearl-client[sandbox]' 'dask[distributed]'
    python examples/dask_bag.py

Dask runs the tasks of a worker that died once more, elsewhere. Here that must not happen: what the
dead worker had sent would be sent again, and phone people twice. So `allowed-failures` is 0, and
the task is an error. What it leaves behind is settled by external id: a lead that is found was
added; one that is not is added now, since its worker cannot be sending it any more. Where a
platform shows leads only some time after they were added, wait for that time first.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import dask
import dask.bag
from distributed import Client, LocalCluster, wait

from nlpearl import NLPearl
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
Row = dict[str, Any]


def add(rows: Iterable[Row]) -> list[tuple[Any, str | None, str]]:
    """In a worker: external id, lead id, and what is wrong."""
    with NLPearl(reconcile=True) as pearl:
        return [
            (row["external_id"], result.added and result.added.lead_id, str(result.error or ""))
            for row, result in _paired(list(rows), pearl)
        ]


def _paired(rows: list[Row], pearl: NLPearl) -> Iterator[tuple[Row, Any]]:
    for result in pearl.add_leads(CAMPAIGN, rows):
        yield rows[result.position], result


def settle(rows: Iterable[Row]) -> list[tuple[Any, str | None, str]]:
    """In the program, once their worker is dead: only what cannot be found is added."""
    ends: list[tuple[Any, str | None, str]] = []
    with NLPearl(reconcile=True) as pearl:
        missing = []
        for row in rows:
            found = pearl.find_lead(CAMPAIGN, str(row["external_id"]))
            if found is None:
                missing.append(row)
            else:
                ends.append((row["external_id"], found.lead_id, ""))
    return ends + add(missing)


def run(rows: list[Row], client: Client, partitions: int) -> list[tuple[Any, str | None, str]]:
    """The end of every row, of dead workers' rows, too."""
    bag = dask.bag.from_sequence(rows, npartitions=partitions)
    parts = [rows for [*rows] in dask.compute(*bag.to_delayed())]
    futures = client.map(add, parts, pure=False, retries=0)
    wait(futures)
    ends: list[tuple[Any, str | None, str]] = []
    for part, future in zip(parts, futures, strict=True):
        ends += future.result() if future.status == "finished" else settle(part)
    return ends


if __name__ == "__main__":
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    people = [{"phone_number": f"+1415555{n:04}", "external_id": n} for n in range(100, 140)]
    with (
        sandboxed(),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as dask_client,
    ):
        done = run(people, dask_client, partitions=4)
        print(sum(lead_id is not None for _, lead_id, _ in done), "of", len(people), "added")
