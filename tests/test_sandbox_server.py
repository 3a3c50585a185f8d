"""The sandbox as a server: connections, bodies, starting and stopping, the command, the fixture."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nlpearl.errors import ConfigurationError
from nlpearl.sandbox import API_KEY, Sandbox, command
from nlpearl.sandbox.contract import Contract
from nlpearl.sandbox.server import MAX_BODY

from .conftest import run_module
from .test_sandbox import LEAD, PATH, client_of
from .test_sandbox_faults import address, exchange, request_bytes


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def read_response(raw: socket.socket) -> bytes:
    """One response with a Content-Length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += raw.recv(1)
    length = int(received.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while not received.partition(b"\r\n\r\n")[2][length - 1 : length]:
        received += raw.recv(1)
    return received


def test_connections_are_kept_alive(sandbox: Sandbox) -> None:
    with socket.create_connection(address(sandbox), timeout=30) as raw:
        for _ in range(3):
            raw.sendall(request_bytes(sandbox))
            response = read_response(raw)
            assert response.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Connection: keep-alive\r\n" in response
    assert len(sandbox.leads) == 3


def test_a_connection_is_kept_after_a_refusal(sandbox: Sandbox) -> None:
    with socket.create_connection(address(sandbox), timeout=30) as raw:
        raw.sendall(request_bytes(sandbox, b"{}") + request_bytes(sandbox))
        assert read_response(raw).startswith(b"HTTP/1.1 400 BAD REQUEST\r\n")
        assert read_response(raw).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("who", ["client", "sandbox", "HTTP/1.0"])
def test_a_connection_is_closed_if_one_side_says_so(sandbox: Sandbox, who: str) -> None:
    data = request_bytes(sandbox)
    if who == "sandbox":
        sandbox.inject_fault(headers={"Connection": "close"})
    elif who == "client":
        data = data.replace(b"Host: x", b"Host: x\r\nConnection: close")
    else:
        data = data.replace(b"HTTP/1.1", b"HTTP/1.0")
    assert b"Connection: close\r\n" in exchange(sandbox, data)


def test_a_body_in_chunks_is_read_and_the_connection_kept(sandbox: Sandbox) -> None:
    with client_of(sandbox) as http:
        for _ in range(2):
            response = http.put(
                PATH,
                content=iter([b'{"phoneNumber":', b'"+1"}']),
                headers={"Content-Type": "application/json"},
            )
            assert response.status_code == 200


def test_a_body_that_is_too_long_is_a_413(sandbox: Sandbox) -> None:
    with client_of(sandbox) as http:
        assert http.put(PATH, content=b" " * MAX_BODY).status_code == 415
        response = http.put(PATH, content=b" " * (8 * MAX_BODY))
        assert (response.status_code, response.headers["connection"]) == (413, "close")
        response = http.put(PATH, content=iter([b" " * MAX_BODY, b" " * MAX_BODY]))
        assert response.status_code == 413
        assert http.put(PATH, json=LEAD).status_code == 200


@pytest.mark.parametrize("broken", ["body", "chunks", "chunk"])
def test_a_request_that_breaks_off_does_not_count(sandbox: Sandbox, broken: str) -> None:
    data = request_bytes(sandbox)
    if broken == "body":
        data = data[:-1]
    else:
        data = data.replace(b"Content-Length: 20", b"Transfer-Encoding: chunked")
        data = data.replace(b"{", b"x\r\n{" if broken == "chunks" else b"ff\r\n{")
    with socket.create_connection(address(sandbox), timeout=30) as raw:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(1) == b""
    assert (sandbox.leads, sandbox.requests) == ([], [])


def test_a_client_that_waits_for_100_continue_is_told_so(sandbox: Sandbox) -> None:
    data = request_bytes(sandbox).replace(
        b"Host: x", b"Host: x\r\nExpect: 100-continue\r\nConnection: close"
    )
    assert exchange(sandbox, data).count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\r\n\r\n", b" 400 "),
        (b"GET http://[ HTTP/1.1\r\nConnection: close\r\n\r\n", b" 400 "),
        (b"GET / HTTP/9.9\r\n\r\n", b" 505 "),
    ],
)
def test_invalid_http_is_refused_without_a_word_on_stderr(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str], data: bytes, status: bytes
) -> None:
    assert status in exchange(sandbox, data).partition(b"\n")[0] + b" "
    with client_of(sandbox) as http:
        http.put(PATH, json=LEAD)
    sandbox.close()
    assert capfd.readouterr() == ("", "")


