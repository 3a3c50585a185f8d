"""A fixture for tests of code that uses this library. In a conftest.py at the top of the tests:

    pytest_plugins = ["nlpearl.sandbox.pytest_plugin"]

and then

    def test_import(nlpearl_sandbox):
        import_customers()              # its NLPearl() reaches the sandbox
        assert len(nlpearl_sandbox.leads) == 2
"""

from collections.abc import Iterator

import pytest

from .sandbox import Sandbox


@pytest.fixture(scope="session")
def nlpearl_sandbox_server() -> Iterator[Sandbox]:
    """The one server of the session. Tests take `nlpearl_sandbox`."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def nlpearl_sandbox(
    nlpearl_sandbox_server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """An empty `Sandbox`, to which NLPEARL_BASE_URL and NLPEARL_API_KEY point for the test."""
    nlpearl_sandbox_server.clear()
    monkeypatch.setenv("NLPEARL_BASE_URL", nlpearl_sandbox_server.url)
    monkeypatch.setenv("NLPEARL_API_KEY", nlpearl_sandbox_server.api_key)
    yield nlpearl_sandbox_server
    nlpearl_sandbox_server.clear()
