"""The plugin of pytest: tests reach a sandbox or nothing, whatever a client was told and when."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nlpearl import AddedLead, APIConnectionError, ConfigurationError
from nlpearl.sandbox import Sandbox, pytest_plugin

from .conftest import Either
from .test_packaging import third_party

ROOT = Path(__file__).parents[1]

CODE = """
from nlpearl import NLPearl

client = NLPearl("a1:b2", max_retries=0)  # made at import, for the real API

def add(used=client):
    return used.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123", external_id="crm-42")
"""

TESTS = """
import asyncio, os, subprocess, sys
from unittest import mock

import httpx, pytest
from nlpearl import AsyncNLPearl, ConfigurationError, NLPearl, NLPearlError
from nlpearl_api.api.outbound import get_lead_by_external_id
from shop import add, client

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
COMMAND = [sys.executable, "-m", "nlpearl", "add-lead", CAMPAIGN, "+14155550123"]
KEY = {"NLPEARL_API_KEY": "a1:b2", "NLPEARL_BASE_URL": "https://api.nlpearl.ai"}

def refused(call):
    with pytest.raises(ConfigurationError, match="must not reach api.nlpearl.ai"):
        call()

def test_nothing_is_reached():
    refused(add)
    with mock.patch.dict(os.environ, clear=True):
        refused(add)
    refused(lambda: client.find_lead(CAMPAIGN, "crm-42"))
    refused(lambda: [*client.add_leads(CAMPAIGN, [{"phone_number": "+14155550123"}])])
    refused(lambda: get_lead_by_external_id.sync(CAMPAIGN, "crm-42", client=client.low_level))
    with httpx.Client() as own, NLPearl("a1:b2", http_client=own) as other:
        refused(lambda: add(other))

    async def use():
        async with AsyncNLPearl("a1:b2") as other:
            await other.add_lead(CAMPAIGN, "+14155550123")

    refused(lambda: asyncio.run(use()))
    done = subprocess.run(COMMAND, env=os.environ | KEY, capture_output=True, text=True)
    assert done.returncode == 2 and "must not reach api.nlpearl.ai" in done.stderr

def test_the_sandbox_is_reached(nlpearl_sandbox):
    add()
    with NLPearl(max_retries=0) as another:
        add(another)
    get_lead_by_external_id.sync(CAMPAIGN, "crm-42", client=client.low_level)
    client.find_lead(CAMPAIGN, "crm-42")

    async def use():
        async with AsyncNLPearl("a1:b2", base_url="https://other.example") as other:
            await other.add_lead(CAMPAIGN, "+14155550123")

    asyncio.run(use())
    done = subprocess.run(COMMAND, env=os.environ | KEY, capture_output=True, text=True)
    assert done.stdout.strip() == nlpearl_sandbox.leads[-1]["leadId"]
    assert len(nlpearl_sandbox.leads) == 4

def test_afterwards_nothing_is_reached():
    refused(add)

@pytest.mark.nlpearl_live
def test_a_live_test_goes_out(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    real = {"base_url": "https://api.nlpearl.ai", "max_retries": 0}
    with NLPearl("a1:b2", **real) as live, pytest.raises(NLPearlError, match="the proxy"):
        add(live)

@pytest.mark.nlpearl_live
def test_a_live_test_goes_out_with_the_sandbox_beside_it(monkeypatch, nlpearl_sandbox):
    test_a_live_test_goes_out(monkeypatch)
    with NLPearl() as another:
        add(another)
    assert len(nlpearl_sandbox.leads) == 1
"""


def loaded(statement: str) -> set[str]:
    """The modules that a statement loads, in a process of its own."""
    script = (
        f"import sys; before = {{*sys.modules}}; {statement}; print(*{{*sys.modules}} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("how", ["by itself", "-p", "pytest_plugins"])
@pytest.mark.slow
def test_no_client_of_a_test_reaches_the_real_api(tmp_path: Path, how: str) -> None:
    """As after an installation, and named besides, as one may."""
    info = tmp_path / "nlpearl_client-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nlpearl-client\nVersion: 0\n")
    name = "nlpearl.sandbox.pytest_plugin"
    (info / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n")
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "test_shop.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -W error\n")
    if how == "pytest_plugins":
        (tmp_path / "conftest.py").write_text(f"pytest_plugins = [{name!r}]\n")
    more = ["-p", name] if how == "-p" else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert "5 passed" in done.stdout, done.stdout + done.stderr


REAL = "https://api.example.test"


def test_a_test_reaches_its_sandbox(either: Either, nlpearl_sandbox: Sandbox) -> None:
    added = either.add(REAL)
    assert isinstance(added, AddedLead)
    assert added.lead_id == nlpearl_sandbox.leads[0]["leadId"]
    assert nlpearl_sandbox.requests[0].headers["host"] in nlpearl_sandbox.url


def test_a_test_without_a_sandbox_reaches_nothing(either: Either) -> None:
    error = either.add(REAL)
    assert isinstance(error, ConfigurationError)
    assert str(error) == (
        "this is a test, which must not reach api.example.test: let it use the fixture "
        "nlpearl_sandbox, or mark it with @pytest.mark.nlpearl_live"
    )


@pytest.mark.nlpearl_live
def test_a_live_test_is_led_nowhere(
    either: Either, nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert isinstance(either.add(REAL), APIConnectionError)
    assert nlpearl_sandbox.requests == []


def test_after_the_last_test_nothing_is_refused(request: pytest.FixtureRequest) -> None:
    before = pytest_plugin.reach
    pytest_plugin.pytest_configure(request.config)  # of a run within this one
    assert pytest_plugin.reach == os.environ[pytest_plugin.VARIABLE] == ""
    pytest_plugin.pytest_unconfigure()
    assert pytest_plugin.reach == before


def test_the_package_registers_it() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = pytest_plugin.__name__
    assert project["entry-points"]["pytest11"] == {name: name}


def test_it_imports_neither_httpx_nor_the_client() -> None:
    modules = loaded(f"import {pytest_plugin.__name__}")
    ours = {module for module in modules if module.startswith("nlpearl")}
    assert ours == {
        "nlpearl",
        "nlpearl._vendor",
        "nlpearl._version",
        "nlpearl.sandbox",
        "nlpearl.sandbox.pytest_plugin",
    }
    assert third_party(modules) - third_party(loaded("import pytest")) == {"nlpearl"}


def test_a_name_that_the_sandbox_does_not_have_is_an_error() -> None:
    with pytest.raises(ImportError, match="Sandbocks"):
        exec("from nlpearl.sandbox import Sandbocks")
