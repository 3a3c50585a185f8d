"""A plugin of pytest for the tests of the command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nlpearl.sandbox import Sandbox

from .conftest import KEY


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """It is the API of the command."""
    with Sandbox(api_key=KEY) as running:
        monkeypatch.setenv("NLPEARL_API_KEY", KEY)
        monkeypatch.setenv("NLPEARL_BASE_URL", running.url)
        yield running


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
