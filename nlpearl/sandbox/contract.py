"""The overlaid OpenAPI document at work: which operation a request is, and what is wrong with it.

Everything is openapi-core's finding; how it is put to the client stands in problems.py.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast
from urllib.parse import unquote, urljoin, urlsplit

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from openapi_core.datatypes import RequestParameters
from openapi_core.security.exceptions import SecurityProviderError
from openapi_core.security.factories import SecurityProviderFactory
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.paths.exceptions import OperationNotFound, PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.request.exceptions import (
    MissingRequestBodyError,
    ParameterValidationError,
    SecurityValidationError,
)
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug import Request, Response

from . import problems
from .samples import sample_response

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def read_spec() -> dict[str, Any]:
    """The overlaid document, which `make generate` writes beside this module."""
    spec: dict[str, Any] = json.loads(
        files("nlpearl.sandbox").joinpath("openapi.json").read_bytes()
    )
    return spec


@dataclass(frozen=True)
class Call:
    """A request in which nothing is wrong."""

    #: Empty for an operation that has none.
    operation_id: str
    #: The template of its path, and its method in lower case.
    place: tuple[str, str]
    #: The variables of the path, decoded.
    variables: Mapping[str, str]
    body: dict[str, object]


class Contract:
    """Reads requests by the document; `api_key` is the one key that opens."""

    def __init__(self, api_key: str, spec: Mapping[str, Any] | None = None) -> None:
        # This server stands in for the vendor's, so paths begin at the root here. That the
        # document is valid is a matter for the tests: checking it takes 30 ms (2026-11).
        self._spec = spec = {**(spec or read_spec()), "servers": [{"url": "/"}]}
        unchecked: Any = None
        config = Config(spec_validator_cls=unchecked, security_provider_factory=_Keys(api_key))
        self._openapi = OpenAPI.from_dict(cast(Any, spec), config=config)
        self._paths = APICallPathFinder(self._openapi.spec)
        # jsonschema-path 0.4 caches what it resolved in plain dicts, without a lock.
        self._lock = threading.Lock()

    def read(self, request: Request) -> Call | Response:
        """The call that this request is, or the response that refuses it."""
        asked = _AskedRequest(request)
        with self._lock:
            try:
                found: Any = self._paths.find(asked.method, urljoin(asked.host_url, asked.path))
            except OperationNotFound as error:
                return problems.empty(405, Allow=", ".join(self._allowed(error.url)))
            except PathError:
                return problems.empty(404)
            quoted: dict[str, str] = found.path_result.variables
            variables = {name: unquote(value) for name, value in quoted.items()}
            if not all(variables.values()):
                return problems.empty(404)
            try:
                errors = list(self._openapi.iter_request_errors(asked))
            except RecursionError:  # of json, for a body nested deep
                return problems.problem(400, problems.NO_JSON)
            operation_id: str = (found.operation / "operationId").read_str("")
            place = (str(found.path_result.pattern), asked.method)
        if errors:
            return _refusal(errors)
        body: dict[str, object] = json.loads(asked.body or b"{}")
        return Call(operation_id, place, variables, body)

    def sample(self, call: Call) -> Response:
        """What the document says that a success looks like."""
        path, method = call.place
        return sample_response(self._spec, self._spec["paths"][path][method])

    def _allowed(self, url: str) -> list[str]:
        allowed: list[str] = []
        for method in _METHODS:
            try:
                self._paths.find(method, url)
            except OperationNotFound:
                continue
            allowed.append(method.upper())
        return allowed


class _AskedRequest(WerkzeugOpenAPIRequest):
    """A werkzeug request as openapi-core shall see it."""

    @property
    def host_url(self) -> str:
        return "http://127.0.0.1"

    @property
    def path(self) -> str:
        """Still quoted: a slash that is encoded in an id does not divide the route."""
        return urlsplit(str(self.request.environ["REQUEST_URI"])).path

    @property
    def content_type(self) -> str:
        """Without parameters: openapi-core 0.23 raises ValueError for ``application/json;``."""
        return self.request.mimetype or "application/octet-stream"


class _Keys(SecurityProviderFactory):
    """openapi-core looks only whether there are credentials; this also whether they are right."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def create(self, scheme: SchemaPath) -> Any:
        provider = super().create(scheme)

        def check(parameters: RequestParameters) -> None:
            if provider(parameters) != self._api_key:
                raise SecurityProviderError("not the key of this sandbox")

        return check


def _refusal(errors: list[Exception]) -> Response:
    """The order is ASP.NET Core's: who asks, then what the body is, then what is in it."""
    said: dict[str, list[str]] = {}
    for error in errors:
        cause = error.__cause__
        if isinstance(error, SecurityValidationError):
            return problems.unauthorized()
        if isinstance(cause, MediaTypeNotFound):
            return problems.problem(415)
        if isinstance(error, ParameterValidationError):
            said[error.name] = ["The value is missing or not valid."]
        elif isinstance(error, MissingRequestBodyError):
            said |= problems.NO_BODY
        elif isinstance(cause, InvalidSchemaValue):
            said |= problems.body_errors(cast(Iterable[problems.SchemaError], cause.schema_errors))
        else:
            said |= problems.NO_JSON
    return problems.problem(400, said)
