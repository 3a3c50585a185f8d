"""The fault matrix over the vendor's nlpearl 2.2.0 and over us, as a table of Markdown.

`make faults-vendor` prints it; docs/coming-from-nlpearl-2.md has what it printed, rows of one
outcome in one. The vendor's package runs in an environment of its own
(benchmarks/requirements/vendor.txt), one process a call.
"""

import datetime
import importlib.metadata
import subprocess

import nlpearl
from benchmarks.run import VENVS, install
from tests.conftest import PHONE
from tests.fault_matrix import FAULTS, Cell, Fault, FaultServer, listening, play, sends, told
from tests.servers import CAMPAIGN_ID, response

#: Seconds after which a call of the vendor's is said to hang: it has no timeout.
PATIENCE = 3.0

CALL = f"""
import sys, nlpearl
from nlpearl import outbound
outbound._get_api_url = lambda: sys.argv[1] + "/v1"
nlpearl.api_key, nlpearl.api_version = "acct:s3cret", "v1"
try:
    said = outbound.Outbound.add_lead({CAMPAIGN_ID!r}, {PHONE!r}, "row")
except Exception as error:
    print("raises " + type(error).__name__)
else:
    ended = isinstance(said, dict) and "leadId" in said
    kind = "the problem, as a dict" if said and "title" in said else ascii(said)
    print("returns " + ("a dict with the lead id" if ended else kind))
"""

SHOWN = [
    "refuses connections", "closes", "resets", "is silent", "half its headers, silent",
    "half its body", "200, nothing", "200, HTML", "200, null", "200, no lead id", "302, nothing",
    "400, HTML", "401, nothing", "408, nothing", "409, nothing", "429, nothing", "500, nothing",
    "503, HTML", "200, a lead id",
]  # fmt: skip


#: As the API itself refuses: RFC 9457.
_PROBLEM = b'{"title": "Bad Request", "errors": {"phoneNumber": ["is not a number"]}}'
PROBLEMS = [
    Fault(
        "response",
        f"{status}, problem details",
        sends(response(status, _PROBLEM, {"Retry-After": "0"})),
        stores=status == 500,
        keeps=True,
    )
    for status in (400, 401, 429, 500)
]


def vendors(fault: Fault) -> tuple[str, int]:
    """What a call of nlpearl 2.2.0 ends with, and how many leads the server has of it."""
    server = FaultServer([fault])
    with listening(fault, server) as url:
        python = VENVS / "vendor/bin/python"
        try:
            done = subprocess.run(
                [python, "-I", "-c", CALL, url],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
            said = done.stdout.strip()
        except subprocess.TimeoutExpired:
            said = "hangs"
    return said, server.stored["row"]


def ours(fault: Fault) -> tuple[str, int]:
    """The same of ours."""
    end, stored = play(Cell(fault, "sync", kept_alive=False))
    outcome = told(end)
    return outcome if outcome == "ADDED" else f"`{type(end).__name__}`, {outcome}", stored


def version(package: str) -> str:
    command = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    python = VENVS / "vendor/bin/python"
    done = subprocess.run(
        [python, "-I", "-c", command, package], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def main() -> None:
    install("vendor")
    today = datetime.datetime.now(datetime.UTC).date()
    print(
        f"{today}: nlpearl {version('nlpearl')} on requests {version('requests')}, nlpearl-client"
        f" {nlpearl.__version__} on httpx {importlib.metadata.version('httpx')}. A call"
        f" that has not ended after {PATIENCE:.0f} s hangs.\n"
    )
    print("| the server | leads it has | nlpearl 2 | nlpearl-client |\n| --- | --- | --- | --- |")
    shown = [f for f in FAULTS if f.name in SHOWN and f.stage not in ("mid-headers", "mid-body")]
    for fault in shown + PROBLEMS:
        theirs, stored = vendors(fault)
        ended, again = ours(fault)
        leads = str(stored) if stored == again else f"{stored} and {again}"
        print(f"| {fault.stage}: {fault.name} | {leads} | {theirs} | {ended} |", flush=True)


if __name__ == "__main__":
    main()
