"""`make bench`: everything that is claimed of speed, measured side by side, into results.md.

Each peer has a virtual environment of its own, from requirements/. Runs are interleaved: a round
plays every peer once, and a figure is the median of its rounds. `make bench PARTS="one many"` does
only those; the others stay as they were measured before (results.json).
"""

import contextlib
import datetime
import functools
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from tools.postgres import Server as PostgreSQL  # noqa: E402  # found by the line above

VENVS = ROOT / ".venv-bench"
ROUNDS = int(os.environ.get("ROUNDS", "7"))
DELAY = 0.05

Figures = dict[str, Any]

#: What is measured, and in which environment.
ONE = {
    "http_client": "clients",
    "httpx_put": "clients",
    "generated": "clients",
    "nlpearl_client": "clients",
    "nlpearl_client_national": "clients",
    "requests_session": "clients",
    "openai": "openai",
    "retell": "retell",
    "vendor": "vendor",
    "vapi": "vapi",
    "aiohttp_async": "clients",
    "httpx_put_async": "clients",
    "generated_async": "clients",
    "nlpearl_client_async": "clients",
    "openai_async": "openai",
}
KINDS = ("", "_async")
OURS = ("nlpearl_client", "nlpearl_client_ledger", "nlpearl_client_postgres")
MANY = {
    **{name + kind: (1, 10, 50, 100, 200) for name in OURS for kind in KINDS},
    "nlpearl_client_known": (50,),
    **{name + kind: (1,) for name in ("add_lead", "add_lead_ledger") for kind in KINDS},
    "httpx_lanes": (10, 50, 100, 200),
    "httpx_lanes_async": (10, 50, 100, 200),
    "httpx_sequential": (1,),
    "httpx_sequential_async": (1,),
    "requests_pool": (10, 50, 200),
    "httpx_gather_async": (10, 50, 200),
    "aiohttp_workers_async": (10, 50, 100, 200),
    "vendor": (1,),
}
PATIENT = {name + kind: (50,) for name in (*OURS, "httpx_lanes") for kind in KINDS}
ADD_LEADS = ["-m", "nlpearl", "add-leads", "67d42f167f3c392c6d7a2d40"]
IMPORTS = {
    "nothing": "pass",
    "import httpx": "import httpx",
    "import attrs, httpx": "import attrs, httpx",
    "import nlpearl": "import nlpearl",
    "from nlpearl import NLPearl": "from nlpearl import NLPearl",
    "the first Lead": "from nlpearl import Lead; Lead('+14155550123')",
    "the first add_lead": "import os; from nlpearl import NLPearl; "
    "NLPearl('acct:s3cret', base_url=os.environ['BENCH_URL']).add_lead("
    "'67d42f167f3c392c6d7a2d40', '+14155550123')",
    "the first httpx.Client().put": "import os, httpx; "
    "httpx.Client().put(os.environ['BENCH_URL'] + '/v1', json={}).json()",
}
PEER_IMPORTS = {
    "vendor": "import nlpearl",
    "vapi": "from vapi import Vapi; Vapi(token='x').calls",
    "retell": "import retell",
    "openai": "import openai",
}


