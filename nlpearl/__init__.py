"""Adds leads to NLPearl: each once, in its own time zone, or you know exactly why not.

Names are imported when they are first used (PEP 562), so that `import nlpearl` costs next to
nothing; to add a lead takes httpx anyway.
"""

from typing import TYPE_CHECKING

from . import _vendor
from ._version import __version__

if TYPE_CHECKING:
    from . import errors
    from .client import AsyncNLPearl, NLPearl
    from .errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        DuplicateLeadError,
        InvalidArgumentError,
        InvalidLeadError,
        InvalidTimeZoneError,
        LeadInProgressError,
        LedgerError,
        NLPearlError,
        NotFoundError,
        Outcome,
        PermissionDeniedError,
        RateLimitError,
        ServerError,
        UnexpectedResponseError,
        UnsettledLeadError,
    )
    from .leads.lead import Lead
    from .leads.results import (
        AddedLead,
        FoundLead,
        LeadResult,
        LeadStatus,
        SettledLead,
        UnsettledLead,
    )
    from .ledger.ledger import Ledger
    from .time_zones.convert import to_windows_time_zone
    from .time_zones.table import WINDOWS_TIME_ZONES, WindowsTimeZone

__all__ = [
    "WINDOWS_TIME_ZONES",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AddedLead",
    "AsyncNLPearl",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DuplicateLeadError",
    "FoundLead",
    "InvalidArgumentError",
    "InvalidLeadError",
    "InvalidTimeZoneError",
    "Lead",
    "LeadInProgressError",
    "LeadResult",
    "LeadStatus",
    "Ledger",
    "LedgerError",
    "NLPearl",
    "NLPearlError",
    "NotFoundError",
    "Outcome",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "SettledLead",
    "UnexpectedResponseError",
    "UnsettledLead",
    "UnsettledLeadError",
    "WindowsTimeZone",
    "__version__",
    "errors",
    "to_windows_time_zone",
]

# Where a name comes from, unless it is an error.
_MODULES = {
    "AsyncNLPearl": "client",
    "NLPearl": "client",
    "Lead": "leads.lead",
    "AddedLead": "leads.results",
    "FoundLead": "leads.results",
    "LeadResult": "leads.results",
    "LeadStatus": "leads.results",
    "SettledLead": "leads.results",
    "UnsettledLead": "leads.results",
    "Ledger": "ledger.ledger",
    "WINDOWS_TIME_ZONES": "time_zones.table",
    "WindowsTimeZone": "time_zones.table",
    "to_windows_time_zone": "time_zones.convert",
}

_vendor.warn()


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f".{_MODULES.get(name, 'errors')}", __name__)
    value: object = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
