"""What the facade relies on, held against the document; and twenty-one edits that a vendor might
make, each of which either changes nothing for us or is met with a sentence that says what to do."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlpearl.calls.operations import AddLead
from tools.generate import ROOT, GenerateError, overlaid
from tools.known_spec import (
    ADVICE,
    HEADER,
    KNOWN,
    OPERATIONS,
    describe,
    read,
    remembered,
    surprises,
)

from .test_generate import project, rewrite

__all__ = ["project"]

Document = dict[str, Any]
Edit = Callable[[Document], object]

PATH = "/v1/Outbound/{outboundId}/Lead"


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
    for answer in put(document)["responses"].values():
        content = answer["content"]
        content.update({"text/plain": content.pop("text/plain")})


def rename_schema(document: Document) -> None:
    rename(schemas(document), "LeadToAddApi", "NewLeadApi")
    for media in put(document)["requestBody"]["content"].values():
        media["schema"]["allOf"][0]["$ref"] = "#/components/schemas/NewLeadApi"


def rename_path_parameter(document: Document) -> None:
    rename(document["paths"], PATH, "/v1/Outbound/{id}/Lead")
    document["paths"]["/v1/Outbound/{id}/Lead"]["put"]["parameters"][0]["name"] = "id"


def answer(document: Document, status: str, media: str) -> None:
    content = {media: {"schema": {"$ref": "#/components/schemas/ValidationProblemDetails"}}}
    put(document)["responses"][status] = {"description": "New.", "content": content}


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
                "/v1/Outbound": {
                    "get": {"tags": ["Outbound"], "responses": {"200": {"description": "All."}}}
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
    "5 a new property of the answer": (
        lambda d: schemas(d)["LeadToAddResponseApi"]["properties"].update(
            created={"type": "string", "format": "date-time"}
        ),
        "result: created is new ('string date-time'). What to do: the `read` of its class",
    ),
    "6 a 401 with a body": (
        lambda d: answer(d, "401", "application/json"),
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
        lambda d: answer(d, "404", "text/plain"),
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
    "21 a default answer": (
        lambda d: answer(d, "default", "application/json"),
        "responses: default is new ('application/json, ValidationProblemDetails')",
    ),
}


def said_of(root: Path) -> list[str]:
    """What our checks say of the document there."""
    try:
        document = overlaid(root / "openapi.yaml", root / "openapi-overlay.yaml")
    except GenerateError as error:
        return [str(error)]
    return surprises(document)


def test_the_facade_knows_the_document() -> None:
    assert said_of(ROOT) == []


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
    """Generated from its own document, with the facade as it is."""
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
    (lambda d: put(d).update(security=[]), "security: it is '', and was 'bearer_auth'"),
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


def test_the_items_of_an_array_are_described() -> None:
    answer = {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}
    document: Document = {
        "components": {"schemas": {"Item": {"properties": {"id": {"type": "string"}}}}},
    }
    operation: Document = {
        "responses": {"200": {"description": "All.", "content": {"application/json": answer}}}
    }
    said = describe(document, operation)
    assert said["responses"] == {"200": "application/json, array of Item"}
    assert said["result"] == {"id": "string"}
    assert said["operation"] == "nlpearl_api.api.default.none"


def test_what_is_known_is_what_the_facade_uses_as_make_generate_writes_it() -> None:
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
