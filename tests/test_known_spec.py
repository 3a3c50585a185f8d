"""What the wrapper relies on, held against the document; and edits that a vendor might make, each
of which either changes nothing for us or is met with a sentence that says what to do."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from nlpearl.calls.operations import AddLead
from tools import spec
from tools.generate import DOCUMENT, ROOT, GenerateError, overlaid
from tools.known_spec import (
    ADVICE,
    HEADER,
    KNOWN,
    OPERATIONS,
    describe,
    kind,
    read,
    remembered,
    surprises,
)

from .test_generate import project, rewrite

__all__ = ["project"]

Document = dict[str, Any]
Edit = Callable[[Document], object]

PATH = "/v1/Outbound/{outboundId}/Lead"


@pytest.fixture(autouse=True)
def _one_test_fails_for_a_changed_document(request: pytest.FixtureRequest) -> None:
    """The others begin with the document, and so are about one that is as it is known."""
    first = "test_the_wrapper_knows_the_document"
    if request.node.originalname != first and said_of(ROOT):
        pytest.skip(f"the document has changed: see {first}")


def put(document: Document) -> Document:
    operation: Document = document["paths"][PATH]["put"]
    return operation


def schemas(document: Document) -> Document:
    found: Document = document["components"]["schemas"]
    return found


def lead(document: Document) -> Document:
    found: Document = schemas(document)["LeadToAddApi"]["properties"]
    return found


def rename(content: Document, old: str, new: str) -> None:
    content[new] = content.pop(old)


def json_first(document: Document) -> None:
    for response in put(document)["responses"].values():
        content = response["content"]
        content.update({"text/plain": content.pop("text/plain")})


def rename_schema(document: Document) -> None:
    rename(schemas(document), "LeadToAddApi", "NewLeadApi")
    for media in put(document)["requestBody"]["content"].values():
        media["schema"]["allOf"][0]["$ref"] = "#/components/schemas/NewLeadApi"


def rename_path_parameter(document: Document) -> None:
    rename(document["paths"], PATH, "/v1/Outbound/{id}/Lead")
    document["paths"]["/v1/Outbound/{id}/Lead"]["put"]["parameters"][0]["name"] = "id"


def response(document: Document, status: str, media: str) -> None:
    content = {media: {"schema": {"$ref": "#/components/schemas/ValidationProblemDetails"}}}
    put(document)["responses"][status] = {"description": "New.", "content": content}


def add_enum(document: Document) -> None:
    lead(document)["timeZoneId"]["enum"] = ["Pacific Standard Time", "GMT Standard Time"]


def api_key(document: Document) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
    document["components"]["securitySchemes"]["bearer_auth"] = scheme


def say_null_as_3_1_does(value: Any) -> Any:
    """A document of 3.0 in the words of 3.1."""
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [say_null_as_3_1_does(each) for each in items]
    if not isinstance(value, dict):
        return value
    content = cast(Document, value)
    said = {name: say_null_as_3_1_does(each) for name, each in content.items()}
    if said.pop("nullable", False):
        said["type"] = [said["type"], "null"]
    return said


def move_to_3_1(document: Document) -> None:
    moved = say_null_as_3_1_does(document)
    moved["openapi"] = "3.1.0"
    document.clear()
    document.update(moved)


def tidy_media_types(document: Document) -> None:
    for part in (put(document)["requestBody"], *put(document)["responses"].values()):
        part["content"] = {"application/json": part["content"]["application/json"]}


def describe_otherwise(document: Document) -> None:
    put(document)["description"] = "Other words."
    lead(document)["phoneNumber"]["description"] = "In E.164."


NOTHING = ""

#: As they are counted in the facts that were measured on the generator: the edit, and what the
#: sentence says about it, or NOTHING where all goes on as it was.
EDITS: dict[str, tuple[Edit, str]] = {
    "1 a new optional property of the lead": (
        lambda d: lead(d).update(language={"type": "string", "nullable": True}),
        "sent: language is new ('string or null'). What to do: a property of the body is an",
    ),
    "2 another operation": (
        lambda d: d["paths"].update(
            {
                "/v1/Inbound": {
                    "get": {"tags": ["Inbound"], "responses": {"200": {"description": "All."}}}
                }
            }
        ),
        NOTHING,
    ),
    "3 timeZoneId renamed": (
        lambda d: rename(lead(d), "timeZoneId", "timeZone"),
        "sent: timeZoneId is gone",
    ),
    "4 externalId required": (
        lambda d: schemas(d)["LeadToAddApi"]["required"].append("externalId"),
        "sent: externalId is 'required, string or null', and was 'string or null'",
    ),
    "5 a new property of the response": (
        lambda d: schemas(d)["LeadToAddResponseApi"]["properties"].update(
            addedAt={"type": "string", "format": "date-time"}
        ),
        "result: addedAt is new ('string date-time'). What to do: the `read` of its class",
    ),
    "6 a 401 with a body": (
        lambda d: response(d, "401", "application/json"),
        "responses: 401 is new ('application/json, ValidationProblemDetails')",
    ),
    "7 callData no longer nullable": (
        lambda d: lead(d)["callData"].pop("nullable"),
        "sent: callData is 'object of string', and was 'object of string or null'",
    ),
    "8 an operationId given": (lambda d: put(d).update(operationId="Outbound_AddLead"), NOTHING),
    "9 the tag renamed": (
        lambda d: put(d).update(tags=["Leads"]),
        "operation: it is 'nlpearl_api.api.leads.add_lead', and was",
    ),
    "10 the body required": (lambda d: put(d)["requestBody"].update(required=True), NOTHING),
    "11 the schema renamed": (
        rename_schema,
        "body: it is 'application/json, required, NewLeadApi', and was",
    ),
    "12 the path moved to v2": (
        lambda d: rename(d["paths"], PATH, PATH.replace("v1", "v2")),
        "openapi-overlay.yaml: the target",
    ),
    "13 the path parameter renamed": (rename_path_parameter, "openapi-overlay.yaml: the target"),
    "14 application/json listed first": (json_first, NOTHING),
    "15 200 become 201": (
        lambda d: rename(put(d)["responses"], "200", "201"),
        "responses: 200 is gone (it was 'application/json, LeadToAddResponseApi')",
    ),
    "16 a new required query parameter": (
        lambda d: put(d)["parameters"].append(
            {"name": "dryRun", "in": "query", "required": True, "schema": {"type": "boolean"}}
        ),
        "parameters: dryRun is new ('query, required, boolean'). What to do: the `send` of",
    ),
    "17 a description only": (describe_otherwise, NOTHING),
    "18 a 404 that is plain text and means it": (
        lambda d: response(d, "404", "text/plain"),
        "responses: 404 is new ('no content')",
    ),
    "19 security on the operation": (
        lambda d: put(d).update(security=[{"bearer_auth": []}]),
        NOTHING,
    ),
    "20 PUT become POST": (
        lambda d: rename(d["paths"][PATH], "put", "post"),
        "openapi-overlay.yaml: the target",
    ),
    "21 a default response": (
        lambda d: response(d, "default", "application/json"),
        "responses: default is new ('application/json, ValidationProblemDetails')",
    ),
    "22 a list of time zones": (add_enum, NOTHING),
    "23 another kind of key under the same name": (
        api_key,
        "security: it is 'bearer_auth, apiKey, header, X-Api-Key', and was 'bearer_auth, http,",
    ),
    "24 OpenAPI 3.1": (move_to_3_1, NOTHING),
    "25 one media type": (tidy_media_types, NOTHING),
}


def said_of(root: Path) -> list[str]:
    """What our checks say of the document there."""
    try:
        document = overlaid(root / "openapi.yaml", root / "openapi-overlay.yaml")
    except GenerateError as error:
        return [str(error)]
    return surprises(document)


def test_the_wrapper_knows_the_document() -> None:
    if said := said_of(ROOT):
        pytest.fail("\n\n".join(said), pytrace=False)  # pytest would cut an assertion's list


def test_all_that_does_not_fit_is_said_at_once_and_once(project: Path) -> None:
    def change(document: Document) -> None:
        lead(document).update(language={"type": "string"}, tone={"type": "string"})
        response(document, "401", "application/json")

    rewrite(project / "openapi.yaml", change)
    said = said_of(project)
    assert [re.split(r": | is new", sentence)[2] for sentence in said] == [
        "language",
        "tone",
        "401",
    ]
    assert all(sentence.endswith("Then run `make generate ACCEPT=1`.") for sentence in said)
    both = f"PUT {PATH}, POST /v2/Outbound/{{pearlId}}/Lead: sent: "
    assert all(sentence.startswith(both) for sentence in said[:2])
    assert all("nlpearl/client.py" in s and "nlpearl/leads/lead.py" in s for s in said[:2])
    assert all("nlpearl/calls/operations.py" in s and "CHANGELOG.md" in s for s in said[:2])


def test_every_action_that_does_not_fit_is_named_at_once(project: Path) -> None:
    def change(overlay: Document) -> None:
        gone = {"description": "It was there.", "remove": True}
        overlay["actions"] += [{"target": f"$.paths['/{name}']", **gone} for name in "ab"]

    rewrite(project / "openapi-overlay.yaml", change)
    [said] = said_of(project)
    assert [line.split(" matches")[0][-4:] for line in said.splitlines()] == ["/a']", "/b']"]


@pytest.mark.slow
def test_make_test_says_it_first_and_whole(project: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^test: known lint types check pytest ", makefile, re.MULTILINE)
    (project / "nlpearl" / "calls").mkdir()
    for path in (KNOWN, KNOWN.with_suffix(".py"), OPERATIONS):
        shutil.copy(path, project / path.relative_to(ROOT))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(project / "tools/known_spec.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert (run("--check").returncode, run("--check").stdout) == (0, "")
    document = json.loads((project / DOCUMENT).read_text(encoding="utf-8"))
    lead(document)["x"] = {"type": "object"}
    (project / DOCUMENT).write_text(json.dumps(document), encoding="utf-8")
    for arguments, code in [(["--check"], 1), ([], 0)]:  # make test; make generate
        done = run(*arguments)
        assert done.returncode == code
        assert "sent: x is new ('object'). What to do: a property of the body is " in done.stdout
        assert done.stdout.endswith("`make generate ACCEPT=1`.\n")
    assert run("--accept").stdout == ""
    assert (run("--check").returncode, run("--check").stdout) == (0, "")


# The vendor publishes what an action adds

LOOKUP = f"{PATH}/External/{{externalId}}"
PUBLISHED = f"""> ## Documentation Index
> Use this file to discover all available pages.

