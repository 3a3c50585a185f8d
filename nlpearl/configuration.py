"""What a client is told about itself: the key, the base URL, how long a call may take. Also what
the environment says of proxies. Pure.
"""

import ipaddress
import math
import os
import re
import threading
from datetime import timedelta
from urllib.parse import urlsplit

from .errors import ConfigurationError, InvalidArgumentError

#: The server that the vendor's OpenAPI document names (a test holds it against openapi.yaml).
BASE_URL = "https://api.nlpearl.ai"

#: What a shell takes off a value, and other readers of such files do not.
_QUOTES = ('"', "'", "`", "“", "‘")

_SET_KEY = 'Set NLPEARL_API_KEY (or pass api_key=) to "AccountId:SecretKey".'


class Key:
    """An API key that shows itself to nothing but `Signer`: not in repr, not to a debugger's."""

    __slots__ = ("_authorization", "_secrets")

    def __init__(self, text: str) -> None:
        self._authorization = f"Bearer {text}"
        self._secrets = (text, text.split(":", 1)[1])

    def __repr__(self) -> str:
        return "Key(…)"

    def authorization(self) -> str:
        """The value of the Authorization header."""
        return self._authorization

    def redact(self, text: str) -> str:
        """The text without the key, should a server have echoed it."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text


def read_key(api_key: str | None) -> Key | ConfigurationError:
    """The key from the argument or the environment, or what is wrong with it.

    The error is returned, not raised: a frame that raised it would hold the key in its locals.
    Form: developers.nlpearl.ai, Authorization: "The Token must be in the form
    `AccountId:SecretKey`."
    """
    source = "NLPEARL_API_KEY" if api_key is None else "api_key"
    text = os.environ.get("NLPEARL_API_KEY", "") if api_key is None else api_key
    wrong = _key_complaint(text)
    if wrong:
        return ConfigurationError(f"{source} {wrong}. {_SET_KEY}")
    return Key(text.strip())


def _key_complaint(text: object) -> str | None:
    if not isinstance(text, str):
        return f"is not a string but {type(text).__name__}"
    text = text.strip()
    account, colon, secret = text.partition(":")
    if not text:
        return "is empty or not set"
    if text[0] in _QUOTES:
        return "begins with a quotation mark; leave it out, as in an env file of docker"
    if re.match(r"(export\s+)?\w+\s*=", text):
        return "begins with a variable's name and =; leave them out"
    if text.lower().startswith("bearer"):
        return 'begins with "Bearer"; leave that word out, the client adds it'
    if not all(" " <= character <= "~" for character in text):
        return "contains a control character or a non-ASCII one; copy it again from the platform"
    if " " in text:
        return "contains a space; copy it again from the platform"
    if not colon:
        return "has no colon; it is the account id, a colon, and the secret key"
    if not account or not secret:
        return f"has nothing {'before' if not account else 'after'} its colon"
    if account.lower() == "accountid" or secret.lower() == "secretkey":
        return "still contains a placeholder; put in your own account id and secret key"
    return None


def read_base_url(base_url: str | None) -> str | ConfigurationError:
    """Scheme, host and port from the argument, from NLPEARL_BASE_URL, or the vendor's own.

    Or what is wrong: anything else than an origin, and plain http to anything but loopback, since
    key and phone numbers would travel in the clear. Returned, as in `read_key`: some write their
    key into the URL.
    """
    source = "NLPEARL_BASE_URL" if base_url is None else "base_url"
    text = os.environ.get("NLPEARL_BASE_URL") or BASE_URL if base_url is None else base_url
    wrong = _url_complaint(text)
    if wrong:
        return ConfigurationError(f"{source} {wrong}. It looks like {BASE_URL}.")
    return text.strip().removesuffix("/")


def _url_complaint(text: object) -> str | None:
    if not isinstance(text, str):
        return f"is not a string but {type(text).__name__}"
    text = text.strip()
    if "@" in text:  # not shown: it may contain a password
        return "contains credentials (an @); the key goes into api_key or NLPEARL_API_KEY"
    shown = f"{text[:80]!r}"
    if not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        return f"{shown} is empty or contains a space, a backslash or a non-ASCII character"
    if not re.match(r"https?://", text, re.IGNORECASE):
        return f"{shown} does not begin with https://"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"{shown} has no valid host or port"
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9.])?|[0-9a-f:.]+", host) or port == 0:
        return f"{shown} has no valid host or port"
    if "?" in text or "#" in text:
        return f"{shown} has a query or a fragment; leave it out"
    if parts.path not in ("", "/"):
        return f"{shown} has a path; leave it out, the client knows the paths"
    if parts.scheme == "http" and not is_loopback(text):
        return f"{shown} is plain http, which would show key and phone numbers; use https"
    return None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine by its name or address, without a lookup."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


#: What a proxy of the environment may be.
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_complaint(text: str) -> str | None:
    """What is wrong with the URL of a proxy, in words that show nothing of it; None: nothing."""
    if text[0] in _QUOTES:
        return "is in quotes; leave them out"
    if not re.fullmatch(r"[!-~]+", text):
        return "has a blank or a non-ASCII character"
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in PROXY_SCHEMES:
        return f"must begin with {', '.join(f'{name}://' for name in PROXY_SCHEMES)}"
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in rest[len(authority) :]:
        return "has a #, / or ? in its user or password; write %23, %2F or %3F"
    try:
        host, port = urlsplit(text).hostname or "", urlsplit(text).port
    except ValueError:
        return "has no valid host or port"
    if not re.fullmatch(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9.])?|[0-9a-f:.]+", host) or port == 0:
        return "has no valid host or port"
    return None


def needs_no_proxy(origin: str, no_proxy: str) -> bool:
    """Whether NO_PROXY lists the host: by name or domain, by address or network, with or without a
    port. What cannot be read counts for nothing."""
    parts = urlsplit(origin)
    host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    for entry in no_proxy.lower().split(","):
        listed = entry.strip().removeprefix("https://")
        name, _, its_port = listed.rpartition(":")
        if its_port.isdecimal() and ("]" in name or ":" not in name):  # not the end of an IPv6 one
            if int(its_port) != port:
                continue
            listed = name
        if listed and _covers(listed, host):
            return True
    return False


def _covers(listed: str, host: str) -> bool:
    """Whether a name, a domain, an address or a network is this host, or has it."""
    try:
        network = ipaddress.ip_network(re.sub(r"[\[\]]", "", listed), strict=False)
    except ValueError:
        listed = listed.lstrip("*").rstrip(".")
        return (
            host.endswith(listed) if listed[:1] in ("", ".") else f".{host}".endswith(f".{listed}")
        )
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def normalized(origin: str) -> str:
    """One spelling for all that mean the same server: what a ledger is bound to."""
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port
    host = "127.0.0.1" if host == "localhost" else host.rstrip(".")
    shown = f"[{host}]" if ":" in host else host
    standard = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, standard) else "")


def read_timeout(timeout: object, *, may_be_over: bool = False) -> float:
    """Seconds from a number or a timedelta; InvalidArgumentError unless positive and finite.

    `may_be_over`: what is left of somebody's time may also be 0 or less.
    """
    seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    if (
        isinstance(seconds, (int, float))
        and not isinstance(seconds, bool)
        and (seconds > 0 or (may_be_over and seconds <= 0))
        and seconds <= threading.TIMEOUT_MAX  # what the system can wait for; NaN is neither
    ):
        return float(seconds)
    raise InvalidArgumentError(
        f"timeout must be a positive number of seconds or a timedelta, not {timeout!r}"
    )


#: Seconds between the end of an attempt and the deadline of its claim: to record the outcome.
CLAIM_MARGIN = 10.0


def read_wait(wait: object, timeout: float) -> float:
    """Seconds to wait for somebody else: by default for as long as his claim may last."""
    if wait is None:
        return timeout + CLAIM_MARGIN
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else wait
    if (
        isinstance(seconds, (int, float))
        and not isinstance(seconds, bool)
        and 0 <= seconds <= threading.TIMEOUT_MAX
    ):
        return float(seconds)
    raise InvalidArgumentError(f"wait must be 0 or more seconds, or a timedelta, not {wait!r}")


def read_count(name: str, value: object, *, least: int = 0) -> int:
    """A whole number from `least`; InvalidArgumentError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise InvalidArgumentError(f"{name} must be an integer of at least {least}, not {value!r}")


def read_api_version(version: object) -> str:
    """``v1`` or ``v2``; InvalidArgumentError for anything else."""
    if isinstance(version, str) and version in ("v1", "v2"):
        return version
    raise InvalidArgumentError(
        "api_version must be 'v1' (campaigns by outbound id) or 'v2' (by pearl id), not "
        f"{version!r}"
    )


def read_rate(rate: object) -> float | None:
    """Leads per second, None for no cap; InvalidArgumentError unless positive and finite."""
    if rate is None:
        return None
    if isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 < rate < math.inf:
        return float(rate)
    raise InvalidArgumentError(f"rate must be a positive number of leads per second, not {rate!r}")
