"""The environment of a company: proxies, certificates, few open files. It works, or an error names
the variable, the file or the proxy, and the way out."""

import datetime
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest

from nlpearl import (
    AddedLead,
    APIConnectionError,
    APITimeoutError,
    AsyncNLPearl,
    ConfigurationError,
    NLPearl,
    NLPearlError,
    Outcome,
)
from nlpearl.configuration import needs_no_proxy
from nlpearl.http.deadlines import Deadline
from nlpearl.http.exchange import Exchange

from .conftest import KEY, PHONE, SECRET, Either, Ended
from .servers import CAMPAIGN_ID, Connection, Script, Server, response, responses
from .tls import DAY, HOST, Authority, over_tls, proxying

# What they reach is a proxy on loopback, or nothing at all.
pytestmark = pytest.mark.nlpearl_live

URL = f"https://{HOST}"
PASSWORD = "pr0xypass"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("company"))


@dataclass
class Place:
    """The API behind TLS, and a proxy that knows the way to it."""

    api: Server
    proxy: Server
    heads: list[bytes] = field(default_factory=list[bytes])

    @property
    def loopback(self) -> str:
        return f"https://localhost:{self.api.port}"


@pytest.fixture
def place(company: Authority) -> Generator[Place]:
    heads: list[bytes] = []
    with (
        Server(over_tls(company.server(), responses(response()))) as api,
        Server(proxying(lambda: api.port, heads)) as proxy,
    ):
        yield Place(api, proxy, heads)


@pytest.fixture
def trusting(company: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(company.pem))


def failed(error: Ended, kind: type[NLPearlError] = APIConnectionError) -> str:
    """The text of an error of which nothing was sent."""
    assert isinstance(error, NLPearlError)
    assert type(error) is kind
    assert error.outcome is Outcome.NOT_SENT
    for secret in (PASSWORD, SECRET, PHONE):
        assert secret not in str(error) + repr(error)
    return str(error)


def refused(make: Callable[[], object]) -> str:
    """What a client says that cannot be made."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    text = str(caught.value)
    assert PASSWORD not in text
    assert caught.value.__cause__ is None
    return text


# Proxies


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "form", ["http://{}", "{}", "  http://{} ", f"http://joe:{PASSWORD}@{{}}/"]
)
@pytest.mark.usefixtures("trusting")
def test_a_proxy_is_gone_through(
    either: Either, place: Place, monkeypatch: pytest.MonkeyPatch, variable: str, form: str
) -> None:
    monkeypatch.setenv(variable, form.format(f"127.0.0.1:{place.proxy.port}"))
    assert isinstance(either.add(URL), AddedLead)
    assert [head.split(b"\r\n")[0] for head in place.heads] == [
        b"CONNECT %b:443 HTTP/1.1" % HOST.encode()
    ]
    assert len(place.api.requests) == 1


@pytest.mark.usefixtures("trusting")
def test_a_proxy_that_speaks_tls_is_trusted_by_the_same_file(
    either: Either, company: Authority, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(
        over_tls(company.server("localhost"), responses(b"HTTP/1.1 403 No\r\n\r\n"))
    ) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
        assert "the proxy refuses: 403 No" in failed(either.add(URL))


def test_of_two_proxies_that_of_https_counts(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GNOME sets all_proxy to socks:// beside the others."""
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "none of ours://")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert "(https_proxy)" in failed(either.add(URL))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://proxy.example:80a", "HTTPS_PROXY (http://…) has no valid host or port"),
        (
            "proxy.example:99999",
            "HTTPS_PROXY (http://proxy.example:99999) has no valid host or port",
        ),
        ("http://:8080", "has no valid host or port"),
        ("http://[::1", "has no valid host or port"),
        (
            f"http://joe:{PASSWORD}#1@proxy.example:8080",
            "HTTPS_PROXY (http://proxy.example:8080) has a #",
        ),
        (f"http://joe:{PASSWORD}/1@proxy.example:8080", "write %23, %2F or %3F"),
        (f"http://joe:{PASSWORD}?1@proxy.example:8080", "write %23, %2F or %3F"),
        (f'"http://joe:{PASSWORD}@proxy.example:8080"', "is in quotes; leave them out"),
        (f"'joe:{PASSWORD}@proxy.example:8080'", "HTTPS_PROXY (…) is in quotes"),
        (f"{PASSWORD}:/://@proxy.example:8080", "HTTPS_PROXY (…) must begin with http://"),
        ("http://proxy example", "has a blank or a non-ASCII character"),
        ("http://pröxy.example", "has a blank or a non-ASCII character"),
        (
            "ftp://proxy.example",
            "HTTPS_PROXY (ftp://proxy.example) must begin with http://, https://, socks5://",
        ),
        ("htp://proxy.example", "must begin with http://"),
        ("socks://proxy.example:1080", "must begin with http://"),
        ("socks5://proxy.example:1080", "Run: pip install 'httpx[socks]'"),
        ("socks5h://proxy.example:1080", "Run: pip install 'httpx[socks]'"),
        ("http://proxy.example/" + "a" * 70_000, "cannot be read"),
    ],
)
@pytest.mark.parametrize("kind", [NLPearl, AsyncNLPearl])
def test_a_proxy_that_cannot_be_one_is_named(
    monkeypatch: pytest.MonkeyPatch, kind: type[NLPearl | AsyncNLPearl], url: str, said: str
) -> None:
    nothing: dict[str, None] = {}
    monkeypatch.setattr("nlpearl.http.settings.find_spec", nothing.get)
    monkeypatch.setenv("HTTPS_PROXY", url)
    text = refused(lambda: kind(KEY, base_url=URL))
    assert said in text
    assert "NO_PROXY" in text
    kind(KEY, base_url="https://127.0.0.1:1")  # which needs none


