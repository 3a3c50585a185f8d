"""`nlpearl check`, and the version of the API that the commands speak."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, run
from .conftest import KEY
from .servers import CAMPAIGN_ID, Script, Server, response, responses

pytest_plugins = ["tests.cli_fixtures"]


def check(*options: str) -> Result:
    return run("check", CAMPAIGN_ID, *options)


def checked(script: Script, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, list[str]]:
    """The command with a server as its API, and the paths that it asked for."""
    monkeypatch.setenv("NLPEARL_API_KEY", KEY)
    with Server(script) as server:
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
        return check(), [request.target for request in server.requests]


def test_key_and_campaign_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = {
        "id": CAMPAIGN_ID, "name": "Spring sale", "type": 2, "status": 2, "totalLeads": 12345,
        "phoneNumber": "+14155550199", "totalAgents": 4, "totalLeadsCompleted": None,
    }  # fmt: skip
    done, paths = checked(responses(response(200, json.dumps(campaign).encode())), monkeypatch)
    assert (done.exit_code, done.stderr) == (0, "")
    *lines, host = done.stdout.splitlines()
    assert lines == [
        "campaign: Spring sale",
        "type: outbound",
        "status: paused",
        "phone number: …99",
        "agents: 4",
        "leads: 12,345",
        f"campaign id: {CAMPAIGN_ID}, API v1",
    ]
    assert host.startswith("host: http://127.0.0.1:")
    assert host.endswith(", a sandbox: no real calls")
    assert paths == [f"/v1/Outbound/{CAMPAIGN_ID}"]


@pytest.mark.parametrize(
    ("campaign", "lines"),
    [
        ({"id": CAMPAIGN_ID}, []),
        ({"id": "x", "name": "", "status": 77, "type": "x"}, ["status: 77"]),
    ],
)
def test_little_is_told_of_a_campaign(
    campaign: dict[str, Any], lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done, _ = checked(responses(response(200, json.dumps(campaign).encode())), monkeypatch)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:-2] == lines


def test_an_inbound_campaign_takes_no_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = checked(responses(response(200, b'{"id": "x", "type": 1}')), monkeypatch)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: campaign {CAMPAIGN_ID} is inbound: leads are added to outbound ones. Check the "
        "id\n"
    )


def test_nobody_is_called_in_either_version(sandbox: Sandbox) -> None:
    assert check().stdout.startswith("campaign: Sandbox\ntype: outbound\nstatus: running\n")
    assert check("--api-version", "v2").exit_code == 0
    assert [(request.method, request.path) for request in sandbox.requests] == [
        ("GET", f"/v1/Outbound/{CAMPAIGN_ID}"),
        ("GET", f"/v2/Pearl/{CAMPAIGN_ID}"),
    ]
    assert sandbox.leads == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "Check the API key: AccountId:SecretKey, of the workspace that owns the campaign"),
        (403, "The API key is valid but may not do this"),
        (404, "API v1 takes the outbound id, not the pearl id in the platform's URL. For that one, "
         "use --api-version v2"),
        (429, "The API limits the rate"),
        (500, "Nothing was changed: it only reads"),
        (302, "Redirects are not followed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_way_out(
    status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = responses(response(status, b"", {"Retry-After": "0.01"}))
    done, _ = checked(script, monkeypatch)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {status} ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"true", b"<html>", b"null"])
def test_garbage_is_not_a_campaign(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = checked(responses(response(200, body)), monkeypatch)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        ("error: 200 ", "error: the response of the API is not a campaign")
    )


def test_without_a_key_or_an_id_nothing_is_asked(sandbox: Sandbox) -> None:
    done = run("check", "a/b")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: campaign id must be the campaign's id, 24 hex digits")
    done = run("check", CAMPAIGN_ID, "--api-version", "v3")
    assert done.exit_code == 2
    assert "'v3' is not one of 'v1', 'v2'" in done.stderr
    assert sandbox.requests == []


def test_every_command_with_a_client_speaks_either_version(sandbox: Sandbox, here: Path) -> None:
    v2 = ["--api-version", "v2"]
    Path("people.csv").write_text(people(3))
    sandbox.inject_fault(lost="close")
    done = add_leads("people.csv", *v2, "--concurrency", "1")
    assert done.exit_code == 1
    assert f"nlpearl ledger settle {LEDGER} --api-version v2" in done.stderr
    assert run("ledger", "settle", LEDGER, *v2).exit_code == 0
    assert run("find-lead", CAMPAIGN_ID, "1", *v2).exit_code == 0
    assert run("add-lead", CAMPAIGN_ID, "+14155550777", *v2).exit_code == 0
    assert {request.path.split("/")[1] for request in sandbox.requests} == {"v2"}
    assert add_leads("people.csv", *v2, "--dry-run").exit_code == 0
    done = add_leads("people.csv", "--dry-run")
    assert done.exit_code == 2
    assert "(API v2), not to " in done.stderr


def test_the_help_says_what_each_version_takes() -> None:
    for command in (["check"], ["add-lead"], ["add-leads"], ["find-lead"], ["ledger", "settle"]):
        text = " ".join(run(*command, "-h").stdout.split())
        assert "v1 takes outbound ids, v2 the pearl ids of the platform's URLs" in text
