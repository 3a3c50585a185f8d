"""`make spec`: the vendor's pages become openapi.yaml, or nothing happens and it says why."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import spec
from tools.generate import ROOT
from tools.spec import SpecError

from .servers import Connection, Request, Server, replying, response

BLOCK = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
PAGE = f"""> ## Documentation Index
> Use this file to discover all available pages.

# Add Lead

> Adds a new lead to a specified outbound

## OpenAPI

````yaml put /v1/Outbound/{{outboundId}}/Lead
{BLOCK}````

```json
{{"leadId": "67d42f167f3c392c6d7a2d41"}}
```
"""

#: Another page of the kind: another operation, some components in common.
OTHER: dict[str, Any] = yaml.safe_load(BLOCK)
OTHER["paths"] = {
    "/v1/Outbound": {
        "get": {"tags": ["Outbound"], "responses": {"200": {"description": "The outbounds."}}}
    },
    "/v1/Outbound/{outboundId}/Lead": {
        "delete": {
            "parameters": [
                {"name": "outboundId", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "Gone."}},
        }
    },
}
OTHER["components"]["schemas"]["OutboundApi"] = {"type": "object"}


Edit = Callable[[dict[str, Any]], object]


def page_of(document: dict[str, Any]) -> str:
    return f"# Page\n\n```yaml\n{yaml.safe_dump(document, sort_keys=False)}```\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(BLOCK, encoding="utf-8")
    return tmp_path


def write(root: Path, text: str, name: str = "page.md") -> str:
    path = root / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_one_page_gives_its_block_character_for_character(root: Path) -> None:
    (root / "openapi.yaml").unlink()
    source = write(root, PAGE)
    assert "+openapi: 3.0.1" in spec.take([source], root)
    assert (root / "openapi.yaml").read_text(encoding="utf-8") == BLOCK
    origin = json.loads((root / "openapi-origin.json").read_text(encoding="utf-8"))
    assert origin["pages"] == [source]
    assert origin["read"].endswith("+00:00")
    assert origin["sha256"] == hashlib.sha256(BLOCK.encode()).hexdigest()
    assert spec.take([source], root) == "Nothing has changed."
    assert not list(root.glob("*.new"))


def test_a_change_is_shown_without_the_descriptions(root: Path) -> None:
    document = yaml.safe_load(BLOCK)
    lead = document["components"]["schemas"]["LeadToAddApi"]["properties"]
    lead["phoneNumber"]["description"] = "Other words."
    said = spec.take([write(root, page_of(document))], root)
    assert said == "Only descriptions have changed."
    lead["language"] = {"type": "string", "description": "More words."}
    said = spec.take([write(root, page_of(document))], root)
    assert "+        language:\n+          type: string" in said
    assert "words" not in said


def test_a_property_that_is_called_description_is_not_a_description() -> None:
    schema = {"properties": {"description": {"type": "string"}}, "description": "words"}
    assert spec.without_words(schema) == {"properties": {"description": {"type": "string"}}}


def test_several_pages_are_united(root: Path) -> None:
    (root / "pages").mkdir()
    write(root / "pages", PAGE, "b.md")
    write(root / "pages", page_of(OTHER), "a.md")
    write(root / "pages", "no Markdown", "notes.txt")
    spec.take([str(root / "pages")], root)
    document = yaml.safe_load((root / "openapi.yaml").read_text(encoding="utf-8"))
    assert list(document["paths"]) == ["/v1/Outbound", "/v1/Outbound/{outboundId}/Lead"]
    assert list(document["paths"]["/v1/Outbound/{outboundId}/Lead"]) == ["delete", "put"]
    assert len(document["components"]["schemas"]) == 4
    assert document["info"] == yaml.safe_load(BLOCK)["info"]
    origin = json.loads((root / "openapi-origin.json").read_text(encoding="utf-8"))
    assert [Path(page).name for page in origin["pages"]] == ["a.md", "b.md"]


def other(change: Edit) -> str:
    document = yaml.safe_load(yaml.safe_dump(OTHER))
    change(document)
    return page_of(document)


CONFLICTS: list[tuple[Edit, str, str, str]] = [
    (
        lambda d: d["components"]["schemas"]["LeadToAddApi"].pop("required"),
        "components schemas LeadToAddApi",
        "-required:",
        " type: object",
    ),
    (
        lambda d: d["paths"]["/v1/Outbound/{outboundId}/Lead"].update(
            put={**d["paths"]["/v1/Outbound/{outboundId}/Lead"]["delete"], "summary": "Other"}
        ),
        "paths /v1/Outbound/{outboundId}/Lead put",
        "-requestBody:",
        "+  '200': {}",
    ),
    (
        lambda d: d["servers"][0].update(url="https://eu.nlpearl.ai"),
        "servers",
        "-- url: https://api.nlpearl.ai",
        "url: https://eu.nlpearl.ai",
    ),
]


@pytest.mark.parametrize(
    ("change", "what", "was", "now"), CONFLICTS, ids=["schema", "operation", "server"]
)
def test_what_two_pages_say_differently_is_an_error_that_shows_both(
    root: Path, change: Edit, what: str, was: str, now: str
) -> None:
    pages = [write(root, PAGE, "a.md"), write(root, other(change), "b.md")]
    with pytest.raises(SpecError) as raised:
        spec.take(pages, root)
    said = str(raised.value)
    assert f"b.md: {what} is another one than in {pages[0]}. Leave one of" in said
    assert was in said
    assert now in said
    assert (root / "openapi.yaml").read_text(encoding="utf-8") == BLOCK


def test_words_alone_do_not_make_two_pages_differ(root: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["LeadToAddApi"]["description"] = "Other words."
        document["info"]["title"] = "Another title"

    spec.take([write(root, PAGE, "a.md"), write(root, other(change), "b.md")], root)
    document = yaml.safe_load((root / "openapi.yaml").read_text(encoding="utf-8"))
    assert "description" not in document["components"]["schemas"]["LeadToAddApi"]
    assert document["info"]["title"] == "NLPearl Client API"


# Two versions of the API

#: As the vendor publishes v2: no word on the path's parameters and on the body, callData not null,
#: and one more schema that refers to the lead.
ADD_LEADS = """> ## Documentation Index
> Use this file to discover all available pages.