def test_a_proxy_of_the_system_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpearl.http.settings.getproxies", lambda: {"https": "ftp://x.example"})
    assert "the proxy in this system's settings (ftp://x.example)" in refused(lambda: NLPearl(KEY))


@pytest.mark.parametrize(
    ("no_proxy", "passes"),
    [
        ("*", True),
        (HOST, True),
        ("example.test", True),
        (".example.test", True),
        ("*.example.test", True),
        ("other.test, API.Example.Test.", True),
        (f"{HOST}:443", True),
        (f"https://{HOST}", True),
        (f"{HOST}:8443", False),
        (f"http://{HOST}", False),
        (".api.example.test", False),
        ("ample.test", False),
        ("fd07:b51a:cc66:f0::/64", False),
        ("[::1]", False),
        ("10.0.0.0/8,,:,]x[,[::1]:443", False),
        ("", False),
    ],
)
def test_no_proxy_lists_hosts_and_an_invalid_one_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, passes: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    with NLPearl(KEY, base_url=URL, max_retries=0) as client:
        assert needs_no_proxy(URL, no_proxy) is passes
        http: Any = client.low_level.get_httpx_client()
        assert bool(http._mounts) is not passes


@pytest.mark.parametrize(
    ("origin", "no_proxy", "passes"),
    [
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3/8", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://11.1.2.3", "fd07::/16", False),
        ("https://[fd07:b51a:cc66:f0::9]", "fd07:b51a:cc66:f0::/64", True),
        ("https://[fd07:b51a:cc66:f0::9]", "[fd07:b51a:cc66:f0::9]", True),
        ("https://[fd07:b51a:cc66:f0::9]:8443", "[fd07:b51a:cc66:f0::9]:8443", True),
        ("https://[fd07:b51a:cc66:f0::9]", "[fd07:b51a:cc66:f0::9]:8443", False),
        ("https://[fd07:b51a:cc66:f0::9]", "[fd07:b51a:cc66:f0::]/64", True),
        ("https://[fd08::9]", "fd07:b51a:cc66:f0::9", False),
    ],
)
def test_no_proxy_lists_addresses_and_networks(origin: str, no_proxy: str, passes: bool) -> None:
    assert needs_no_proxy(origin, no_proxy) is passes


def says(data: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.read_headers()
        connection.send(data)

    return script


@pytest.mark.parametrize(
    ("script", "said", "tries"),
    [
        (says(b"HTTP/1.1 403 Forbidden\r\n\r\n"), "the proxy refuses: 403 Forbidden", 1),
        (says(b"HTTP/1.1 407 Who?\r\n\r\n"), "HTTPS_PROXY=http://user:password@host:port", 1),
        (says(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), "502 Bad Gateway", 2),
        (says(b"HTTP/1.1 302 Found\r\nLocation: https://login.example\r\n\r\n"), "302 Found", 2),
        (
            says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in"),
            "negotiating TLS",
            2,
        ),
        (says(b"<html>Log in</html>\r\n\r\n"), "asking the proxy to connect", 2),
        (says(b""), "asking the proxy to connect", 2),
    ],
)
def test_a_proxy_that_does_not_let_through_is_named(
    either: Either, monkeypatch: pytest.MonkeyPatch, script: Script, said: str, tries: int
) -> None:
    with Server(script) as proxy:
        shown = f"127.0.0.1:{proxy.port}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://joe:{PASSWORD}@{shown}")
        text = failed(either.add(URL, client={"max_retries": 1}))
        assert proxy.connections == tries
    assert f"{URL}, through the proxy http://{shown} (HTTPS_PROXY): " in text
    assert said in text
    tells_how = "HTTPS_PROXY=" in said or "negotiating TLS" in said
    assert ("NO_PROXY" in text) is not tells_how
    assert "Nothing was sent." in text


