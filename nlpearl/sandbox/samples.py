"""A response for an operation that the sandbox knows only by its schema in the document. Pure."""

import json
from collections.abc import Mapping
from typing import Any, cast

from werkzeug import Response

Schema = Mapping[str, Any]

_BY_TYPE: Mapping[str, object] = {"string": "string", "integer": 1, "number": 1.0, "boolean": True}
_BY_FORMAT: Mapping[str, object] = {
    "date-time": "2026-01-01T00:00:00+00:00",
    "date": "2026-01-01",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "email": "joe@example.com",
}


def sample_response(document: Schema, operation: Schema) -> Response:
    """The first success that the document has of the operation, with a value of its schema."""
    status = next((each for each in operation["responses"] if each.startswith("2")), "200")
    described = _resolved(document, operation["responses"].get(status, {}))
    response = Response(status=200 if status == "2XX" else int(status))
    content: Mapping[str, Any] = described.get("content", {})
    if "application/json" not in content:
        del response.headers["Content-Type"]
        return response
    value = sample(document, content["application/json"].get("schema", {}))
    response.set_data(json.dumps(value))
    response.content_type = "application/json"
    return response


def sample(document: Schema, schema: Schema, within: tuple[int, ...] = ()) -> Any:
    """A value of the schema, with every property but those that repeat a schema around them."""
    schema = _resolved(document, schema)
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    within = (*within, id(schema))
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return sample(document, schema[name][0], within)
    if "allOf" in schema:
        parts = [sample(document, each, within) for each in schema["allOf"]]
        if not all(isinstance(each, dict) for each in parts):
            return parts[0]
        return {key: value for each in parts for key, value in each.items()}
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):  # OpenAPI 3.1
        kind = next(each for each in cast(list[str], kind) if each != "null")
    if kind == "array":
        items = _resolved(document, schema.get("items", {}))
        return [] if id(items) in within else [sample(document, items, within)]
    if kind == "object":
        return {
            name: sample(document, each, within)
            for name, each in schema.get("properties", {}).items()
            if id(_resolved(document, each)) not in within
        }
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(str(kind)))


def _resolved(document: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        found: Any = document
        for name in str(part["$ref"]).split("/")[1:]:
            found = found[name.replace("~1", "/").replace("~0", "~")]
        part = found
    return part
