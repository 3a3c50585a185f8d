"""A local NLPearl: a real HTTP server on 127.0.0.1, made from the vendor's OpenAPI document.

    with Sandbox() as sandbox:
        ...                             # sandbox.url, sandbox.api_key
        assert sandbox.leads[0]["externalId"] == "crm-42"

Needs ``pip install 'nlpearl-client[sandbox]'``. Fixture for pytest: nlpearl.sandbox.pytest_plugin.
From a shell: ``python -m nlpearl.sandbox``.
"""

from .faults import Lost
from .records import ReceivedRequest
from .sandbox import API_KEY, Sandbox

__all__ = ["API_KEY", "Lost", "ReceivedRequest", "Sandbox"]