def test_a_dead_proxy_is_named(either: Either, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    text = failed(either.add(URL))
    assert "through the proxy http://127.0.0.1:9 (all_proxy): " in text
    assert "Connection refused, while connecting to the proxy" in text
    assert "Correct all_proxy, or list the API's host in NO_PROXY." in text


def test_a_proxy_that_is_silent_is_named(either: Either, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(connection: Connection) -> None:
        connection.read_headers()
        connection.silence()

    with Server(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        text = failed(either.add(URL, client={"timeout": 1}), APITimeoutError)
    assert "timed out (timeout 1 s), while asking the proxy to connect" in text
    assert "HTTPS_PROXY" in text


def test_https_for_a_proxy_that_does_not_speak_tls_is_named(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(lambda connection: connection.send(b"HTTP/1.1 400 Bad\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        text = failed(either.add(URL))
    assert "while negotiating TLS with the proxy" in text
    assert "write http:// in HTTPS_PROXY instead of https://" in text


# Certificates


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_companys_certificates_are_trusted_on_loopback_too(
    either: Either,
    company: Authority,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
) -> None:
    where = company.pem
    if variable == "SSL_CERT_DIR":
        where = hashed(company, tmp_path)
    monkeypatch.setenv(variable, str(where))
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert isinstance(either.add(place.loopback), AddedLead)


def hashed(company: Authority, folder: Path) -> Path:
    """A folder of certificates as `openssl rehash` leaves it."""
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(company.pem)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / f"{name}.0").write_bytes(company.pem.read_bytes())
    return folder


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {},
            "set SSL_CERT_FILE to its certificate authority's file (REQUESTS_CA_BUNDLE is not",
        ),
        ({"SSL_CERT_FILE": ""}, "set SSL_CERT_FILE to its certificate authority's file"),
        ({"CURL_CA_BUNDLE": "{pem}"}, "(CURL_CA_BUNDLE is not read)"),
        ({"REQUESTS_CA_BUNDLE": "{pem}"}, "(REQUESTS_CA_BUNDLE is not read)"),
        ({"SSL_CERT_FILE": "{other}"}, "add its certificate authority to SSL_CERT_FILE={other}."),
        ({"SSL_CERT_DIR": "{folder}"}, "SSL_CERT_DIR={folder}, and run: openssl rehash {folder}"),
    ],
)
def test_a_certificate_of_an_unknown_issuer_says_whom_to_trust(
    either: Either,
    company: Authority,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    said: str,
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    names = {"pem": company.pem, "other": other.pem, "folder": hashed(other, tmp_path)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(**names))
    text = failed(either.add(place.loopback, client={"max_retries": 2}))
    assert "certificate verify failed" in text
    assert said.format(**names) in text
    assert place.api.connections == 1, "no retry"


@pytest.mark.parametrize(
    ("names", "begins", "said"),
    [
        (["localhost"], -3 * DAY, "Check the clock of this machine"),
        (["localhost"], DAY, "Check the clock of this machine"),
        (["other.example"], -DAY, "The certificate is of another host"),
    ],
)
@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_time_or_host_says_so(
    either: Either, company: Authority, names: list[str], begins: datetime.timedelta, said: str
) -> None:
    context = company.server(*names, begins=begins)
    with Server(over_tls(context, responses(response()))) as server:
        text = failed(either.add(f"https://localhost:{server.port}", client={"max_retries": 2}))
        assert server.connections == 1
    assert said in text


def test_a_callers_own_client_has_its_own_trust(place: Place) -> None:
    with (
        httpx.Client() as http,
        NLPearl(KEY, base_url=place.loopback, http_client=http, max_retries=0) as client,
        pytest.raises(APIConnectionError) as caught,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
    assert "let your http_client trust its certificate authority: verify=" in failed(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file or directory"),
        ("folder", "is a directory"),
        (b"", "no certificate can be read from it"),
        (b"hello", "no certificate can be read from it"),
        ("DER", "no certificate can be read from it"),
        ("cut short", "no certificate can be read from it"),
    ],
)
def test_an_invalid_file_of_certificates_is_named(
    company: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | bytes | None,
    said: str,
) -> None:
    path = tmp_path / "ca.pem"
    whole = company.pem.read_bytes()
    contents = {"DER": company.der, "cut short": whole[: len(whole) // 2]}
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else contents[content])
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    text = refused(lambda: NLPearl(KEY))
    assert text.startswith(f"SSL_CERT_FILE={str(path)!r} cannot be used: {said}. ")
    assert "PEM" in text
    NLPearl(KEY, base_url="http://127.0.0.1:9").close()  # which needs none


def test_a_tilde_is_not_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "~/ca.pem")
    assert "write the whole path" in refused(lambda: NLPearl(KEY))


def test_an_invalid_folder_of_certificates_is_named(
    company: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    assert "there is no such folder" in refused(lambda: NLPearl(KEY))
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}{os.pathsep}{tmp_path / 'none'}")
    (tmp_path / "company.pem").write_bytes(company.pem.read_bytes())
    assert f"Run: openssl rehash {tmp_path}." in refused(lambda: NLPearl(KEY))

    def closed(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", closed)  # root may read all
    assert "SSL_CERT_DIR" in (text := refused(lambda: NLPearl(KEY)))
    assert "permission denied" in text


def test_a_log_of_tls_keys_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())  # else httpx 0.27 writes no such log
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no" / "keys.log"))
    text = refused(lambda: NLPearl(KEY))
    assert text.startswith(
        f"SSLKEYLOGFILE='{tmp_path}/no/keys.log' cannot be written: No such file"
    )


# Names, open files


@pytest.mark.parametrize(("code", "tries"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, 2)])
def test_a_name_that_does_not_exist_is_not_looked_up_again(
    either: Either, monkeypatch: pytest.MonkeyPatch, code: int, tries: int
) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str | bytes, *_: Any, **__: Any) -> list[Any]:
        asked.append(host if isinstance(host, str) else host.decode())
        raise socket.gaierror(code, "it is not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    text = failed(either.add(URL, client={"max_retries": 1}))
    assert asked == [HOST] * tries
    assert "it is not known, while connecting" in text


def test_of_several_addresses_that_fail_one_is_named() -> None:
    failure = OSError("All connection attempts failed")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('::1', 9, 0, 0)")
    failure.__cause__ = ExceptionGroup("several", [refused, refused])
    text = Exchange(URL, None, Deadline(1)).trouble(failure).text
    assert text == f"[Errno {errno.ECONNREFUSED}] Connection refused"


def test_too_many_open_files_are_called_so() -> None:
    failure = httpx.ConnectError("x")
    failure.__cause__ = OSError(errno.EMFILE, "Too many open files")
    trouble = Exchange(URL, None, Deadline(1)).trouble(failure)
    assert "ulimit -n" in trouble.hint
    assert not trouble.is_permanent


LIMITED = """
import resource, sys
from nlpearl import NLPearl
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
rows = [{"phone_number": f"+1415555{n:04}"} for n in range(100, 160)]
with NLPearl("a1:b2", base_url=sys.argv[1], max_retries=0) as client:
    for result in client.add_leads("67d42f167f3c392c6d7a2d40", rows, concurrency=50):
        print(result.error)
"""


def test_few_file_descriptors_are_named() -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.server.stopping.wait(0.2)
        connection.send(response())

    with Server(script) as server:
        command = [sys.executable, "-W", "error", "-c", LIMITED, server.url]
        child = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert child.stderr == ""
    assert "ulimit -n" in child.stdout


# Runs


def rows(count: int) -> list[dict[str, str]]:
    return [{"phone_number": f"+1415555{number:04}"} for number in range(100, 100 + count)]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_run_that_reaches_nothing_ends_early(either: Either, concurrency: int) -> None:
    with Server(responses(response())) as server:
        url = server.url
    results, error = either.add_leads(url, rows(200), concurrency=concurrency)
    assert isinstance(error, APIConnectionError)
    assert 3 <= len(results) <= 2 * max(3, concurrency)
    assert all(r.outcome is Outcome.NOT_SENT and r.error and r.error.retryable for r in results)


def test_a_run_that_a_certificate_stops_ends_with_the_first_lead(
    either: Either, place: Place
) -> None:
    results, error = either.add_leads(place.loopback, rows(200), client={"max_retries": 2})
    assert isinstance(error, APIConnectionError)
    assert error.is_permanent
    assert "SSL_CERT_FILE" in str(error)
    assert len(results) <= 8
    assert place.api.connections <= 8
    assert {result.outcome for result in results} == {Outcome.NOT_SENT}


def test_a_run_that_has_reached_the_api_goes_on_without_it(either: Either) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        listener = connection.server._listener  # pyright: ignore[reportPrivateUsage]
        listener.shutdown(socket.SHUT_RDWR)
        connection.send(response(headers={"Connection": "close"}))

    with Server(script) as server:
        results, error = either.add_leads(server.url, rows(20), concurrency=1)
    assert error is None
    outcomes = [result.outcome for result in results]
    assert outcomes == [Outcome.ADDED] + [Outcome.NOT_SENT] * 19
