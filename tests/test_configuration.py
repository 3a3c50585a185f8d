"""Keys, base URLs, timeouts and outbound ids: refused before anything is sent, with the reason."""

import math
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nlpearl import (
    AddedLead,
    APITimeoutError,
    AsyncNLPearl,
    ConfigurationError,
    InvalidArgumentError,
    InvalidLeadError,
    NLPearl,
    Outcome,
)

from .conftest import KEY, PHONE, SECRET, Either
from .servers import CAMPAIGN_ID, Connection, Server, response, responses


@pytest.mark.parametrize("client", [NLPearl, AsyncNLPearl])
@pytest.mark.parametrize("source", ["argument", "environment"])
@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (SECRET, "no colon"),
        (f":{SECRET}", "before"),
        ("5f3c392c6d7a2d4067d42f16:", "after"),
        (f"Bearer {KEY}", "Bearer"),
        (f"bearer {KEY}", "Bearer"),
        (f'"{KEY}"', "quotation mark; leave it out"),
        (f"'{KEY}'", "quotation mark; leave it out"),
        (f"NLPEARL_API_KEY={KEY}", "a variable's name and =; leave them out"),
        (f'export NLPEARL_API_KEY = "{KEY}"', "a variable's name and =; leave them out"),
        (f"AccountId:{SECRET}", "placeholder"),
        ("5f3c392c6d7a2d4067d42f16:SecretKey", "placeholder"),
        (f"5f3c:\n{SECRET}", "control"),
        (f"5f3c:\u00e9{SECRET}", "non-ASCII"),
        (f"5f3c: {SECRET}", "a space"),
    ],
)
def test_a_key_of_the_wrong_form_says_what_to_do_and_shows_nothing(
    client: type, source: str, key: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "environment":
        monkeypatch.setenv("NLPEARL_API_KEY", key)
    with pytest.raises(ConfigurationError, match=why) as caught:
        client(key if source == "argument" else None)
    assert "AccountId:SecretKey" in str(caught.value)
    assert caught.value.outcome is Outcome.NOT_SENT
    # All frames but the first, which is this test's own.
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = f"{caught.value!s}{[frame.locals for frame in list(lines.stack)[1:]]}"
    assert SECRET not in shown


def test_a_missing_key_names_the_variable() -> None:
    with pytest.raises(ConfigurationError, match="NLPEARL_API_KEY is empty or not set"):
        NLPearl()


def test_a_key_that_is_not_a_string_shows_its_type_only() -> None:
    with pytest.raises(ConfigurationError, match="api_key is not a string but bytes"):
        NLPearl(KEY.encode())  # type: ignore[arg-type] # pyright: ignore


@pytest.mark.parametrize("key", [f"{KEY}\n", f"  {KEY}  ", f"{KEY}\r\n", "a:b:c"])
def test_blanks_around_a_key_are_trimmed_and_the_first_colon_divides(key: str) -> None:
    with Server(responses(response())) as server, NLPearl(key, base_url=server.url) as client:
        client.add_lead(CAMPAIGN_ID, PHONE)
    assert server.requests[0].headers["authorization"] == f"Bearer {key.strip()}"


@pytest.mark.parametrize("client", [NLPearl, AsyncNLPearl])
@pytest.mark.parametrize(
    ("url", "why"),
    [
        (" ", "empty"),
        ("api.nlpearl.ai", "https://"),
        ("ftp://api.nlpearl.ai", "https://"),
        ("https://api.nlpearl.ai/v1", "path"),
        ("https://api.nlpearl.ai//", "path"),
        ("https://api.nlpearl.ai?x=1", "query"),
        ("https://api.nlpearl.ai?", "query"),
        ("https://api.nlpearl.ai/#", "fragment"),
        ("https://", "host"),
        ("https://:443", "host"),
        ("https://-x", "host"),
        ("https://a_b", "host"),
        ("https://a:0", "port"),
        ("https://a:99999", "port"),
        ("https://a:b", "port"),
        ("https://[::1", "host"),
        ("https://api .nlpearl.ai", "a space"),
        ("https://api.nlpearl.ai\\@x.test", "credentials|backslash"),
        ("https://b\u00fccher.test", "non-ASCII"),
        ("http://api.nlpearl.ai", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("http://localhost.x.test", "plain http"),
        ("http://127.0.0.1.x.test", "plain http"),
        (12, "string"),
    ],
)
def test_a_base_url_must_be_an_origin(client: type, url: Any, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        client(KEY, base_url=url)
    assert "https://api.nlpearl.ai" in str(caught.value)


def test_a_base_url_with_the_key_in_it_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="credentials") as caught:
        NLPearl(KEY, base_url=f"https://{KEY}@api.nlpearl.ai")
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SECRET not in f"{caught.value!s}{[frame.locals for frame in list(lines.stack)[1:]]}"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.nlpearl.ai/",
        "HTTPS://API.NLPEARL.AI",
        "https://api.nlpearl.ai:8443",
        "http://localhost:8080",
        "http://127.8.9.1",
        "http://[::1]:80/",
        "https://10.0.0.1",
    ],
)
def test_an_origin_is_taken(url: str) -> None:
    with NLPearl(KEY, base_url=url) as client:
        assert repr(client) == f"NLPearl(base_url={url.removesuffix('/')!r})"


