"""What a user installs: the right files, typed all the way down, and light to import."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import nlpearl
from tools.generate import ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path


class Environment(NamedTuple):
    """A Python with what the wheel depends on, and nothing more."""

    python: Path
    packages: Path


def output(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command says; what it says in failing is shown."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def build(source: Path, into: Path, *kinds: str) -> None:
    # Without isolation: hatchling stands in constraints.txt, and the network may be away.
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds]
    output(*command, "--outdir", into, source, cwd=into.parent)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def closure(requirements: Iterable[str]) -> set[str]:
    """The names of the distributions that these need, as they are installed here."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras | {""}
        new = extras - found.setdefault(name, set())
        found[name] |= new
        for line in importlib.metadata.requires(name) or [] if new else []:
            needed = Requirement(line)
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in new):
                waiting.append(needed)
    return set(found)


def virtual_environment(path: Path, *more: str) -> Environment:
    """A fresh one. What the wheel depends on is linked from here, which saves the network."""
    output(sys.executable, "-m", "venv", "--without-pip", path, cwd=path.parent)
    [packages] = path.glob("lib/python*/site-packages")
    for name in closure([*PYPROJECT["project"]["dependencies"], *more]):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or ()} - {".."}:
            if top != "__pycache__":
                (packages / top).symlink_to(Path(str(distribution.locate_file(top))).resolve())
    return Environment(path / "bin/python", packages)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    into = tmp_path_factory.mktemp("distributions") / "dist"
    build(ROOT, into, "--wheel", "--sdist")
    [wheel], [sdist] = into.glob("*.whl"), into.glob("*.tar.gz")
    return Distributions(wheel, sdist)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return virtual_environment(tmp_path_factory.mktemp("bare") / "venv")


@pytest.fixture(scope="session")
def installed(
    distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    environment = virtual_environment(tmp_path_factory.mktemp("installed") / "venv")
    install(distributions.wheel, environment)
    return environment


def install(wheel: Path, environment: Environment) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(environment.python), "install"]
    # pip checks that the dependencies are there; without an index it could not fetch them.
    output(*command, "--quiet", "--no-index", wheel, cwd=environment.packages)


# What is in them


@pytest.mark.slow
def test_the_wheel_is_the_two_packages_as_they_stand_and_nothing_else(
    distributions: Distributions,
) -> None:
    packages = {"nlpearl": ROOT / "nlpearl", "nlpearl_api": ROOT / "generated/nlpearl_api"}
    expected = {
        f"{name}/{path.relative_to(top).as_posix()}": path.read_bytes()
        for name, top in packages.items()
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = contents(distributions.wheel)
    about = f"nlpearl_client-{nlpearl.__version__}.dist-info"
    assert {n: data for n, data in found.items() if not n.startswith(f"{about}/")} == expected
    assert found[f"{about}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    "name", ["nlpearl/py.typed", "nlpearl_api/py.typed", "nlpearl/sandbox/openapi.json"]
)
@pytest.mark.slow
def test_the_wheel_has_its_type_markers_and_the_sandboxs_document(
    name: str, distributions: Distributions
) -> None:
    assert name in contents(distributions.wheel)


@pytest.mark.slow
def test_nothing_in_the_wheel_is_called_generated(distributions: Distributions) -> None:
    assert [name for name in contents(distributions.wheel) if "generated" in name] == []


@pytest.mark.slow
def test_the_wheel_needs_four_packages_and_nothing_more_without_an_extra(
    installed: Environment,
) -> None:
    [about] = importlib.metadata.distributions(
        name="nlpearl-client", path=[str(installed.packages)]
    )
    assert about.version == nlpearl.__version__
    needed = [Requirement(line) for line in about.requires or ()]
    plain = {r.name for r in needed if not r.marker or r.marker.evaluate({"extra": ""})}
    assert plain == {"attrs", "httpx", "phonenumbers", "sniffio"}


@pytest.mark.slow
def test_the_sdist_builds_both_again_byte_for_byte_in_another_folder_and_umask(
    distributions: Distributions, tmp_path: Path
) -> None:
    umask = os.umask(0o077)
    try:
        with tarfile.open(distributions.sdist) as archive:
            archive.extractall(tmp_path, filter="data")
        [source] = tmp_path.iterdir()
        build(source, tmp_path / "dist", "--wheel", "--sdist")
    finally:
        os.umask(umask)
    again = {path.name: path.read_bytes() for path in (tmp_path / "dist").iterdir()}
    assert again == {path.name: path.read_bytes() for path in distributions}


@pytest.mark.slow
def test_the_sdist_holds_what_generating_needs_and_no_rubbish(
    distributions: Distributions,
) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "pyproject.toml", "constraints.txt", "Makefile", "README.md", "LICENSE",
        "openapi.yaml", "openapi-overlay.yaml", "generator-config.yaml", "tools/generate.py",
        "generated/nlpearl_api/client.py", "tests/test_packaging.py",
    }  # fmt: skip
    hidden = {name for name in names if re.search(r"(^|/)(\.(?!gitignore$)|__pycache__)", name)}
    assert hidden == set()