# Get Lead Via External Id

## OpenAPI

````yaml get {LOOKUP}
openapi: 3.0.1
info:
  title: NLPearl Client API
  version: v1
servers:
  - url: https://api.nlpearl.ai
security:
  - bearer_auth: []
paths:
  {LOOKUP}:
    get:
      tags: [Outbound]
      summary: Get Lead Via External Id
      parameters:
        - {{name: outboundId, in: path, required: true, schema: {{type: string}}}}
        - {{name: externalId, in: path, required: true, schema: {{type: string}}}}
      responses:
        '200':
          description: The lead.
          content:
            text/plain: {{schema: {{$ref: '#/components/schemas/LeadApiView'}}}}
            application/json: {{schema: {{$ref: '#/components/schemas/LeadApiView'}}}}
            text/json: {{schema: {{$ref: '#/components/schemas/LeadApiView'}}}}
        '400':
          description: Error
          content:
            application/json: {{schema: {{$ref: '#/components/schemas/ValidationProblemDetails'}}}}
components:
  schemas:
    LeadApiView:
      type: object
      required: [id, status, created, lastCall, collectedData]
      properties:
        id: {{type: string, nullable: true}}
        externalId: {{type: string, nullable: true}}
        phoneNumber: {{type: string, nullable: true}}
        timeZone: {{type: string, nullable: true}}
        status: {{$ref: '#/components/schemas/LeadStatus'}}
        created: {{type: string, format: date-time}}
        callsId: {{type: array, items: {{type: string}}, nullable: true}}
        lastCall: {{$ref: '#/components/schemas/CallApiView'}}
        callData: {{type: object, additionalProperties: {{type: string}}}}
        collectedData: {{type: object, additionalProperties: {{type: string}}}}
      additionalProperties: false
    CallApiView:
      type: object
      required: [status]
      properties:
        id: {{type: string}}
        startTime: {{type: string, format: date-time}}
        status: {{type: integer, format: int32, enum: [3, 4, 5, 6, 7, 8]}}
      additionalProperties: false
    LeadStatus:
      type: integer
      format: int32
      enum: [1, 10, 100]
    ValidationProblemDetails:
      type: object
      properties:
        type: {{type: string, nullable: true}}
        title: {{type: string, nullable: true}}
        status: {{type: integer, format: int32, nullable: true}}
        detail: {{type: string, nullable: true}}
        instance: {{type: string, nullable: true}}
        errors:
          type: object
          additionalProperties: {{type: array, items: {{type: string}}}}
          nullable: true
      additionalProperties: {{}}
  securitySchemes:
    bearer_auth: {{type: http, scheme: bearer}}