def install(name: str) -> None:
    """Make an environment, if its requirements are newer than it is."""
    folder, wanted = VENVS / name, HERE / "requirements" / f"{name}.txt"
    ready = folder / "ready"
    if not ready.exists() or ready.stat().st_mtime < wanted.stat().st_mtime:
        print(f"installing {wanted.name}", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        _run(name, "-m", "pip", "install", "--disable-pip-version-check", "-r", wanted)
        ready.touch()


def _environment() -> dict[str, str]:
    ours = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    return {**os.environ, "PYTHONPATH": ours, "PYTHONHASHSEED": "0"}


def _run(name: str, *arguments: object, before: Iterable[str] = ()) -> str:
    """The output of one of our scripts in an environment. The vendor's has no PYTHONPATH: its
    package has our name."""
    environment = _environment()
    if name == "vendor":
        del environment["PYTHONPATH"]
    command = [*before, str(VENVS / name / "bin/python"), *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=HERE, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stderr}")
    return done.stderr if before else done.stdout


@contextlib.contextmanager
def server(delay: float) -> Generator[str]:
    process = subprocess.Popen(
        [sys.executable, HERE / "server.py", str(delay)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    with process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def counts(url: str) -> Figures:
    with urllib.request.urlopen(f"{url}/counts") as response:
        found: Figures = json.load(response)
    found["connections"] -= 1  # this one
    return found


def interleaved(cases: Mapping[Any, Callable[[], Figures]]) -> list[tuple[Any, Figures]]:
    """The median of each figure of each case, and its lowest and highest."""
    seen: dict[Any, list[Figures]] = {key: [] for key in cases}
    for number in range(ROUNDS):
        print(f"  round {number + 1} of {ROUNDS}", flush=True)
        for key, measure in cases.items():
            seen[key].append(measure())
    return [(key, _summary(rounds)) for key, rounds in seen.items()]


def _summary(rounds: list[Figures]) -> Figures:
    figures: Figures = {}
    for what in rounds[0]:
        values = [each[what] for each in rounds]
        figures[what] = statistics.median(values)
        figures[f"{what}_from"], figures[f"{what}_to"] = min(values), max(values)
    return figures


def one() -> Figures:
    """One call: CPU and wall time, and instructions where there is a valgrind."""
    with server(0) as url:
        cases = {name: functools.partial(_one_call, name, env, url) for name, env in ONE.items()}
        found = dict(interleaved(cases))
        if shutil.which("valgrind"):
            with ThreadPoolExecutor(2) as pool:
                for name, counted in zip(
                    ONE, pool.map(functools.partial(_instructions, url), ONE), strict=True
                ):
                    found[name]["instructions"] = counted
    return found


def _one_call(name: str, env: str, url: str) -> Figures:
    figures: Figures = json.loads(_run(env, "one_call.py", name, url, 1000))
    return figures


def _instructions(url: str, name: str) -> float:
    """Of one call: the difference between 240 and 40, each with a tenth more to get warm."""
    valgrind = [
        "valgrind",
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
    ]
    totals = []
    for calls in (40, 240):
        said = _run(ONE[name], "one_call.py", name, url, calls, before=valgrind)
        [line] = [line for line in said.splitlines() if "I refs:" in line or "I   refs:" in line]
        totals.append(int(line.split()[-1].replace(",", "")))
    return (totals[1] - totals[0]) / 220


def many() -> list[Figures]:
    """Many calls to a server that responds after 50 ms."""
    return _many(MANY, DELAY)


def patient() -> list[Figures]:
    """50 calls at once to a server that responds after 200 ms: a core suffices for them."""
    return _many(PATIENT, 4 * DELAY)


def _many(cases: Mapping[str, tuple[int, ...]], delay: float) -> list[Figures]:
    with server(delay) as url, PostgreSQL() as database:
        os.environ["BENCH_POSTGRES"] = database.url

        def measure(name: str, concurrency: int) -> Figures:
            count = max(60, 20 * concurrency)
            env = "vendor" if name == "vendor" else "clients"
            counts(url)
            figures: Figures = json.loads(_run(env, "many_calls.py", name, url, concurrency, count))
            figures["of_ideal"] = figures["wall"] / (delay * 1e6 / concurrency)
            return {**figures, "connections": counts(url)["connections"]}

        found = interleaved(
            {
                (name, concurrency): functools.partial(measure, name, concurrency)
                for name, each in cases.items()
                for concurrency in each
            }
        )
    return [{"name": name, "concurrency": count, **figures} for (name, count), figures in found]


def million() -> Figures:
    """A million leads through a transport that responds at once."""
    names = ("million", "million_async", "million_ledger")
    with ThreadPoolExecutor(2) as pool:  # memory and CPU time, which two cores share well
        said = pool.map(functools.partial(_run, "clients", "alone.py"), names)
        return {name: json.loads(each) for name, each in zip(names, said, strict=True)}


def known() -> Figures:
    """Rows that a ledger knows, of 100,000 and of a million."""
    return {
        f"{count:,} rows": json.loads(_run("clients", "alone.py", "known", count))
        for count in (100_000, 1_000_000)
    }


def imports() -> Figures:
    """CPU milliseconds of a fresh process, without and with what the extras bring."""

    def measure(env: str, code: str) -> Figures:
        before = _spent()
        _run(env, "-c", code)
        return {"cpu": (_spent() - before) * 1e3}

    cases = {
        (env, what): functools.partial(measure, env, code)
        for env in ("plain", "extras")
        for what, code in IMPORTS.items()
    }
    for env, code in PEER_IMPORTS.items():
        cases[env, code] = functools.partial(measure, env, code)
    with server(0) as url:
        os.environ["BENCH_URL"] = url
        return {f"{env}: {what}": figures for (env, what), figures in interleaved(cases)}


def zones() -> Any:
    """Time zones: a look-up and a refusal."""
    return json.loads(_run("plain", "alone.py", "zones"))


def command() -> Figures:
    """The command: from its start to the first request, and 10,000 rows of CSV from start to end,
    both against a program that uses the library."""
    library = (
        "import csv, os, sys\n"
        "from nlpearl import NLPearl\n"
        "with NLPearl() as client, open(sys.argv[1], newline='') as file:\n"
        "    ends = client.add_leads('67d42f167f3c392c6d7a2d40', csv.DictReader(file),\n"
        "                           concurrency=50, ledger=sys.argv[1] + '.db')\n"
        "    assert all(end.added for end in ends)\n"
    )

    def measure(url: str, arguments: list[str], rows: int) -> Figures:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "people.csv")
            _run("extras", "write_file.py", path, rows)
            counts(url)
            os.environ.update(NLPEARL_BASE_URL=url, NLPEARL_API_KEY="acct:s3cret")
            before, started = _spent(), time.monotonic()
            _run("extras", *arguments, path, *(["--concurrency", 50] if "-m" in arguments else []))
            wall, cpu = time.monotonic() - started, _spent() - before
        return {"wall": wall, "cpu": cpu, "first": counts(url)["first"] - started}

    ways = {
        "the command": ADD_LEADS,
        "the library": ["-c", library],
    }
    with server(DELAY) as url:
        cases = {
            (way, rows): functools.partial(measure, url, arguments, rows)
            for rows in (1, 10_000)
            for way, arguments in ways.items()
        }
        return {f"{way}, {rows} rows": each for (way, rows), each in interleaved(cases)}


def files() -> Figures:
    """Large files through the command, once each, since that takes longest."""
    with server(0) as url:
        os.environ.update(NLPEARL_BASE_URL=url, NLPEARL_API_KEY="acct:s3cret")
        return {
            f"{suffix}, {rows:,} rows": _of_file(suffix, rows)
            for suffix, rows in (("csv", 100_000), ("csv", 1_000_000), ("xlsx", 200_000))
        }


def _of_file(suffix: str, rows: int) -> Figures:
    """Wall and CPU time of a row, and peak memory of the command alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"people.{suffix}")
        _run("extras", "write_file.py", path, rows)
        python = VENVS / "extras/bin/python"
        command: list[str | Path] = [python, *ADD_LEADS, path, "--concurrency", "50"]
        began = time.monotonic()
        process = subprocess.Popen(command, env=_environment(), stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
    wall, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    return {"wall": wall / rows * 1e6, "cpu": cpu / rows * 1e6, "peak": used.ru_maxrss / 1024}


def _spent() -> float:
    """CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def machine() -> Figures:
    """What and where was measured."""
    model = platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    freeze = {
        env: _run(env, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check")
        for env in ("clients", "vendor", "vapi", "retell", "openai")
    }
    wanted = ("httpx", "httpcore", "aiohttp", "requests", "attrs", "nlpearl", "vapi-server-sdk",
              "retell-sdk", "openai")  # fmt: skip
    versions = {
        line for text in freeze.values() for line in text.split() if line.split("==")[0] in wanted
    }
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True, capture_output=True
    )
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores, {model}, {platform.system()}",
        "versions": sorted(versions),
        "rounds": ROUNDS,
        "commit": commit.stdout.strip(),
    }


PARTS: dict[str, Callable[[], Any]] = {
    "one": one,
    "many": many,
    "patient": patient,
    "million": million,
    "known": known,
    "imports": imports,
    "zones": zones,
    "command": command,
    "files": files,
}


def main(parts: list[str]) -> None:
    results = HERE / "results.json"
    found: Figures = json.loads(results.read_text()) if results.exists() else {}
    for wanted in sorted(HERE.glob("requirements/*.txt")):
        install(wanted.stem)
    about = machine()  # before the results make the checkout dirty
    for name in parts or PARTS:
        print(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]}", flush=True)
        found[name] = PARTS[name]()
        found["machine"] = about
        found.setdefault("measured", {})[name] = f"{about['date']}, {about['machine']}"
        results.write_text(json.dumps(found, indent=1) + "\n")
    _run("plot", "report.py")


if __name__ == "__main__":
    main(sys.argv[1:])
