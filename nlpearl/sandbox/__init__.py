"""A local NLPearl: a real HTTP server on 127.0.0.1, made from the vendor's OpenAPI document.

    with Sandbox() as sandbox:
        ...                             # sandbox.url, sandbox.api_key
        assert sandbox.leads[0]["externalId"] == "crm-42"

Needs ``pip install 'nlpearl-client[sandbox]'``. Fixture for pytest: nlpearl.sandbox.pytest_plugin.
From a shell: ``python -m nlpearl.sandbox``.

Names are imported when they are first used: pytest imports this package for its plugin.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .faults import Lost
    from .records import ReceivedRequest
    from .sandbox import API_KEY, Sandbox

__all__ = ["API_KEY", "Lost", "ReceivedRequest", "Sandbox"]

_MODULES = {"Lost": "faults", "ReceivedRequest": "records"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f".{_MODULES.get(name, 'sandbox')}", __name__), name)
    globals()[name] = value
    return value