@pytest.mark.parametrize("client", [NLPearl, AsyncNLPearl])
@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": 10**400},
        {"timeout": True},
        {"timeout": "30"},
        {"timeout": None},
        {"timeout": timedelta(0)},
        {"max_retries": -1},
        {"max_retries": True},
        {"max_retries": 1.5},
    ],
)
def test_an_impossible_setting_names_itself(client: type, options: dict[str, Any]) -> None:
    [name] = options
    with pytest.raises(InvalidArgumentError, match=name) as caught:
        client(KEY, **options)
    assert isinstance(caught.value, ValueError)
    assert caught.value.outcome is Outcome.NOT_SENT


def test_a_timeout_may_be_a_timedelta() -> None:
    with (
        Server(responses(response())) as server,
        NLPearl(KEY, base_url=server.url, timeout=timedelta(seconds=20)) as client,
    ):
        assert client.add_lead(CAMPAIGN_ID, PHONE, timeout=timedelta(seconds=10))
        for bad in (float("nan"), float("inf"), True, "1"):
            with pytest.raises(InvalidArgumentError, match="timeout"):
                client.add_lead(CAMPAIGN_ID, PHONE, timeout=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("left", [0, -1.5, timedelta(0), timedelta(seconds=-3), -math.inf])
def test_a_time_that_is_over_already_is_a_valid_argument(
    either: Either, left: float | timedelta, tmp_path: Path
) -> None:
    ledger = {"ledger": tmp_path / "a.ledger"}
    with Server(responses(response())) as server:
        for options in ({}, ledger):
            error = either.add(server.url, client=options, external_id="x", timeout=left)
            assert isinstance(error, APITimeoutError)
            assert (error.outcome, error.retryable) == (Outcome.NOT_SENT, True)
            assert (error.campaign_id, error.external_id) == (CAMPAIGN_ID, "x")
            assert str(error).endswith("\nNothing was sent.")
        with (
            NLPearl(KEY, base_url=server.url) as client,
            pytest.raises(APITimeoutError, match="timed out before it began"),
        ):
            client.find_lead(CAMPAIGN_ID, "x", timeout=left)
        with pytest.raises(InvalidLeadError), NLPearl(KEY) as client:
            client.add_lead(CAMPAIGN_ID, "call me", timeout=left)
        assert not server.requests
        added = either.add(server.url, client=ledger, external_id="x")
        assert isinstance(added, AddedLead), "it was never claimed"


def test_an_http_client_of_the_wrong_kind_is_refused() -> None:
    with (
        httpx.Client(follow_redirects=True) as follows,
        pytest.raises(ConfigurationError, match="redirects"),
    ):
        NLPearl(KEY, http_client=follows)
    with httpx.Client() as sync, pytest.raises(ConfigurationError, match="AsyncClient"):
        AsyncNLPearl(KEY, http_client=sync)  # type: ignore[arg-type] # pyright: ignore
    sync = httpx.Client()
    client = NLPearl(KEY, http_client=sync)
    sync.close()
    with pytest.raises(ConfigurationError, match="http_client is closed"):
        client.add_lead(CAMPAIGN_ID, PHONE)


@pytest.mark.parametrize(
    "campaign_id",
    [
        "",
        ".",
        "..",
        "a/b",
        "a b",
        " a",
        "a\n",
        "a\x00",
        "a\u00a0b",
        "a\u200b",
        "\ud800",
        None,
        7,
        b"a",
    ],
)
def test_an_outbound_id_that_no_path_can_carry_never_reaches_the_network(campaign_id: Any) -> None:
    def script(connection: Connection) -> None:
        raise AssertionError("connected")

    with Server(script) as server, NLPearl(KEY, base_url=server.url) as client:
        with pytest.raises(InvalidArgumentError, match="campaign_id"):
            client.add_lead(campaign_id, PHONE)
        assert server.connections == 0


@pytest.mark.parametrize("campaign_id", ["a%2Fb", "a?b#c", "é", "a\\b", "a;b"])
def test_any_other_outbound_id_arrives_quoted(campaign_id: str) -> None:
    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        client.add_lead(campaign_id, PHONE)
    from urllib.parse import quote

    assert server.requests[0].target == f"/v1/Outbound/{quote(campaign_id, safe='')}/Lead"


def test_a_phone_number_in_the_place_of_the_outbound_id_is_masked() -> None:
    with NLPearl(KEY) as client, pytest.raises(InvalidArgumentError) as caught:
        client.add_lead("+1 415 555 0123", "67d42f167f3c392c6d7a2d40")
    assert "555" not in str(caught.value)
