"""Our plugin of pytest, under another name. `make pytest` blocks the one that pytest loads by
itself: that is before the coverage of what it imports is measured."""

from nlpearl.sandbox.pytest_plugin import (
    nlpearl_sandbox,
    nlpearl_sandbox_server,
    pytest_configure,
    pytest_runtest_protocol,
    pytest_unconfigure,
)

__all__ = [
    "nlpearl_sandbox",
    "nlpearl_sandbox_server",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_unconfigure",
]
