"""All leads of a campaign, page by page, although leads come and go meanwhile.

Each page begins with the last lead of the page before. If its first lead was never seen, leads have
gone, those behind them have moved up, and it goes back a page. Not here: what a request is
(platform.py).
"""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

#: Leads of a page: as public callers have it. The most that the API takes is not documented.
LIMIT = 100
#: Pages in a row without a new lead, after which they lead nowhere.
STUCK = 20


@attrs.frozen
class Page:
    """The response to one search."""

    leads: list[dict[str, Any]]
    #: How many leads the campaign has; 0 if the API does not say.
    count: int


class Pages:
    """Read by a `for`: the leads, each once."""

    def __init__(self, search: Callable[[int, int], Page]) -> None:
        self._search = search
        self._seen: set[str] = set()
        #: How many leads the campaign has, as the last page said.
        self.count: int = 0
        #: Why some may be missing.
        self.doubt: str | None = None

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        """The leads of each page that were on none before."""
        skip = stuck = 0
        while stuck < STUCK:
            page = self._search(skip, LIMIT)
            self.count = page.count
            leads = {_name(lead): lead for lead in page.leads}
            first = next(iter(leads), None)
            stuck += 1
            if skip and first not in self._seen:
                skip = max(0, skip - LIMIT + 1)
                continue
            if new := [lead for name, lead in leads.items() if name not in self._seen]:
                stuck = 0
                self._seen.update(leads)
                yield new
            if len(page.leads) <= 1:
                if self.count > len(self._seen):
                    self.doubt = (
                        f"the API counts {self.count:,} leads, but lists {len(self._seen):,}"
                    )
                return
            skip += len(page.leads) - 1
        self.doubt = "the API lists the same leads again and again"


def _name(lead: dict[str, Any]) -> str:
    """What tells a lead from others: the platform's id."""
    return str(lead.get("id") or [lead.get("externalId"), lead.get("phoneNumber")])