````
"""


def publish(project: Path) -> None:
    """Take the page, and delete the one action that adds the operation."""
    add_lead = project / "add-lead.md"
    block = (project / "openapi.yaml").read_text(encoding="utf-8")
    add_lead.write_text(f"````yaml\n{block}````\n", encoding="utf-8")
    published = project / "published.md"
    published.write_text(PUBLISHED, encoding="utf-8")
    spec.take([str(add_lead), str(published)], project)
    [said] = said_of(project)
    assert "the vendor's document has GET " in said
    assert "Delete that action, and nothing else" in said

    def delete(overlay: Document) -> None:
        adding = [a for a in overlay["actions"] if LOOKUP in a.get("update", {})]
        assert len(adding) == 1
        overlay["actions"].remove(adding[0])

    rewrite(project / "openapi-overlay.yaml", delete)


def test_when_the_vendor_publishes_the_lookup_one_action_goes(project: Path) -> None:
    publish(project)
    assert said_of(project) == []


FINDS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from nlpearl import NLPearl
from nlpearl_api.api.outbound import get_lead_by_external_id
from tests.servers import Server, response, responses

lead = {"id": "x", "status": 999, "created": None, "lastCall": None, "callData": None,
        "collectedData": None, "more": 1}
with Server(responses(response(200, json.dumps(lead).encode()))) as server:
    with NLPearl("a:b", base_url=server.url) as client:
        print(client.find_lead("67d4", "y").status)
        found = client.operation(get_lead_by_external_id)("67d4", "y")
        print(found.status, found.created, found.last_call)
"""


