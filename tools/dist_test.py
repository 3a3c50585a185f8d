"""Unpacks an sdist and runs its own checks: those without tests on this Python, then the tests with
their coverage on this one with the lowest versions that pyproject.toml allows, and on each newer
one that is here.

(`make test` has run the tests on this Python with the pinned versions.)

`python -m tools.dist_test dist/nlpearl_client-….tar.gz`. It ends with 1 if any of them failed,
after the last lines of each that did.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path
from subprocess import PIPE, STDOUT

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKS = "lint types check"
NEWER_PYTHONS = ("3.12", "3.13", "3.14")
LAST_LINES = 50


def find_python(version: str) -> str | None:
    """Where this Python is: on PATH, or one of pyenv's."""
    kept = sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    return str(kept[-1]) if kept else shutil.which(f"python{version}")


def lowest(project: Path) -> None:
    """Pin what we need at run time to the least that is allowed. (Extras: the tools that the tests
    need ask for more of rich.)"""
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    constraints = project / "constraints.txt"
    lines = constraints.read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.split("==")[0]): line for line in lines}
    for requirement in map(Requirement, about["project"]["dependencies"]):
        [least] = (each.version for each in requirement.specifier if each.operator == ">=")
        pinned[canonicalize_name(requirement.name)] = f"{requirement.name}=={least}"
    constraints.write_text("\n".join(pinned.values()) + "\n", encoding="utf-8")


def main() -> None:
    [sdist] = sys.argv[1:]
    this = "{}.{}".format(*sys.version_info)
    runs = [(this, CHECKS), (this, "lowest"), *((version, "coverage") for version in NEWER_PYTHONS)]
    ends: list[str] = []
    failures: list[str] = []
    for version, kind in runs:
        interpreter = sys.executable if version == this else find_python(version)
        if interpreter is None:
            ends.append(f"{version} {kind:16} not here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(sdist) as archive:
                archive.extractall(folder, filter="data")
            [project] = Path(folder).iterdir()
            if kind == "lowest":
                lowest(project)
            began = time.monotonic()
            target = "coverage" if kind == "lowest" else kind
            command = ["make", *target.split(), f"PYTHON={interpreter}"]
            done = subprocess.run(
                command, cwd=project, stdout=PIPE, stderr=STDOUT, text=True, check=False
            )
            said = "FAILED" if done.returncode else "passed"
            ends.append(f"{version} {kind:16} {said} in {time.monotonic() - began:.0f} s")
            print(ends[-1], flush=True)
            if done.returncode:
                failures.append("\n".join([ends[-1], *done.stdout.splitlines()[-LAST_LINES:]]))
    print(*failures, *ends, sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