# Add Leads

## OpenAPI

````yaml post /v2/Outbound/{pearlId}/Leads/Add
openapi: 3.0.1
info:
  title: NLPearl Client API
  version: v2
servers:
  - url: https://api.nlpearl.ai
    description: Production Environement
security:
  - bearer_auth: []
paths:
  /v2/Outbound/{pearlId}/Leads/Add:
    post:
      tags: [Outbound]
      parameters:
        - {name: pearlId, in: path, required: true, schema: {type: string}}
      requestBody:
        content:
          application/json:
            schema:
              allOf: [{$ref: '#/components/schemas/LeadsToAddApi'}]
      responses:
        '200':
          description: All leads were added successfully.
          content:
            text/plain: {schema: {type: boolean}}
            application/json: {schema: {type: boolean}}
        '400':
          description: Some leads could not be added.
          content:
            application/json: {schema: {$ref: '#/components/schemas/ValidationProblemDetails'}}
components:
  schemas:
    LeadsToAddApi:
      type: object
      properties:
        leads: {type: array, items: {$ref: '#/components/schemas/LeadToAddApi'}, nullable: true}
      additionalProperties: false
    LeadToAddApi:
      required: [phoneNumber]
      type: object
      properties:
        phoneNumber: {minLength: 1, type: string}
        externalId: {type: string, nullable: true}
        timeZoneId: {type: string, nullable: true}
        callData: {type: object, additionalProperties: {type: string}, description: "Other words."}
      additionalProperties: false
    ValidationProblemDetails:
      type: object
      description: Other words.
      properties:
        type: {type: string, nullable: true}
        title: {type: string, nullable: true}
        status: {type: integer, format: int32, nullable: true}
        detail: {type: string, nullable: true}
        instance: {type: string, nullable: true}
        errors:
          type: object
          additionalProperties: {type: array, items: {type: string}}
          nullable: true
      additionalProperties: {}
  securitySchemes:
    bearer_auth: {type: http, scheme: bearer, description: Other words.}
