"""The vendor's package has our import name: what happens where both are installed."""

import sys
import warnings
from pathlib import Path

import pytest

from nlpearl import _vendor
from tools.generate import ROOT

from .test_packaging import Environment, build, output, virtual_environment


def test_its_distribution_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nlpearl-2.2.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    with pytest.warns(
        UserWarning, match=r"vendor's package nlpearl 2\.2\.0 .*pip uninstall"
    ) as seen:
        _vendor.warn()
    assert len(seen) == 1
    assert str(tmp_path) in str(seen[0].message)


def test_it_is_found_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nlpearl-2.1.egg-info").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [""])
    assert _vendor.installed() == ("", "2.1")


@pytest.mark.parametrize(
    "name", ["nlpearl_client-1.0.dist-info", "nlpearl", "nlpearl-2.2.0.tar.gz", "x-1.dist-info"]
)
def test_nothing_else_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    no_folder = tmp_path / "archive.zip"
    no_folder.touch()
    monkeypatch.setattr(sys, "path", [str(no_folder), str(tmp_path / "away"), str(tmp_path)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _vendor.warn()


def test_a_program_is_warned_once_where_it_imports(tmp_path: Path) -> None:
    (tmp_path / "nlpearl-2.2.0.dist-info").mkdir()
    program = tmp_path / "program.py"
    program.write_text("import nlpearl\nfrom nlpearl import NLPearl\nimport nlpearl.errors\n")
    command = "import runpy, sys; runpy.run_path(sys.argv[1])"
    catch = f"import warnings; warnings.showwarning = lambda *a, **_: print(a[2], a[3]); {command}"
    said = output(sys.executable, "-c", catch, program, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert said.splitlines() == [f"{program} 1"]


# With pip, and a wheel that has the files of the vendor's


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("vendor")
    package = source / "nlpearl"
    package.mkdir()
    (package / "__init__.py").write_text("api_key = None\n")
    (package / "outbound.py").touch()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "nlpearl"\nversion = "2.2.0"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["nlpearl"]\n'
    )
    build(source, source / "dist", "--wheel")
    [wheel] = (source / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("ours") / "dist"
    build(ROOT, into, "--wheel")
    [wheel] = into.glob("*.whl")
    return wheel


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return virtual_environment(tmp_path / "venv")


def pip(environment: Environment, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(environment.python), *arguments]
    output(*command, cwd=environment.packages, PIP_NO_INDEX="1", PIP_NO_DEPS="1")


def imported(environment: Environment, statement: str) -> str:
    script = (
        "import warnings; warnings.showwarning = lambda m, *a, **_: print(m)\n"
        f"try:\n    {statement}\nexcept ImportError:\n    print('ImportError')"
    )
    return output(environment.python, "-c", script, cwd=environment.python.parent)


@pytest.mark.slow
def test_ours_over_theirs_warns_and_the_way_out_is_one(
    environment: Environment, theirs: Path, ours: Path
) -> None:
    pip(environment, "install", theirs)
    pip(environment, "install", ours)
    assert "nlpearl 2.2.0 is installed too" in imported(environment, "from nlpearl import errors")
    pip(environment, "uninstall", "--yes", "nlpearl", "nlpearl-client")
    pip(environment, "install", ours)
    assert imported(environment, "from nlpearl import errors") == ""


@pytest.mark.slow
def test_theirs_over_ours_is_theirs_until_the_way_out(
    environment: Environment, theirs: Path, ours: Path
) -> None:
    pip(environment, "install", ours)
    pip(environment, "install", theirs)
    assert imported(environment, "from nlpearl import NLPearl") == "ImportError\n"
    pip(environment, "uninstall", "--yes", "nlpearl")
    assert imported(environment, "from nlpearl import NLPearl") == "ImportError\n"  # broken
    pip(environment, "uninstall", "--yes", "nlpearl-client")
    pip(environment, "install", ours)
    assert imported(environment, "from nlpearl import errors") == ""
