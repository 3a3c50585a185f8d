"""Every response but the documented success, over HTTP: the class, the outcome, what it carries."""

import json
import logging
from typing import Any

import pytest

from nlpearl import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NLPearlError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)

from .conftest import KEY, PHONE, SECRET, Either, Ended
from .servers import Connection, Script, Server, response, responses

PROBLEM: dict[str, Any] = {
    "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
    "title": "One or more validation errors occurred.",
    "status": 400,
    "errors": {
        "PhoneNumber": ["The PhoneNumber field is required."],
        "$.callData.age": ["The JSON value could not be converted to System.String."],
        "": ["A non-empty request body is required."],
        "somethingNew": ["Is wrong."],
    },
    "traceId": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
}
PROBLEM_JSON = json.dumps(PROBLEM).encode()
HTML = b"<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head>" + b"<p>x</p>" * 5000

REJECTED, UNKNOWN, NOT_SENT = Outcome.REJECTED, Outcome.UNKNOWN, Outcome.NOT_SENT


def end(either: Either, script: Script, **client: Any) -> tuple[Ended, Server]:
    with Server(script) as server:
        return either.add(server.url, client=client), server


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (300, APIStatusError, UNKNOWN),
        (304, APIStatusError, UNKNOWN),
        (400, BadRequestError, REJECTED),
        (401, AuthenticationError, REJECTED),
        (402, APIStatusError, REJECTED),
        (403, PermissionDeniedError, REJECTED),
        (404, NotFoundError, REJECTED),
        (405, APIStatusError, REJECTED),
        (408, ServerError, UNKNOWN),
        (409, ConflictError, REJECTED),
        (413, APIStatusError, REJECTED),
        (415, APIStatusError, REJECTED),
        (422, APIStatusError, REJECTED),
        (429, RateLimitError, REJECTED),
        (499, APIStatusError, REJECTED),
        (500, ServerError, UNKNOWN),
        (502, ServerError, UNKNOWN),
        (503, ServerError, UNKNOWN),
        (520, ServerError, UNKNOWN),
        (599, ServerError, UNKNOWN),
        (999, ServerError, UNKNOWN),
    ],
)
@pytest.mark.parametrize("body", [PROBLEM_JSON, b"", HTML, b"null", b"[]", b"{", b"\xff\xfe\x00"])
def test_the_status_decides_with_any_body(
    either: Either, status: int, kind: type[APIStatusError], outcome: Outcome, body: bytes
) -> None:
    error, server = end(either, responses(response(status, b"" if status == 304 else body)))
    assert type(error) is kind
    assert isinstance(error, APIStatusError)
    assert error.outcome is outcome
    assert error.status_code == status
    assert str(error).startswith(f"{status} ")
    assert ("The lead may exist." in str(error)) == (outcome is UNKNOWN)
    assert len(str(error)) < 1000
    assert error.__cause__ is None
    assert error.__context__ is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("content_type", ["application/problem+json", "text/plain", "text/html"])
def test_problem_details_speak_in_our_argument_names(either: Either, content_type: str) -> None:
    data = response(400, PROBLEM_JSON, content_type=content_type)
    error, _ = end(either, responses(data))
    assert isinstance(error, BadRequestError)
    assert error.errors == {
        "phone_number": ["The PhoneNumber field is required."],
        "call_data.age": ["The JSON value could not be converted to System.String."],
        "": ["A non-empty request body is required."],
        "somethingNew": ["Is wrong."],
    }
    assert error.problem == PROBLEM
    assert error.trace_id == PROBLEM["traceId"]
    assert json.loads(error.body) == PROBLEM
    assert str(error).startswith("400 phone_number: The PhoneNumber field is required.")
    assert str(PROBLEM["traceId"]) in str(error)


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "AccountId:SecretKey"), (403, "key"), (404, "pearl id"), (429, "limits the rate")],
)
def test_a_hint_says_what_to_do(either: Either, status: int, hint: str) -> None:
    error, _ = end(either, responses(response(status, b"")))
    assert hint in str(error)


def test_headers_are_lower_case_and_without_cookies(either: Either) -> None:
    headers = {"X-Request-Id": "7", "Set-Cookie": "session=1", "Retry-After": "7"}
    error, _ = end(either, responses(response(429, b"", headers)))
    assert isinstance(error, RateLimitError)
    assert error.headers["x-request-id"] == "7"
    assert "set-cookie" not in error.headers
    assert error.retry_after == 7.0