@pytest.mark.slow
def test_a_lead_of_any_form_is_read(project: Path) -> None:
    publish(project)
    works(project)
    environment = {**os.environ, "PYTHONPATH": f"{project}:{project / 'generated'}"}
    done = subprocess.run(
        [sys.executable, "-c", FINDS, str(ROOT / "tests" / "..")],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("999\n999 None None\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_the_document_is_harmless_or_says_what_to_do(edit: str, project: Path) -> None:
    change, expected = EDITS[edit]
    rewrite(project / "openapi.yaml", change)
    said = said_of(project)
    if expected:
        assert any(expected in sentence for sentence in said), said
        for sentence in said:
            assert re.search(r"\w+\.(py|yaml)\b", sentence), "it names the file"
            assert "What to do: " in sentence or "fix the target" in sentence
    else:
        assert said == []
        works(project)


ADDS = """
import asyncio
from nlpearl import AsyncNLPearl, NLPearl, BadRequestError
from nlpearl.sandbox import Sandbox

LEAD = dict(external_id="1", time_zone="Europe/Rome", call_data={"a": 1})

async def main(sandbox):
    async with AsyncNLPearl(sandbox.api_key, base_url=sandbox.url) as client:
        await client.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123", **LEAD)

with Sandbox() as sandbox:
    with NLPearl(sandbox.api_key, base_url=sandbox.url) as client:
        client.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123", **LEAD)
        sandbox.inject_fault(status=400)
        try:
            client.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123")
        except BadRequestError:
            print("rejected")
    asyncio.run(main(sandbox))
    print(len(sandbox.leads))
"""


def works(project: Path) -> None:
    """Generated from its own document, with the wrapper as it is."""
    environment = {**os.environ, "PYTHONPATH": f"{project}:{project / 'generated'}"}
    subprocess.run(
        [sys.executable, project / "tools/generate.py"], cwd=project, check=True, env=environment
    )
    shutil.copytree(
        ROOT / "nlpearl",
        project / "nlpearl",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("openapi.json", "__pycache__"),
    )
    done = subprocess.run(
        [sys.executable, "-c", ADDS],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("rejected\n2\n", "")


OTHERS: list[tuple[Edit, str]] = [
    (
        lambda d: d.update(paths={"/v2/Lead": d["paths"][PATH]}),
        "is not in the document any more. What to do: if it moved, fix the path",
    ),
    (
        lambda d: put(d).update(security=[]),
        "security: it is '', and was 'bearer_auth, http, bearer'",
    ),
    (
        lambda d: put(d)["requestBody"]["content"].pop("application/json"),
        "body: it is 'no content', and was",
    ),
    (
        lambda d: schemas(d)["ValidationProblemDetails"]["properties"].pop("errors"),
        "problem: errors is gone",
    ),
    (
        lambda d: lead(d)["phoneNumber"].update(pattern="^[+]"),
        "sent: phoneNumber is 'required, string, minLength 1, pattern ^[+]', and was",
    ),
    (
        lambda d: schemas(d)["ValidationProblemDetails"]["properties"]["errors"].update(
            additionalProperties={"type": "array"}
        ),
        "problem: errors is 'object of array of anything or null', and was",
    ),
]


@pytest.mark.parametrize(("change", "expected"), OTHERS)
def test_other_changes_of_the_overlaid_document_are_seen(change: Edit, expected: str) -> None:
    document = overlaid(ROOT / "openapi.yaml", ROOT / "openapi-overlay.yaml")
    document = json.loads(json.dumps(document))
    change(document)
    assert any(expected in sentence for sentence in surprises(document)), surprises(document)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": ["string", "integer"]}, "['string', 'integer']"),
        ({"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]}, "Item or null"),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, "integer or null"),
        ({"oneOf": [{"type": "integer"}]}, "integer"),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "anything"),
    ],
)
def test_null_of_3_1_is_told_as_that_of_3_0(schema: Document, words: str) -> None:
    assert kind(schema) == words


def test_the_items_of_an_array_are_described() -> None:
    response = {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}
    document: Document = {
        "components": {"schemas": {"Item": {"properties": {"id": {"type": "string"}}}}},
    }
    operation: Document = {
        "responses": {"200": {"description": "All.", "content": {"application/json": response}}}
    }
    said = describe(document, operation)
    assert said["responses"] == {"200": "application/json, array of Item"}
    assert said["result"] == {"id": "string"}
    assert said["operation"] == "nlpearl_api.api.default.none"


def test_what_is_known_is_what_the_wrapper_uses_as_make_generate_writes_it() -> None:
    document = overlaid(ROOT / "openapi.yaml", ROOT / "openapi-overlay.yaml")
    source = OPERATIONS.read_text(encoding="utf-8")
    known = remembered(document, {}, source)
    assert known.keys() >= {f"PUT {PATH}", f"GET {PATH}/External/{{externalId}}"}
    written = HEADER + yaml.safe_dump(known, sort_keys=False)
    assert KNOWN.read_text(encoding="utf-8") == written, "run make generate ACCEPT=1"


def test_what_is_known_stays_until_it_is_accepted() -> None:
    document = overlaid(ROOT / "openapi.yaml", ROOT / "openapi-overlay.yaml")
    source = "from nlpearl_api.api.outbound import add_lead\nimport nlpearl_api\nfrom . import x\n"
    gone: Document = {"GET /v1/Gone": {"sent": {}}, f"PUT {PATH}": {"sent": {"then": "string"}}}
    assert remembered(document, dict(gone), source) == gone
    assert list(remembered(document, {}, source)) == [f"PUT {PATH}"]


def test_every_property_of_a_lead_is_known_to_the_errors() -> None:
    names: set[str] = set()
    for call in (f"PUT {PATH}", "POST /v2/Outbound/{pearlId}/Lead"):
        known = read()[call]
        assert known.keys() == ADVICE.keys()
        names |= {*known["sent"], *known["parameters"]}
    assert {name.lower() for name in names} == AddLead.arguments.keys()