# Wherever it runs from

MAKE_A_CLIENT = """
import nlpearl, nlpearl_api
from nlpearl import NLPearl
with NLPearl("a1b2:secret") as client:
    print(repr(client), type(client.low_level).__module__, nlpearl.__file__, nlpearl_api.__file__)
"""


def made_a_client(nlpearl_in: Path, nlpearl_api_in: Path) -> str:
    return " ".join(
        [
            "NLPearl(base_url='https://api.nlpearl.ai')",
            "nlpearl_api.client",
            str(nlpearl_in / "nlpearl/__init__.py"),
            str(nlpearl_api_in / "nlpearl_api/__init__.py\n"),
        ]
    )


@pytest.mark.slow
def test_an_installed_wheel_makes_a_client(installed: Environment, tmp_path: Path) -> None:
    said = output(installed.python, "-I", "-W", "error", "-c", MAKE_A_CLIENT, cwd=tmp_path)
    assert said == made_a_client(installed.packages, installed.packages)


def test_the_editable_install_makes_a_client(tmp_path: Path) -> None:
    said = output(sys.executable, "-I", "-W", "error", "-c", MAKE_A_CLIENT, cwd=tmp_path)
    assert said == made_a_client(ROOT, ROOT / "generated")


def test_a_checkout_makes_a_client(bare: Environment) -> None:
    path = os.pathsep.join([".", "generated"])
    command = ["-W", "error", "-c", MAKE_A_CLIENT]
    said = output(bare.python, *command, cwd=ROOT, PYTHONPATH=path)
    assert said == made_a_client(ROOT, ROOT / "generated")


# What a user's type checker sees

USERS_SCRIPT = """
from nlpearl import NLPearl
from nlpearl_api.api.outbound import add_lead
from nlpearl_api.models import LeadToAddApi

with NLPearl("a1b2:secret") as client:
    added = client.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123")
    lead = LeadToAddApi(phone_number="+14155550123")
    response = add_lead.sync("67d42f167f3c392c6d7a2d40", client=client.low_level, body=lead)
    reveal_type(client.low_level)
    reveal_type(added.lead_id)
    reveal_type(response)
"""
REVEALED = [
    "AuthenticatedClient",
    "str",
    "LeadToAddResponseApi | ValidationProblemDetails | None",
]


def short(type_: str) -> str:
    """A type as it is revealed, without the modules of its names."""
    return re.sub(r"\w+\.", "", type_)


@pytest.fixture
def users_script(tmp_path: Path) -> Path:
    script = tmp_path / "users_script.py"
    script.write_text(USERS_SCRIPT)
    return script


