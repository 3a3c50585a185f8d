"""The names that the reference has to explain: each public name, and each public member of its own.

Members come from the classes themselves, not from the pages.
"""

import enum
import inspect
from collections.abc import Iterator

import attrs

import nlpearl
from nlpearl.bulk.tasks import AsyncLeadRun
from nlpearl.bulk.threads import LeadRun
from nlpearl.sandbox import ReceivedRequest, Sandbox

#: Documented where a base class has them.
_INHERITED = {"args", "outcome", "retryable"}
#: What only the library itself uses.
_INTERNAL = {
    "Ledger": {"claim", "closing", "doubts", "finish", "is_own", "preview", "prove", "ready"},
    "InvalidLeadError": {"of"},
}


def documented_names() -> Iterator[str]:
    """``nlpearl.NLPearl``, ``nlpearl.NLPearl.add_lead``, …"""
    for name in nlpearl.__all__:
        if name not in ("__version__", "errors"):
            yield f"nlpearl.{name}"
            yield from _members(f"nlpearl.{name}", getattr(nlpearl, name))
    for cls in (LeadRun, AsyncLeadRun, Sandbox, ReceivedRequest):
        where = cls.__module__ if cls.__module__.startswith("nlpearl.bulk") else "nlpearl.sandbox"
        yield f"{where}.{cls.__name__}"
        yield from _members(f"{where}.{cls.__name__}", cls)


def _members(where: str, value: object) -> Iterator[str]:
    if not isinstance(value, type):
        return
    names = {name for name, member in vars(value).items() if _is_ours(name, member)}
    names |= {*inspect.get_annotations(value)}
    if attrs.has(value):
        names |= {field.name for field in attrs.fields(value)}
    if issubclass(value, enum.Enum):
        names |= {*value.__members__}
    names -= _INTERNAL.get(value.__name__, set())
    if issubclass(value, nlpearl.NLPearlError):
        names -= _INHERITED if value is not nlpearl.NLPearlError else {"args"}
    yield from (f"{where}.{name}" for name in sorted(names) if not name.startswith("_"))


def _is_ours(name: str, member: object) -> bool:
    return not name.startswith("_") and (callable(member) or isinstance(member, property))
