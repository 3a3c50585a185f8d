"""What comes from the vendor's document: the same bytes whoever makes it, and nothing unnoticed."""

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openapi_spec_validator
import pytest
import yaml
from nlpearl_api import AuthenticatedClient
from nlpearl_api.api.outbound import add_lead
from nlpearl_api.models import LeadToAddApi, LeadToAddResponseApi, ValidationProblemDetails
from openapi_python_client.config import ConfigFile

from nlpearl import configuration
from tools.dist_test import NEWER_PYTHONS, find_python
from tools.generate import ROOT, GenerateError, check, differences, make, overlaid

SPEC = ROOT / "openapi.yaml"
OVERLAY = ROOT / "openapi-overlay.yaml"
CONFIG = ROOT / "generator-config.yaml"

#: Taken before conftest.py takes the proxies away, which pip may need.
AMBIENT = dict(os.environ)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


ACTIONS: list[dict[str, Any]] = read(OVERLAY)["actions"]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return overlaid(SPEC, OVERLAY)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what generating reads and writes, to be spoiled."""
    copy = tmp_path / "around" / "project"
    for name in ("generated", "nlpearl/sandbox"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (SPEC, OVERLAY, CONFIG, ROOT / "tools/generate.py"):
        (copy / path.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(path, copy / path.relative_to(ROOT))
    return copy


def run(
    project: Path,
    *arguments: str,
    python: str = sys.executable,
    cwd: Path = ROOT,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run the tool of `project`, as make does, but from `cwd`."""
    return subprocess.run(
        [python, str(project / "tools/generate.py"), *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = read(path)
    change(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


# The document and its corrections


def test_the_document_is_the_vendors_character_for_character() -> None:
    """As `make spec` has written it, from the fenced block of a page."""
    origin = json.loads((ROOT / "openapi-origin.json").read_text(encoding="utf-8"))
    said = "openapi.yaml was edited: what has to be corrected stands in openapi-overlay.yaml"
    assert hashlib.sha256(SPEC.read_bytes()).hexdigest() == origin["sha256"], said


def test_the_document_is_valid_openapi_before_and_after_its_corrections() -> None:
    openapi_spec_validator.validate(read(SPEC))
    openapi_spec_validator.validate(overlaid(SPEC, OVERLAY))


def test_the_base_url_is_the_documents_server() -> None:
    assert [server["url"] for server in read(SPEC)["servers"]] == [configuration.BASE_URL]


def test_the_corrections_are_an_overlay_of_the_document() -> None:
    overlay = read(OVERLAY)
    assert overlay["overlay"] == "1.0.0"
    assert overlay["extends"] == SPEC.name
    assert overlay.keys() == {"overlay", "info", "extends", "x-shared", "actions"}


LOOKUP = "/v1/Outbound/{outboundId}/Lead/External/{externalId}"


@pytest.mark.slow
def test_an_operation_that_an_action_adds_must_not_shadow_the_vendors_own(project: Path) -> None:
    own = {"get": {"responses": {"200": {"description": "The vendor's own."}}}}
    rewrite(project / "openapi.yaml", lambda document: document["paths"].update({LOOKUP: own}))
    done = run(project)
    assert done.returncode == 1
    assert f"the vendor's document has GET {LOOKUP} now" in done.stderr
    assert "Delete that action, and nothing else" in done.stderr


def test_a_schema_of_the_vendors_is_taken_instead_of_ours(project: Path) -> None:
    own = {"type": "object", "properties": {"note": {"type": "string"}}}
    rewrite(
        project / "openapi.yaml",
        lambda document: document["components"]["schemas"].update(LeadSearch=own),
    )
    document = overlaid(project / "openapi.yaml", project / "openapi-overlay.yaml")
    assert document["components"]["schemas"]["LeadSearch"] == own


def test_another_method_of_the_same_path_is_told_apart(project: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["paths"][LOOKUP] = {"delete": {"responses": {"200": {"description": "Gone."}}}}

    rewrite(project / "openapi.yaml", change)
    document = overlaid(project / "openapi.yaml", project / "openapi-overlay.yaml")
    path = document["paths"][LOOKUP]
    assert list(path) == ["delete", "get"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action["target"])
@pytest.mark.slow
def test_every_correction_gives_its_reason_and_corrects_something(
    action: dict[str, Any], whole: dict[str, Any], tmp_path: Path
) -> None:
    assert len(action["description"].split()) > 3
    assert action.keys() - {"target", "description", "x-if-present"} in ({"remove"}, {"update"})
    if action.get("x-if-present"):
        return  # it may match nothing; test_known_spec.py has a document that needs it
    without = tmp_path / OVERLAY.name
    without.write_text(yaml.safe_dump({"actions": [a for a in ACTIONS if a is not action]}))
    try:
        spoiled = overlaid(SPEC, without)
    except GenerateError:  # another action names what this one adds
        return
    assert spoiled != whole


@pytest.mark.parametrize(
    "target",
    ["$.paths['/v1/Outbound'].put", "$..content['application/xml']", "$.components.schemas.Lead"],
)
@pytest.mark.slow
def test_a_correction_that_matches_nothing_is_an_error_that_names_it(
    target: str, project: Path
) -> None:
    action = {"target": target, "description": "It was there once.", "remove": True}
    rewrite(project / OVERLAY.name, lambda overlay: overlay["actions"].append(action))
    done = run(project, "--check")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {OVERLAY.name}: the target {target} matches nothing in ")
    assert SPEC.name in done.stderr


# The generator


def test_every_setting_of_the_generator_is_one_that_it_knows() -> None:
    assert read(CONFIG).keys() <= ConfigFile.model_fields.keys()  # it passes over others in silence


@pytest.mark.slow
def test_a_warning_of_the_generator_is_an_error_and_is_shown(project: Path) -> None:
    def keep_updates(overlay: dict[str, Any]) -> None:
        overlay["actions"] = [action for action in overlay["actions"] if "update" in action]

    rewrite(project / OVERLAY.name, keep_updates)
    with pytest.raises(GenerateError, match="Unsupported content type text/json"):
        make(project / "made", root=project)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hook", "complaint"),
    [
        ("ruff check . --no-such-option", "unexpected argument '--no-such-option'"),
        ("no-such-formatter .", "no-such-formatter is not in PATH"),
    ],
)
def test_a_formatter_that_fails_is_an_error_that_shows_its_words(
    hook: str, complaint: str, project: Path
) -> None:
    rewrite(project / CONFIG.name, lambda config: config["post_hooks"].append(hook))
    done = run(project)
    assert done.returncode == 1
    assert done.stderr.startswith("error: openapi-python-client failed:\n")
    assert complaint in done.stderr
    assert not list(differences(ROOT, project))  # a run that fails leaves what is there


def test_a_missing_ruff_is_an_error_and_another_one_on_path_no_substitute(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(Path(sys.executable).parent / "ruff", elsewhere)
    monkeypatch.setenv("PATH", str(elsewhere), prepend=os.pathsep)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(GenerateError, match=f"no ruff in {tmp_path / 'bin'}"):
        make(project / "made", root=project)


# make check


def _new(project: Path) -> None:
    (project / "generated/nlpearl_api/models/lead.py").write_text("")


def _missing(project: Path) -> None:
    (project / "generated/nlpearl_api/types.py").unlink()


def _changed(project: Path) -> None:
    with (project / "generated/nlpearl_api/client.py").open("a") as file:
        file.write("# edited\n")


def _without_types(project: Path) -> None:
    (project / "generated/nlpearl_api/py.typed").unlink()


def _without_document(project: Path) -> None:
    (project / "nlpearl/sandbox/openapi.json").unlink()


def _document_edited(project: Path) -> None:
    document = project / "nlpearl/sandbox/openapi.json"
    document.write_text(document.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")


def _spec_moved_on(project: Path) -> None:
    def add(spec: dict[str, Any]) -> None:
        spec["components"]["schemas"]["LeadToAddApi"]["properties"]["note"] = {"type": "string"}

    rewrite(project / SPEC.name, add)


CLIENT = "generated/nlpearl_api"
DOCUMENT = "nlpearl/sandbox/openapi.json"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_new, [f"not generated: {CLIENT}/models/lead.py"]),
        (_missing, [f"missing: {CLIENT}/types.py"]),
        (_changed, [f"changed: {CLIENT}/client.py"]),
        (_without_types, [f"missing: {CLIENT}/py.typed"]),
        (_without_document, [f"missing: {DOCUMENT}"]),
        (_document_edited, [f"changed: {DOCUMENT}"]),
        (_spec_moved_on, [f"changed: {CLIENT}/models/lead_to_add_api.py", f"changed: {DOCUMENT}"]),
    ],
)
def test_a_check_names_what_is_not_as_generated(
    spoil: Callable[[Path], None], found: list[str], project: Path
) -> None:
    spoil(project)
    assert check(project) == found


@pytest.mark.slow
def test_a_check_of_generated_code_ignores_byte_code(
    project: Path,
) -> None:
    cache = project / CLIENT / "models/__pycache__"
    cache.mkdir()
    (cache / "lead.cpython-311.pyc").write_bytes(b"")
    assert check(project) == []


@pytest.mark.slow
def test_a_failed_check_fails_make_and_generating_fixes_it(project: Path) -> None:
    for spoil in (_new, _missing, _changed, _without_document):
        spoil(project)
    failed = run(project, "--check")
    assert (failed.returncode, failed.stderr) == (1, "")
    assert f"not generated: {CLIENT}/models/lead.py\n" in failed.stdout
    assert "make generate" in failed.stdout
    mended = run(project)
    assert (mended.returncode, mended.stdout, mended.stderr) == (0, "", "")
    passed = run(project, "--check")
    assert (passed.returncode, passed.stdout, passed.stderr) == (0, "", "")


# The same bytes everywhere

RUFF_SETTINGS = 'line-length = 40\nformat.quote-style = "single"\nlint.select = ["ALL"]\n'


def _python_modules_of_the_working_directory(around: Path) -> dict[str, str]:
    for name in ("attr", "httpx", "ruff", "yaml"):
        (around / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    return {}


def _ruff_settings(around: Path) -> dict[str, str]:
    (around / "ruff.toml").write_text(RUFF_SETTINGS)
    return {}


def _a_pyproject(around: Path) -> dict[str, str]:
    (around / "pyproject.toml").write_text(f"[tool.ruff]\n{RUFF_SETTINGS}")
    return {}


def _files_to_be_ignored(around: Path) -> dict[str, str]:
    (around / ".ignore").write_text("*\n")
    (around / ".gitignore").write_text("*\n")
    return {}


def _ruff_variables(around: Path) -> dict[str, str]:
    wrong = {"RUFF_OUTPUT_FORMAT": "nonsense", "RUFF_NO_CACHE": "nonsense"}
    return {**wrong, "RUFF_OUTPUT_FILE": str(around), "RUFF_CACHE_DIR": "/dev/null"}


def _another_ruff_on_path(around: Path) -> dict[str, str]:
    (around / "ruff").write_text("#!/bin/sh\nexit 0\n")
    (around / "ruff").chmod(0o755)
    return {"PATH": os.pathsep.join([str(around), os.environ["PATH"]])}


def _another_locale_and_hash_seed(around: Path) -> dict[str, str]:
    return {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "42"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "surround",
    [
        _python_modules_of_the_working_directory,
        _ruff_settings,
        _a_pyproject,
        _files_to_be_ignored,
        _ruff_variables,
        _another_ruff_on_path,
        _another_locale_and_hash_seed,
    ],
)
def test_the_surroundings_change_no_byte(
    surround: Callable[[Path], dict[str, str]], project: Path
) -> None:
    shutil.rmtree(project / "generated")
    environment = surround(project.parent)
    done = run(project, cwd=project.parent, TMPDIR=str(project.parent), **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(differences(ROOT, project)) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", NEWER_PYTHONS)
def test_another_python_makes_the_same_bytes(version: str, project: Path, tmp_path: Path) -> None:
    another = find_python(version)
    if another is None:
        pytest.skip(f"there is no Python {version} here")
    environment = tmp_path / "venv"
    python = str(environment / "bin/python")
    subprocess.run([another, "-m", "venv", environment], check=True)
    command = [python, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
    packages = ["openapi-python-client", "ruff", "oas-patch", "jsonpath-ng", "pyyaml"]
    subprocess.run([*command, *packages], env=AMBIENT, check=True)
    shutil.rmtree(project / "generated")
    done = run(project, python=python)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(differences(ROOT, project)) == []


# What is generated


def _call_generated(
    status: int, content_type: str, body: object
) -> tuple[httpx.Request, LeadToAddResponseApi | ValidationProblemDetails | None]:
    requests: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, headers={"Content-Type": content_type}, json=body)

    client = AuthenticatedClient(
        base_url=configuration.BASE_URL,
        token="a1b2:secret",
        httpx_args={"transport": httpx.MockTransport(response)},
    )
    with client:
        lead = LeadToAddApi(phone_number="+14155550123")
        parsed = add_lead.sync("67d42f167f3c392c6d7a2d40", client=client, body=lead)
    [request] = requests
    return request, parsed


def test_the_generated_request_is_json_and_says_so_once() -> None:
    request, _ = _call_generated(200, "application/json", {"leadId": "l-1"})
    assert request.method == "PUT"
    assert str(request.url) == f"{configuration.BASE_URL}/v1/Outbound/67d42f167f3c392c6d7a2d40/Lead"
    assert request.headers.get_list("Content-Type") == ["application/json"]
    assert json.loads(request.content) == {"phoneNumber": "+14155550123"}


def test_the_generated_request_has_one_kind_of_body_and_cannot_be_sent_without() -> None:
    source = inspect.getsource(add_lead)
    assert source.count('headers["Content-Type"] =') == 1
    assert "isinstance(body" not in source
    body = inspect.signature(add_lead.sync_detailed).parameters["body"]
    assert body.annotation is LeadToAddApi
    assert body.default is inspect.Parameter.empty


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/json"])
def test_a_generated_response_with_any_content_type_is_read_as_json(content_type: str) -> None:
    _, added = _call_generated(200, content_type, {"leadId": "l-1"})
    assert isinstance(added, LeadToAddResponseApi)
    assert added.lead_id == "l-1"
    _, refused = _call_generated(400, content_type, {"title": "no", "traceId": "00-1"})
    assert isinstance(refused, ValidationProblemDetails)
    assert refused.title == "no"
    assert refused["traceId"] == "00-1"