@pytest.mark.slow
def test_mypy_follows_a_users_code_into_the_low_level_client(
    installed: Environment, users_script: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental"]
    said = output(*command, "--python-executable", installed.python, users_script, cwd=tmp_path)
    assert [short(shown) for shown in re.findall(r'Revealed type is "(.*)"', said)] == REVEALED
    assert said.endswith("Success: no issues found in 1 source file\n")


@pytest.mark.slow
def test_pyright_follows_a_users_code_into_the_low_level_client(
    installed: Environment, users_script: Path, tmp_path: Path
) -> None:
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath"]
    said = json.loads(output(*command, installed.python, users_script, cwd=tmp_path))
    revealed = re.findall(
        r'Type of ".*" is "(.*)"',
        "\n".join(remark["message"] for remark in said["generalDiagnostics"]),
    )
    assert [short(shown) for shown in revealed] == REVEALED
    assert {remark["severity"] for remark in said["generalDiagnostics"]} == {"information"}


@pytest.mark.slow
def test_every_type_of_the_public_interface_is_known(
    distributions: Distributions, tmp_path: Path
) -> None:
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    more = [line for lines in extras for line in lines]
    environment = virtual_environment(tmp_path / "venv", *more, "pytest")
    install(distributions.wheel, environment)
    # pyright takes the interpreter of PATH.
    path = f"{environment.python.parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "pyright", "--verifytypes", "nlpearl", "--ignoreexternal"]
    said = output(*command, cwd=tmp_path, PATH=path)
    assert str(environment.packages) in said
    assert "Type completeness score: 100%" in said


# What an import costs


def loaded(statement: str, cwd: Path) -> set[str]:
    """The modules that a statement loads, in a process of its own."""
    script = (
        "import sys; before = {*sys.modules}\n"
        f"{statement}\n"
        "print(*sorted({*sys.modules} - before), sep='\\n')"
    )
    return set(output(sys.executable, "-I", "-W", "error", "-c", script, cwd=cwd).split())


def third_party(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    modules = loaded("import nlpearl", tmp_path)
    assert third_party(modules) == {"nlpearl"}
    heavy = {"asyncio", "concurrent", "http", "logging", "sqlite3", "ssl"}
    assert {module.partition(".")[0] for module in modules} & heavy == set()


def test_importing_the_client_loads_httpx_attrs_and_nothing_more(tmp_path: Path) -> None:
    # httpx itself loads rich and click where they are installed (0.28.1, for its command).
    httpx = third_party(loaded("import httpx; httpx.Client()", tmp_path))
    modules = third_party(loaded("from nlpearl import NLPearl", tmp_path))
    assert "nlpearl" in modules
    assert modules - httpx <= {"nlpearl", "nlpearl_api", "attr", "attrs"}
    assert modules & {"openapi_core", "werkzeug", "yaml"} == set()


# The public names


def test_every_public_name_is_listed_and_can_be_imported_first(tmp_path: Path) -> None:
    script = """
import nlpearl
print(*dir(nlpearl))
for name in nlpearl.__all__:
    exec(f"from nlpearl import {name}")
    assert getattr(nlpearl, name) is not None
"""
    listed = output(sys.executable, "-I", "-c", script, cwd=tmp_path).split()
    assert set(nlpearl.__all__) <= set(listed)
    assert listed == sorted(set(listed))


def test_a_star_import_gives_the_public_names_and_no_other(tmp_path: Path) -> None:
    script = "before = {*dir()}; from nlpearl import *; print(*{*dir()} - before - {'before'})"
    given = output(sys.executable, "-I", "-c", script, cwd=tmp_path).split()
    assert sorted(given) == sorted(nlpearl.__all__)


def test_the_public_names_are_sorted_as_ruff_sorts_them() -> None:
    def key(name: str) -> tuple[bool, bool, str]:
        return not name.isupper(), not name[0].isupper(), name  # CONSTANTS, Classes, the rest

    assert list(nlpearl.__all__) == sorted(set(nlpearl.__all__), key=key)


@pytest.mark.parametrize("name", ["Leed", "httpx", "_Client", "LeadToAddApi"])
def test_an_unknown_name_is_an_attribute_error_that_names_it(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'nlpearl' has no attribute '{name}'"):
        getattr(nlpearl, name)


# What stands in the repository


def pinned() -> dict[str, str]:
    """The constraints; any line but `name==version` and comments stops every test of them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line.strip() and not line.startswith("#")]
    assert [pair for pair in pairs if len(pair) != 2] == []
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_constraint_is_one_exact_version() -> None:
    for name, version in pinned().items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert re.fullmatch(r"\d+(\.\w+)*", version)


def test_the_constraints_hold_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert [line for line in text.splitlines() if line.startswith(("-", "/", "."))] == []


def test_all_that_make_installs_is_pinned_at_the_version_that_is_here() -> None:
    project = PYPROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    needed = [*project["dependencies"], *extras, *PYPROJECT["dependency-groups"]["dev"], "pip"]
    here = {name: importlib.metadata.version(name) for name in closure(needed)}
    versions = pinned()
    assert here == {name: versions.get(name) for name in here}


#: The hosts of package registries, put together so that this file does not name one.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "python", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("anaconda", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
    )
]


def lines_with(pattern: str, suffixes: tuple[str, ...] = ("",)) -> list[str]:
    """Where the repository's files, also those not yet added, have a line that matches."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = output(*listing, cwd=ROOT).split("\0")
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for name in names
        if name.endswith(suffixes) and (ROOT / name).is_file()
    }
    assert "tests/test_packaging.py" in texts
    return [
        f"{name}: {line}"
        for name, text in texts.items()
        for line in text.splitlines()
        if re.search(pattern, line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert lines_with(rf"\b{re.escape(host)}\b") == []


def test_nothing_imports_the_low_level_client_by_its_folder() -> None:
    # From the root generated/ can be imported as a package too: second, unequal classes.
    pattern = r"""^[\s>.]*(?:from|import)\s+generated\b|import_module\(["']generated\b"""
    assert lines_with(pattern, (".py", ".md")) == []