def test_a_page_of_html_is_told_by_its_title(either: Either) -> None:
    error, _ = end(either, responses(response(502, HTML, content_type="text/html")))
    assert isinstance(error, ServerError)
    assert str(error).splitlines()[0] == "502 502 Bad Gateway"
    assert error.body == HTML.decode()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (HTML, "not what the API documents"),
        (b"null", "not what"),
        (b"[]", "not what"),
        (b'"abc"', "not what"),
        (b"{}", "not what"),
        (b'{"leadId": null}', "not what"),
        (b'{"leadId": 42}', "not what"),
        (b'{"leadId": ""}', "not what"),
        (b'{"leadId": " "}', "not what"),
        (b'{"leadId": "abc', "not what"),
        (b'{"leadId": "\xff"}', "not what"),
        (b"[" * 100_000, "not what"),
        (b"67d42f167f3c392c6d7a2d41", "not what"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_without_a_lead_id_is_unknown(
    either: Either, status: int, body: bytes, why: str
) -> None:
    error, _ = end(either, responses(response(status, body)))
    assert type(error) is UnexpectedResponseError
    assert error.outcome is UNKNOWN
    assert error.status_code == status
    assert why in str(error)
    assert error.body == body.decode("utf-8", "replace")


def test_a_204_is_not_a_success(either: Either) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    error, _ = end(either, script)
    assert type(error) is UnexpectedResponseError


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (200, UnexpectedResponseError, UNKNOWN),
        (400, BadRequestError, REJECTED),
        (503, ServerError, UNKNOWN),
    ],
)
@pytest.mark.parametrize("fault", ["cut short", "endless", "too long", "compressed", "bad chunk"])
def test_a_body_that_cannot_be_read_changes_neither_class_nor_memory(
    either: Either, status: int, kind: type[APIStatusError], outcome: Outcome, fault: str
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        head = f"HTTP/1.1 {status} Whatever\r\n".encode()
        if fault == "cut short":
            connection.send(head + b'Content-Length: 100\r\n\r\n{"leadId":')
        elif fault == "endless":
            connection.send(head + b"\r\n")
            while True:
                connection.send(b"x" * 65536)
        elif fault == "too long":
            connection.send(head + b"Content-Length: 104857600\r\n\r\n")
            for _ in range(1600):
                connection.send(b" " * 65536)
        elif fault == "compressed":
            connection.send(
                head + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x08\0\0"
            )
        else:
            connection.send(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")

    error, _ = end(either, script)
    assert type(error) is kind
    assert isinstance(error, APIStatusError)
    assert error.outcome is outcome
    assert len(error.body) <= 1024 * 1024


@pytest.mark.parametrize(
    ("location", "status"), [("/elsewhere", 302), ("http://127.0.0.1:9/x", 307), ("//x.test/", 308)]
)
def test_a_redirect_is_not_followed(either: Either, location: str, status: int) -> None:
    error, server = end(either, responses(response(status, b"", {"Location": location})))
    assert type(error) is APIStatusError
    assert error.outcome is UNKNOWN
    assert "not followed" in str(error)
    assert len(server.requests) == 1


def lost(kind: str) -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        if kind == "reset":
            connection.reset()
        elif kind == "garbage":
            connection.send(b"\x15\x03\x01 what is this\r\n\r\n")
        elif kind == "half a status line":
            connection.send(b"HTTP/1.1 20")
        elif kind == "headers without end":
            connection.send(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.send(b"X: " + b"y" * 65536 + b"\r\n")
        elif kind == "silence":
            connection.silence()

    return script


@pytest.mark.parametrize(
    "kind", ["close", "reset", "garbage", "half a status line", "headers without end"]
)
def test_a_response_that_never_came_is_unknown(either: Either, kind: str) -> None:
    error, server = end(either, lost(kind))
    assert type(error) is APIConnectionError
    assert error.outcome is UNKNOWN
    assert "The lead may exist." in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert len(server.requests) == 1


def test_a_refused_connection_is_not_sent(either: Either) -> None:
    with Server(responses(response())) as server:
        url = server.url
    error = either.add(url)
    assert type(error) is APIConnectionError
    assert error.outcome is NOT_SENT
    assert "Nothing was sent" in str(error)
    assert url in str(error)


def test_no_secret_and_no_person_in_any_text_of_an_error(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps(
        {"title": f"Bearer {KEY}: {PHONE} is called Josephine, +1 (415) 555-0123", "key": SECRET}
    ).encode()
    headers = {"X-Authorization": f"Bearer {KEY}"}
    for status in (200, 400, 503):
        error, _ = end(either, responses(response(status, echo, headers)))
        assert isinstance(error, APIStatusError)
        # httpcore's DEBUG log shows the headers of a response; that echo is the server's doing.
        ours = [r.getMessage() for r in caplog.records if not r.name.startswith("httpcore")]
        everything = f"{error!s}{error!r}{vars(error)}{ours}"
        assert SECRET not in everything
        assert PHONE not in str(error)
        assert "555-0123" not in str(error)

    with Server(responses(response(400, echo))) as server:
        refused = either.add(server.url, call_data={"firstName": "Josephine", "x": "7"})
    assert "[firstName]" in str(refused)
    assert "Josephine" not in str(refused)


def test_a_server_cannot_forge_a_log_line(either: Either) -> None:
    body = json.dumps({"title": "a\r\nERROR forged \x1b[31m", "traceId": "x\ny"}).encode()
    error, _ = end(either, responses(response(400, body)))
    assert isinstance(error, NLPearlError)
    assert str(error) == "400 a ERROR forged [31m (trace id x y)"
