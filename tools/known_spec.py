"""What the wrapper relies on in the overlaid document, and what to do where it is not so any more.

    python tools/known_spec.py             write down the operations that are new    (make generate)
    python tools/known_spec.py --accept    write down all of them as they are now    (… ACCEPT=1)
    python tools/known_spec.py --check     fail if something is not as it was        (make test)

The first and the last print every surprise, whole, before anything else can hide it.

tools/known_spec.yaml is what was written down of the operations that calls/operations.py uses;
`surprises` compares a document with it. An operation that the wrapper does not use does not count.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml
from openapi_python_client.strings import snake_case

ROOT = Path(__file__).resolve().parent.parent
KNOWN = Path(__file__).with_suffix(".yaml")
DOCUMENT = ROOT / "nlpearl/sandbox/openapi.json"
OPERATIONS = ROOT / "nlpearl/calls/operations.py"

HEADER = """\
# What the wrapper relies on in the overlaid document. Written by `make generate`: do not edit.
# Where the document says something else, a test fails with a sentence that says what to do
# (tools/known_spec.py); once that is done, `make generate ACCEPT=1` writes this again.
"""

#: For each part of known_spec.yaml: what to do when the document says something else there.
ADVICE = {
    "operation": "nlpearl/calls/operations.py imports the generated module by tag and operationId: "
    "fix the import, or keep the old name by an action in openapi-overlay.yaml",
    "security": "nlpearl/http/settings.py (Signer) writes the Authorization header, and "
    "nlpearl/sandbox/contract.py reads it: fix both",
    "parameters": "the `send` of its class in nlpearl/calls/operations.py passes the path's "
    "variables to the generated function: fix that call; a new one becomes an argument of the "
    "method in nlpearl/client.py",
    "body": "nlpearl/calls/operations.py makes the body from the class of this schema, and sends "
    "it as this type: fix the `send` of its class, or correct the document in openapi-overlay.yaml",
    "sent": "a property of the body is an argument of the method in nlpearl/client.py, and a field "
    "in nlpearl/leads/lead.py: add it there and to its class in nlpearl/calls/operations.py (what "
    "is sent, `arguments`); if it became required, has another type or is gone, say so in "
    "CHANGELOG.md",
    "responses": "nlpearl/calls/responses.py decides by the status, so no call breaks: see that "
    "nlpearl/errors.py has the class for it, and that the table in docs/guides/failures.md names "
    "it; a `default` makes the generated parser read every status, so see "
    "tests/test_bad_responses.py",
    "result": "the `read` of its class in nlpearl/calls/operations.py makes the result of it, a "
    "class of nlpearl/leads/results.py: fix them",
    "problem": "nlpearl/calls/responses.py reads title, detail and errors of a problem: fix it",
}


def surprises(document: dict[str, Any]) -> list[str]:
    """A sentence for each difference from known_spec.yaml: where it is, and what to do."""
    gone: list[str] = []
    calls: dict[tuple[str, str], list[str]] = {}
    for call, known in read().items():
        method, path = call.split()
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            gone.append(
                f"{call} is not in the document any more. What to do: if it moved, fix the path or "
                "method in openapi-overlay.yaml and nlpearl/sandbox/platform.py, run make "
                "generate, and see what mypy says of nlpearl/calls/operations.py; until then, do "
                "not release"
            )
            continue
        said = describe(document, operation)
        for part in ADVICE:
            for what in differences(known[part], said[part]):
                calls.setdefault((part, what), []).append(call)
    return gone + [
        f"{', '.join(where)}: {part}: {what}. What to do: {ADVICE[part]}. Then run "
        "`make generate ACCEPT=1`."
        for (part, what), where in calls.items()
    ]


def read() -> dict[str, Any]:
    known: dict[str, Any] = yaml.safe_load(KNOWN.read_text(encoding="utf-8")) or {}
    return known


def remembered(document: dict[str, Any], known: dict[str, Any], source: str) -> dict[str, Any]:
    """What is known, and what `source`, which uses generated modules, relies on besides."""
    used = set(modules(source))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if module(operation) in used:
                known.setdefault(f"{method.upper()} {path}", describe(document, operation))
    return known


def modules(source: str) -> Iterator[str]:
    """The generated modules of operations that a Python source imports, such as
    ``outbound.add_lead``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nlpearl_api.api."):
            tag = str(node.module).removeprefix("nlpearl_api.api.")
            yield from (f"{tag}.{each.name}" for each in node.names)


def module(operation: dict[str, Any]) -> str:
    """The generated module of an operation, as openapi-python-client names it."""
    tag = (operation.get("tags") or ["default"])[0]
    return f"{snake_case(tag)}.{snake_case(str(operation.get('operationId')))}"