def test_a_client_that_resets_its_connection_makes_no_noise(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.inject_fault(lost="silence")
    with client_of(sandbox) as http, pytest.raises(httpx.ReadTimeout):
        http.put(PATH, json=LEAD, timeout=0.3)
    with socket.create_connection(address(sandbox), timeout=30) as raw:
        raw.sendall(b"PUT")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sandbox.close()
    assert capfd.readouterr() == ("", "")


def test_a_bug_in_the_sandbox_is_not_hidden(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(Contract, "read")
    assert exchange(sandbox, request_bytes(sandbox)) == b""
    sandbox.close()
    assert "AttributeError" in capfd.readouterr().err


def test_a_broken_socket_is_not_a_bug(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError("not a socket")

    monkeypatch.setattr(Contract, "read", broken)
    assert exchange(sandbox, request_bytes(sandbox)) == b""
    sandbox.close()
    assert capfd.readouterr() == ("", "")


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    host, port = address(sandbox)
    assert sandbox.url == f"http://127.0.0.1:{port}"
    socket.create_connection((host, port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_two_run_side_by_side() -> None:
    with Sandbox() as one, Sandbox() as other, client_of(one) as http:
        assert one.url != other.url
        http.put(PATH, json=LEAD)
        assert (len(one.leads), len(other.leads)) == (1, 0)


def test_it_stops_at_once_while_clients_wait() -> None:
    before = threading.active_count()
    with Sandbox() as sandbox:
        waiting = [socket.create_connection(address(sandbox), timeout=30) for _ in range(4)]
        waiting[2].sendall(request_bytes(sandbox)[:50])
        waiting[3].sendall(request_bytes(sandbox))
        read_response(waiting[3])  # so all four have been accepted
        sandbox.inject_fault(lost="silence")
        sandbox.inject_fault(delay=60.0)
        for raw in waiting[:2]:
            raw.sendall(request_bytes(sandbox))
        while len(sandbox.requests) < 3:
            time.sleep(0.001)
        begin = time.monotonic()
    assert time.monotonic() - begin < 30
    assert threading.active_count() == before
    for raw in waiting:
        with raw:
            assert raw.recv(1) == b""
    assert len(sandbox.leads) == 3


def test_closing_twice_and_after_the_end_does_no_harm() -> None:
    with Sandbox() as sandbox:
        sandbox.close()
        sandbox.close()
    with pytest.raises(ConfigurationError, match="not running"):
        _ = sandbox.url


def test_it_can_be_started_again_but_not_twice_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError, match="running already"):
        sandbox.__enter__()
    sandbox.close()
    with sandbox, client_of(sandbox) as http:
        assert http.put(PATH, json=LEAD).status_code == 200


def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    port = address(sandbox)[1]
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}: "), Sandbox(port):
        pass


@pytest.mark.parametrize("port", [-1, 65536])
def test_an_invalid_port_is_refused(port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"port={port} must be from 0 to 65535"):
        Sandbox(port)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openapi_core", None)
    monkeypatch.delitem(sys.modules, "nlpearl.sandbox.contract")
    with pytest.raises(ConfigurationError, match=r"pip install 'nlpearl-client\[sandbox\]'"):
        Sandbox()


def test_importing_it_imports_nothing_of_the_extra() -> None:
    code = (
        "import sys, nlpearl.sandbox.pytest_plugin, nlpearl.sandbox.command;"
        "assert not {'openapi_core', 'werkzeug'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_says_how_to_reach_it_and_ends_with_ctrl_c() -> None:
    # A shell starts what is in its background with SIGINT ignored, and with it these tests.
    code = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "runpy.run_module('nlpearl.sandbox', run_name='__main__')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().removeprefix("export NLPEARL_BASE_URL=").strip()
            assert process.stdout.readline() == f"export NLPEARL_API_KEY={API_KEY}\n"
            response = httpx.put(
                f"{url}{PATH}",
                json=LEAD,
                headers={"Authorization": f"Bearer {API_KEY}"},
                trust_env=False,
            )
            assert response.status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30) == ("", "")
        finally:
            process.kill()
    assert process.returncode == 130


def test_the_command_takes_a_port(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    port = address(sandbox)[1]
    assert command.main(["--port", str(port)]) == 2
    assert f":{port}" in capsys.readouterr().err
    sandbox.close()
    monkeypatch.setattr(sys, "argv", ["sandbox", "--port", str(port)])
    with pytest.raises(SystemExit) as exit_:
        run_module("nlpearl.sandbox")
    assert exit_.value.code == 130
    assert f"export NLPEARL_BASE_URL=http://127.0.0.1:{port}\n" in capsys.readouterr().out


def test_the_fixture_leads_clients_to_the_sandbox(nlpearl_sandbox: Sandbox) -> None:
    assert os.environ["NLPEARL_BASE_URL"] == nlpearl_sandbox.url
    assert os.environ["NLPEARL_API_KEY"] == nlpearl_sandbox.api_key


@pytest.mark.slow
def test_the_fixture_serves_every_test_from_one_empty_sandbox(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["nlpearl.sandbox.pytest_plugin"]\n')
    (tmp_path / "test_customers.py").write_text(
        """
import os, httpx, pytest

urls = set()

@pytest.mark.parametrize("time", [1, 2])
def test_one_lead(nlpearl_sandbox, time):
    urls.add(os.environ["NLPEARL_BASE_URL"])
    assert nlpearl_sandbox.leads == [] and len(urls) == 1
    httpx.put(
        os.environ["NLPEARL_BASE_URL"] + "/v1/Outbound/x/Lead",
        json={"phoneNumber": "+1"},
        headers={"Authorization": "Bearer " + os.environ["NLPEARL_API_KEY"]},
        trust_env=False,
    )
    assert len(nlpearl_sandbox.leads) == 1
    nlpearl_sandbox.inject_fault(status=500)

def test_nothing_of_it_stays():
    assert "NLPEARL_BASE_URL" not in os.environ
"""
    )
    environment = {n: v for n, v in os.environ.items() if not n.startswith("NLPEARL_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout
