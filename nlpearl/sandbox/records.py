"""What the sandbox remembers: leads stored, requests received, faults still to be played.

One lock guards the three, so that their orders agree.
"""

import copy
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from .faults import Fault


@dataclass(frozen=True)
class ReceivedRequest:
    """One request that was received completely, and its result."""

    #: As it was sent, in capitals.
    method: str
    #: The path and the query as they were on the wire, percent signs and all.
    path: str
    #: Lower-case names; without the Authorization.
    headers: dict[str, str]
    #: The body as text.
    body: str
    #: The status of the response; None if it was lost or was not HTTP.
    status: int | None
    #: The lead that was stored; None if none was.
    lead_id: str | None


@dataclass
class Records:
    """Hold the lock to read or write more than one of these."""

    leads: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    #: When each lead was stored, by its id.
    created: dict[str, datetime] = field(default_factory=dict[str, datetime])
    requests: list[ReceivedRequest] = field(default_factory=list[ReceivedRequest])
    faults: deque[Fault] = field(default_factory=deque[Fault])
    lock: threading.RLock = field(default_factory=threading.RLock)

    def next_fault(self) -> Fault:
        """The fault whose turn it is, or one that does no harm."""
        with self.lock:
            return self.faults.popleft() if self.faults else Fault()

    def copied_leads(self) -> list[dict[str, object]]:
        with self.lock:
            return copy.deepcopy(self.leads)

    def copied_requests(self) -> list[ReceivedRequest]:
        with self.lock:
            return copy.deepcopy(self.requests)

    def clear(self) -> None:
        with self.lock:
            self.leads.clear()
            self.requests.clear()
            self.faults.clear()