def differences(known: object, said: object) -> Iterator[str]:
    if not isinstance(known, dict) or not isinstance(said, dict):
        if known != said:
            yield f"it is {said!r}, and was {known!r}"
        return
    old, new = cast(dict[str, str], known), cast(dict[str, str], said)
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"{name} is gone (it was {old[name]!r})"
        elif name not in old:
            yield f"{name} is new ({new[name]!r})"
        elif old[name] != new[name]:
            yield f"{name} is {new[name]!r}, and was {old[name]!r}"


def describe(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, object]:
    """An operation in the words of known_spec.yaml."""
    body = operation.get("requestBody", {})
    responses = operation["responses"]
    sent = content_of(body)
    security = operation.get("security", document.get("security", []))
    return {
        "operation": f"nlpearl_api.api.{module(operation)}",
        "security": "; ".join(scheme(document, name) for way in security for name in way),
        "parameters": {
            each["name"]: ", ".join(
                [each["in"], *["required"] * each.get("required", False), kind(each["schema"])]
            )
            for each in operation.get("parameters", [])
        },
        "body": words(sent, required=body.get("required", False)),
        "sent": properties(document, sent),
        "responses": {status: words(content_of(each)) for status, each in responses.items()},
        "result": properties(document, content_of(responses.get("200", {}))),
        "problem": properties(document, content_of(responses.get("400", {}))),
    }


def scheme(document: dict[str, Any], name: str) -> str:
    """A security scheme in words: its name, and what has to be sent."""
    said = document["components"].get("securitySchemes", {}).get(name, {})
    return ", ".join(
        [name, *(str(said[key]) for key in ("type", "scheme", "in", "name") if key in said)]
    )


def content_of(part: dict[str, Any]) -> dict[str, str]:
    """Media types to the names of their schemas."""
    return {media: kind(each["schema"]) for media, each in part.get("content", {}).items()}


def words(content: dict[str, str], *, required: bool = False) -> str:
    shown = [f"{media}, {name}" for media, name in content.items()]
    if required:
        shown = [each.replace(", ", ", required, ", 1) for each in shown]
    return "; ".join(shown) or "no content"


def properties(document: dict[str, Any], content: dict[str, str]) -> dict[str, str]:
    """The properties of the schema that this content has, or an array of it, each in words."""
    name = next(iter(content.values()), "").removeprefix("array of ")
    schema = document["components"]["schemas"].get(name, {})
    required = schema.get("required", [])
    return {
        name: ", ".join([*["required"] * (name in required), kind(each)])
        for name, each in schema.get("properties", {}).items()
    }


def kind(schema: dict[str, Any]) -> str:
    """A schema in words; of a reference, or of one alone in allOf, its name."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if len(schema.get("allOf", [])) == 1:
        return kind(schema["allOf"][0])
    schema = as_in_3_0(schema)
    if len(schema.get("oneOf", [])) == 1:
        return kind(schema["oneOf"][0]) + " or null" * bool(schema.get("nullable"))
    said = " ".join(str(schema[key]) for key in ("type", "format") if key in schema) or "anything"
    if said == "object" and schema.get("additionalProperties"):
        said += f" of {kind(schema['additionalProperties'])}"
    if said == "array":
        said += f" of {kind(schema.get('items', {}))}"
    if schema.get("nullable"):
        said += " or null"
    limits = {k: schema[k] for k in ("minLength", "maxLength", "pattern", "enum") if k in schema}
    return ", ".join([said, *(f"{name} {value}" for name, value in limits.items())])


def as_in_3_0(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of OpenAPI 3.1 that may be null, as 3.0 says so."""
    for name in ("type", "anyOf", "oneOf"):
        if not isinstance(schema.get(name), list):
            continue
        choices: list[object] = schema[name]
        left = [each for each in choices if each not in ("null", {"type": "null"})]
        if len(left) == 1 < len(choices):
            rest = {key: value for key, value in schema.items() if key != name}
            choice: dict[str, object] = {"type": left[0]} if name == "type" else {"oneOf": left}
            return {**rest, **choice, "nullable": True}
    return schema


def main(arguments: list[str]) -> int:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    if "--accept" not in arguments:
        found = surprises(document)
        print("\n\n".join(found), end="\n" if found else "")
        if "--check" in arguments:
            return 1 if found else 0
    known = {} if "--accept" in arguments else read()
    known = remembered(document, known, OPERATIONS.read_text(encoding="utf-8"))
    KNOWN.write_text(HEADER + yaml.safe_dump(known, sort_keys=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
