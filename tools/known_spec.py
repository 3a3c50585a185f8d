"""What the facade relies on in the overlaid document, and what to do where it is not so any more.

    python tools/known_spec.py "GET /v1/Outbound"     an operation in the words of the YAML file

tools/known_spec.yaml says what that is; `surprises` compares a document with it. What the facade
does not use, such as another operation, is no surprise: it is to be had from `NLPearl.low_level`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

KNOWN = Path(__file__).with_suffix(".yaml")
DOCUMENT = Path(__file__).parent.parent / "nlpearl/sandbox/openapi.json"

#: For each part of known_spec.yaml: what to do when the document says something else there.
ADVICE = {
    "operation": "wire.py imports the generated module by tag and operationId: mend the import, or "
    "keep the old name by an action in openapi-overlay.yaml",
    "security": "transport.Signer writes the Authorization header, and sandbox/contract.py reads "
    "it: mend both",
    "parameters": "wire.py passes the path's variable to the generated function: mend that call; a "
    "new one becomes an argument of add_lead in client.py and is checked in leads.py",
    "body": "wire.py makes the body from the class of this schema, and sends it as this type: mend "
    "AddLead.arguments, or correct the document in openapi-overlay.yaml",
    "lead": "a property of a lead is an argument of add_lead and of Lead: give it to client.py and "
    "leads.py, send it in wire.AddLead.arguments, name it in answers.ARGUMENTS; if it became "
    "required, has another type or is gone, say so in the CHANGELOG",
    "answers": "answers.py decides by the status, so no call breaks: see that errors.py has the "
    "class for it, and that the README's table names it; a `default` makes the generated parser "
    "read every status, so see tests/test_bad_answers.py",
    "answer": "the read methods in wire.py take leadId, and found.py what a look-up shows: mend "
    "them; a new property may belong to AddedLead in leads.py or FoundLead in found.py",
    "problem": "answers.py reads title, detail and errors of a problem: mend it",
}


def surprises(document: dict[str, Any]) -> list[str]:
    """A sentence for each thing that is not as known_spec.yaml says: what it is, and what to do."""
    found: list[str] = []
    for call, known in yaml.safe_load(KNOWN.read_text(encoding="utf-8")).items():
        method, path = call.split()
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            found.append(
                f"{call} is not in the document any more: if it moved, mend the path or method in "
                "openapi-overlay.yaml, tools/known_spec.yaml and nlpearl/sandbox/platform.py, run "
                "make generate, and see what mypy says of wire.py; until then, do not release"
            )
            continue
        said = describe(document, operation)
        for part, advice in ADVICE.items():
            for what in differences(known[part], said[part]):
                found.append(
                    f"{call}: {part}: {what}. What to do: {advice}. Then write it down in "
                    "tools/known_spec.yaml."
                )
    return found


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
    answers = operation["responses"]
    sent = content_of(body)
    security = operation.get("security", document.get("security", []))
    tag = re.sub(r"\W+", "_", (operation.get("tags") or ["default"])[0]).lower()
    return {
        "operation": f"{operation.get('operationId')} in nlpearl_api.api.{tag}",
        "security": ", ".join(name for way in security for name in way),
        "parameters": {
            each["name"]: ", ".join(
                [each["in"], *["required"] * each.get("required", False), kind(each["schema"])]
            )
            for each in operation.get("parameters", [])
        },
        "body": words(sent, required=body.get("required", False)),
        "lead": properties(document, sent),
        "answers": {status: words(content_of(answer)) for status, answer in answers.items()},
        "answer": properties(document, content_of(answers.get("200", {}))),
        "problem": properties(document, content_of(answers.get("400", {}))),
    }


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
    said = " ".join(str(schema[key]) for key in ("type", "format") if key in schema) or "anything"
    if said == "object" and schema.get("additionalProperties"):
        said += f" of {kind(schema['additionalProperties'])}"
    if said == "array":
        said += f" of {kind(schema.get('items', {}))}"
    if schema.get("nullable"):
        said += " or null"
    limits = {k: schema[k] for k in ("minLength", "maxLength", "pattern", "enum") if k in schema}
    return ", ".join([said, *(f"{name} {value}" for name, value in limits.items())])


if __name__ == "__main__":
    overlaid = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    for call in sys.argv[1:]:
        method, path = call.split()
        described = {call: describe(overlaid, overlaid["paths"][path][method.lower()])}
        print(yaml.safe_dump(described, sort_keys=False), end="")
