"""Make what comes from the spec: the low-level client and the sandbox's document.

    python tools/generate.py            write them into the project        (make generate)
    python tools/generate.py --check    compare them with what is there    (make check)

openapi.yaml, corrected by openapi-overlay.yaml, goes through openapi-python-client. A check makes
everything again in an empty folder and compares trees: `git diff` would not see a new file.
"""

import argparse
import copy
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng.ext.parser import parse
from oas_patch.overlay import apply_overlay  # type: ignore[import-untyped] # pyright: ignore

ROOT = Path(__file__).resolve().parent.parent
CLIENT = Path("generated/nlpearl_api")
DOCUMENT = Path("nlpearl/sandbox/openapi.json")


class GenerateError(Exception):
    """Why nothing could be made, in a sentence for the user of make."""


def overlaid(spec: Path, overlay: Path) -> dict[str, Any]:
    """The vendor's document with our corrections.

    The library passes over an action whose target matches nothing without a word (oas-patch 0.6.0),
    so every target is tried here, just before it is applied.
    """
    document: dict[str, Any] = yaml.safe_load(spec.read_text(encoding="utf-8"))
    wrong: list[str] = []
    for action in yaml.safe_load(overlay.read_text(encoding="utf-8"))["actions"]:
        if not parse(action["target"]).find(document):
            if not action.get("x-if-present"):
                wrong.append(
                    f"{overlay.name}: the target {action['target']} matches nothing in {spec.name}."
                    " If the vendor has fixed this, delete the action; if it moved, fix the target."
                )
            continue
        for name in shadowed(document, action):
            wrong.append(
                f"{overlay.name}: the vendor's document has {name} now, which an action adds to "
                f"{action['target']}. Delete that action, and nothing else: those that name it and "
                "loosen it stay."
            )
        if action["target"] == "$.components.schemas":  # the vendor's own are taken
            there = document["components"]["schemas"]
            action["update"] = {k: v for k, v in action["update"].items() if k not in there}
        # A copy: YAML's aliases are one object, and the next action would change all of them.
        document = apply_overlay(document, {"actions": [copy.deepcopy(action)]})
    if wrong:
        raise GenerateError("\n".join(wrong))
    return document


def shadowed(document: dict[str, Any], action: dict[str, Any]) -> Iterator[str]:
    """What an action adds to the paths and the document has already."""
    if action["target"] == "$.paths":
        for path, methods in action.get("update", {}).items():
            there = document["paths"].get(path, {})
            yield from (f"{method.upper()} {path}" for method in methods if method in there)


def make(into: Path, *, root: Path = ROOT) -> None:
    """Write everything that comes from the spec of `root` below the empty folder `into`."""
    document = into / DOCUMENT
    document.parent.mkdir(parents=True)
    text = json.dumps(
        overlaid(root / "openapi.yaml", root / "openapi-overlay.yaml"), indent=2, ensure_ascii=False
    )
    document.write_text(text + "\n", encoding="utf-8")
    client = into / CLIENT
    client.parent.mkdir(parents=True)
    run_generator(document, client, root / "generator-config.yaml")
    (client / "py.typed").touch()  # --meta none writes none, and mypy would see Any


def run_generator(document: Path, client: Path, config: Path) -> None:
    """Run openapi-python-client with the ruff of this environment, whatever else is on PATH."""
    binaries = Path(sys.executable).parent
    if not (binaries / "ruff").exists():
        # The generator passes over a hook whose command is missing and reports success (0.29.1).
        raise GenerateError(f"there is no ruff in {binaries}: run make, which installs it")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RUFF_")}
    environment["PATH"] = os.pathsep.join([str(binaries), environment.get("PATH", "")])
    # -P: a module of the working directory must not stand in for one of the generator's.
    command = [sys.executable, "-P", "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--meta", "none", "--path", str(document), "--config", str(config)]
    command += ["--output-path", str(client)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        raise GenerateError(f"openapi-python-client failed:\n{done.stdout}{done.stderr}")


def differences(made: Path, found: Path) -> Iterator[str]:
    """A line for each file that is new, missing or changed in `found`, against `made`."""
    for part in (CLIENT, DOCUMENT):
        names = {path.relative_to(top) for top in (made, found) for path in files(top / part)}
        for name in sorted(names):
            if not (found / name).exists():
                yield f"missing: {name}"
            elif not (made / name).exists():
                yield f"not generated: {name}"
            elif not filecmp.cmp(made / name, found / name, shallow=False):
                yield f"changed: {name}"


def files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (p for p in path.rglob("*") if p.is_file() and p.parent.name != "__pycache__")
    elif path.exists():
        yield path


def write(root: Path = ROOT) -> None:
    """Make everything again in the project at `root`; if that fails, nothing of it changes."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        make(made, root=root)
        # The generator's own --overwrite would leave stale files beside models/ and api/.
        shutil.rmtree(root / CLIENT, ignore_errors=True)
        shutil.copytree(made / CLIENT, root / CLIENT)
        # After a module was gone and came back, mypy 2.4.1 went on saying that it was gone.
        shutil.rmtree(root / ".mypy_cache", ignore_errors=True)
        (root / DOCUMENT).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / DOCUMENT, root / DOCUMENT)


def check(root: Path = ROOT) -> list[str]:
    """What differs between the project at `root` and what would be generated from its spec."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), root=root)
        return list(differences(Path(folder), root))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Make what comes from the spec.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    try:
        if parser.parse_args(arguments).check:
            found = check()
            if found:
                print("generated files are not what the spec makes of them; run `make generate`")
            print("\n".join(found), end="\n" if found else "")
            return 1 if found else 0
        write()
    except GenerateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
