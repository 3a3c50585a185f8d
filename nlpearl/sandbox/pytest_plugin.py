"""A plugin of pytest for tests of code that uses this library. pytest loads it by itself once this
package is installed.

No client in a test reaches a host that is not loopback, also one that was made at import; its call
raises ConfigurationError. With the fixture it reaches a sandbox instead:

    def test_import(nlpearl_sandbox):
        import_customers()              # its NLPearl() reaches the sandbox
        assert len(nlpearl_sandbox.leads) == 2

A test that is meant to reach the real API says so: @pytest.mark.nlpearl_live.

It is loaded by every test run of a machine that has this package, so it imports next to nothing.
"""

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .sandbox import Sandbox

#: Where requests go that are not for loopback: the URL of a sandbox, its key before the @; ""
#: refuses them, with None they pass. The client finds it here (http/settings.py), child processes
#: in the environment.
reach: str | None = None
VARIABLE = "NLPEARL_TEST_SANDBOX"

_before: list[str | None] = []


def _let_reach(where: str | None) -> None:
    global reach
    reach = where
    os.environ.pop(VARIABLE, None)
    if where is not None:
        os.environ[VARIABLE] = where


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "nlpearl_live: this test may reach the real NLPearl, which calls people"
    )
    _before.append(reach)
    _let_reach("")


def pytest_unconfigure() -> None:
    _let_reach(_before.pop())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None]:
    before = reach
    _let_reach("" if item.get_closest_marker("nlpearl_live") is None else None)
    yield
    _let_reach(before)


@pytest.fixture(scope="session")
def nlpearl_sandbox_server() -> "Iterator[Sandbox]":
    """The one server of the session. Tests take `nlpearl_sandbox`."""
    from .sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def nlpearl_sandbox(
    nlpearl_sandbox_server: "Sandbox", monkeypatch: pytest.MonkeyPatch
) -> "Iterator[Sandbox]":
    """An empty `Sandbox`, to which NLPEARL_BASE_URL and NLPEARL_API_KEY point for the test, and
    which clients reach that were made before."""
    sandbox, before = nlpearl_sandbox_server, reach
    sandbox.clear()
    monkeypatch.setenv("NLPEARL_BASE_URL", sandbox.url)
    monkeypatch.setenv("NLPEARL_API_KEY", sandbox.api_key)
    if reach is not None:  # not in a live test
        _let_reach(sandbox.url.replace("://", f"://{sandbox.api_key}@"))
    yield sandbox
    _let_reach(before)
    sandbox.clear()