````
"""


def v2(change: Edit = lambda _: None) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(spec.parse("v2", ADD_LEADS).block)
    change(document)
    return document


@pytest.mark.parametrize("order", [1, -1])
def test_pages_of_both_versions_are_united(root: Path, order: int) -> None:
    pages = [write(root, PAGE, "a.md"), write(root, ADD_LEADS, "b.md")][::order]
    spec.take(pages, root)
    document = yaml.safe_load((root / "openapi.yaml").read_text(encoding="utf-8"))
    assert document["info"] == spec.parse("", [PAGE, ADD_LEADS][::order][0]).document["info"]
    assert sorted(document["paths"]) == [
        "/v1/Outbound/{outboundId}/Lead",
        "/v2/Outbound/{pearlId}/Leads/Add",
    ]
    schemas = document["components"]["schemas"]
    first = yaml.safe_load(BLOCK)["components"]["schemas"]
    assert sorted(schemas) == [
        "LeadToAddApi",
        "LeadToAddApiV2",
        "LeadToAddResponseApi",
        "LeadsToAddApi",
        "ValidationProblemDetails",
    ]
    assert {name: schemas[name] for name in first} == first
    assert "nullable" not in schemas["LeadToAddApiV2"]["properties"]["callData"]
    items = schemas["LeadsToAddApi"]["properties"]["leads"]["items"]
    assert items == {"$ref": "#/components/schemas/LeadToAddApiV2"}


def test_what_refers_to_another_component_is_another_one_itself(root: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        holder = {"properties": {"lead": {"$ref": "#/components/schemas/LeadToAddApi"}}}
        document["components"]["schemas"]["Holder"] = {"type": "object", **holder}
        document["components"]["schemas"]["Alike"] = {
            "type": "object",
            "description": document["info"]["version"],
        }

    pages = [write(root, other(add), "a.md"), write(root, page_of(v2(add)), "b.md")]
    spec.take(pages, root)
    schemas = yaml.safe_load((root / "openapi.yaml").read_text(encoding="utf-8"))["components"][
        "schemas"
    ]
    assert {"Holder", "HolderV2", "Alike"} <= schemas.keys()
    assert "AlikeV2" not in schemas
    holder = schemas["HolderV2"]["properties"]["lead"]
    assert holder == {"$ref": "#/components/schemas/LeadToAddApiV2"}


def test_a_difference_within_one_version_is_refused_with_both_pages(root: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        lead = document["components"]["schemas"]["LeadToAddApi"]["properties"]
        lead["callData"]["nullable"] = True
        document["paths"] = {"/v2/{pearlId}": document["paths"]["/v2/Outbound/{pearlId}/Leads/Add"]}

    a, b, c = (
        write(root, text, name)
        for text, name in [(PAGE, "a.md"), (ADD_LEADS, "b.md"), (page_of(v2(change)), "c.md")]
    )
    with pytest.raises(SpecError) as raised:
        spec.take([a, b, c], root)
    assert str(raised.value).startswith(
        f"{c}: components schemas LeadToAddApi is another one than in {b}. Leave one of the pages "
        "out, or ask the vendor which is right:\n"
    )
    assert "+    nullable: true" in str(raised.value)


def test_a_security_scheme_of_one_name_is_the_same_in_all_versions(root: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
        document["components"]["securitySchemes"]["bearer_auth"] = scheme

    pages = [write(root, PAGE, "a.md"), write(root, page_of(v2(change)), "b.md")]
    with pytest.raises(SpecError, match="components securitySchemes bearer_auth is another one"):
        spec.take(pages, root)


def test_a_page_of_v2_alone_would_lose_v1(root: Path) -> None:
    source = write(root, ADD_LEADS)
    with pytest.raises(SpecError) as raised:
        spec.take([source], root)
    assert str(raised.value) == (
        f"{source}: no operation of v1 is left, and openapi.yaml has some: pass their pages, too; "
        "if the vendor has withdrawn them, delete openapi.yaml first"
    )
    (root / "openapi.yaml").unlink()
    spec.take([source], root)
    assert "/v2/Outbound/{pearlId}/Leads/Add" in (root / "openapi.yaml").read_text()


def without(page: str, start: str, end: str) -> str:
    return page[: page.index(start)] + page[page.index(end) :]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            without(PAGE, "    ValidationProblemDetails:", "  securitySchemes:"),
            "it is cut short: #/components/schemas/ValidationProblemDetails is referred to, and",
        ),
        (
            without(PAGE, "components:", "````\n\n```json"),
            "it is cut short: #/components/schemas/LeadToAddApi is referred to, and missing",
        ),
        (
            without(PAGE, "  securitySchemes:", "````\n\n```json"),
            "it is cut short: the security scheme bearer_auth is missing",
        ),
        (
            PAGE.replace("#/components/schemas/LeadToAddApi'", "https://x.example/a.yaml#/Lead'"),
            "it refers to another document, https://x.example/a.yaml#/Lead, and so is not a page",
        ),
        ("", "it is empty"),
        (" \n\n", "it is empty"),
        ("<!DOCTYPE html>\n<html></html>", "it is HTML; the vendor's Markdown has .md"),
        ("\n<html lang=en>", "it is HTML"),
        ("# Add Lead\n\nWords.\n", "it has 0 blocks with an OpenAPI document, not one"),
        ("```yaml\nswagger: '2.0'\n```\n", "it has 0 blocks"),
        (PAGE + PAGE, "it has 2 blocks"),
        (PAGE[: PAGE.index("components:")], "it is truncated: a fenced block is not closed"),
        (PAGE[: PAGE.index("\nopenapi:")], "it is truncated"),
        ("```yaml\nopenapi: [3.0.1\n```\n", "its OpenAPI document is not valid YAML"),
        ("```yaml\nopenapi:\n```\n", "of version None, not 3.0 or 3.1"),
        ("```yaml\nopenapi: 3.2.0\n```\n", "of version '3.2.0', not 3.0 or 3.1"),
        ("```yaml\nopenapi: 3.0.1\ninfo: {}\n```\n", "it is not valid OpenAPI 3.0.1"),
        ("```yaml\nopenapi: 3.1.0\ninfo: {}\n```\n", "it is not valid OpenAPI 3.1.0"),
        ("x" * (spec.MAX_PAGE + 1), "it is over 5 MiB"),
    ],
)
def test_an_invalid_page_changes_nothing_and_says_why(root: Path, text: str, said: str) -> None:
    source = write(root, text)
    with pytest.raises(SpecError) as raised:
        spec.take([source], root)
    assert str(raised.value).startswith(f"{source}: ")
    assert said in str(raised.value)
    assert (root / "openapi.yaml").read_text(encoding="utf-8") == BLOCK
    assert not (root / "openapi-origin.json").exists()


def test_a_page_that_is_missing_or_no_text_says_so(root: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.md: No such file or directory"):
        spec.take([str(root / "none.md")], root)
    (root / "folder").mkdir()
    with pytest.raises(SpecError, match=r"folder: there is no \.md file in this folder"):
        spec.take([str(root / "folder")], root)
    (root / "page.md").write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match=r"page\.md: it is not UTF-8"):
        spec.take([str(root / "page.md")], root)


def serving(paths: dict[str, bytes]) -> Server:
    def reply(request: Request) -> bytes:
        return paths.get(request.target, response(404, b""))

    return Server(replying(reply))


def moved(there: str) -> bytes:
    return response(302, b"", {"Location": there})


def test_a_page_comes_from_an_address_also_where_it_moved_on_the_same_host(root: Path) -> None:
    page = response(200, PAGE.encode(), content_type="text/markdown")
    with serving({"/old.md": moved("/new.md"), "/new.md": page}) as server:
        assert spec.take([f"{server.url}/old.md"], root) == "Nothing has changed."
    origin = json.loads((root / "openapi-origin.json").read_text(encoding="utf-8"))
    assert origin["pages"] == [f"{server.url}/old.md"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (response(404, b""), "the server says 404"),
        (response(200, b""), "it is empty"),
        (response(200, b"<html></html>"), "it is HTML"),
        (moved("https://example.com/page.md"), "redirects to another host, https://example.com"),
        (moved("http://localhost/page.md"), "is not https"),
        (moved("/page.md"), "it redirects more than 5 times"),
        (response(200, b"x" * (spec.MAX_PAGE + 1)), "it is over 5 MiB"),
        (response(200, PAGE.encode(), {"Content-Length": str(len(PAGE) + 9)}), "incomplete"),
        (b"\x00garbage\r\n\r\n", "page.md: "),
    ],
)
def test_an_address_that_gives_no_page_changes_nothing(root: Path, given: bytes, said: str) -> None:
    def script(connection: Connection) -> None:
        for _ in range(6):
            connection.read_request()
            connection.send(given)
            if said == "incomplete":
                return

    with Server(script) as server, pytest.raises(SpecError) as raised:
        spec.take([f"{server.url}/page.md"], root)
    assert str(raised.value).startswith(f"{server.url}/page.md: ")
    assert said in str(raised.value) or "closed" in str(raised.value)
    assert (root / "openapi.yaml").read_text(encoding="utf-8") == BLOCK


def test_plain_http_is_refused(root: Path) -> None:
    with pytest.raises(SpecError, match=r"http://developers\.nlpearl\.ai/a\.md is not https"):
        spec.take(["http://developers.nlpearl.ai/a.md"], root)


def test_the_command_says_what_to_do_next_and_what_went_wrong(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "spec.py").write_bytes((ROOT / "tools" / "spec.py").read_bytes())

    def run(page: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(tmp_path / "tools" / "spec.py"), page],
            capture_output=True,
            text=True,
            check=False,
        )

    done = run(write(tmp_path, PAGE))
    assert done.returncode == 0
    assert done.stdout.endswith("what to do where they fail.\n")
    assert (tmp_path / "openapi.yaml").read_text(encoding="utf-8") == BLOCK
    done = run("none.md")
    assert done.returncode == 1
    assert done.stderr == "error: none.md: No such file or directory\nopenapi.yaml is as it was.\n"


def test_the_default_is_the_page_of_add_lead() -> None:
    assert spec.PAGES == ["https://developers.nlpearl.ai/api-reference/v1/outbound/add-lead.md"]
    origin = json.loads((ROOT / "openapi-origin.json").read_text(encoding="utf-8"))
    assert origin["pages"] == spec.PAGES
