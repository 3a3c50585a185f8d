"""Any operation of the API, by its generated module: what `client.operation` calls."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import quote

from ..errors import InvalidArgumentError
from .call import IncompleteError, Operation, Result
from .operations import ValidationProblemDetails

Arguments = ParamSpec("Arguments")
Parsed = TypeVar("Parsed", covariant=True)


class OperationModule(Protocol[Arguments, Parsed]):
    """A generated module of one operation, such as `nlpearl_api.api.outbound.add_lead`."""

    def _get_kwargs(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> dict[str, Any]: ...

    def _parse_response(
        self, *, client: Any, response: Any
    ) -> Parsed | ValidationProblemDetails | None: ...


# Both by the vendor's documentation and package (2026-11).
_POSTS_THAT_READ = re.compile(
    r"/(v1/(Outbound|Inbound)|v2/(Outbound|Pearl))/[^/]+"
    r"/(Leads|Analytics|Calls|Calls/Bulk|CallRequest)|/v2/Account/(AuditLog|Blacklist/Search)"
).fullmatch
_BATCHES = re.compile(
    r"post /v2/Outbound/[^/]+/Leads/Add|delete /v\d/Outbound/[^/]+/Leads(/External)?"
    r"|delete /v\d/Call|post /v2/Account/Blacklist(/Remove)?"
).fullmatch


class Generated(Operation[Result]):
    """Any operation, with the arguments of its generated module.

    `reads`: whether it changes nothing; None: as the method says, or the table of POSTs that read.
    Raises InvalidArgumentError for what is not such a module, and for arguments that make no
    request; TypeError for arguments that its signature does not have.
    """

    needs = "result"
    not_found = "Check the ids: paths of v1 have outbound ids, those of v2 pearl ids."

    def __init__(
        self,
        module: OperationModule[Arguments, Result],
        reads: bool | None,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> None:
        self._module: Any = module
        self._name = check_module(module)
        bound = inspect.signature(self._module._get_kwargs).bind(*args, **kwargs)
        self._passed = bound.arguments
        in_path = [name for name, each in bound.signature.parameters.items() if _is_in_path(each)]
        for name in in_path:
            _check_segment(self._name, name, self._passed[name])
        self.arguments: Mapping[str, str] = {name.replace("_", ""): name for name in in_path}
        self._request = self._build(bound)
        method, path = self._request["method"], self._request["url"]
        is_read = method == "get" or (method == "post" and _POSTS_THAT_READ(path) is not None)
        self.reads: bool = is_read if reads is None else reads
        self.is_batch: bool = not self.reads and _BATCHES(f"{method} {path}") is not None
        self.unknown: str
        if self.reads:
            self.unknown = "Nothing was changed: it only reads."
            return
        self.earlier: str = "none of the earlier tries changed anything"
        self.unknown = "It may have been done. Look at what is there before you do it again."
        self.unreadable: str = (
            "The API says that it was done, so do not do it again. Its response is the body of "
            "this error."
        )
        if self.is_batch:
            self.unknown = (
                "All of it, or a part, may have been done. Look at what is there before you do it "
                "again; a response is the body of this error."
            )

    def _build(self, bound: inspect.BoundArguments) -> dict[str, Any]:
        try:
            request: dict[str, Any] = self._module._get_kwargs(*bound.args, **bound.kwargs)
            json.dumps(request.get("json"), allow_nan=False)
        except Exception as error:
            raise InvalidArgumentError(
                f"{self._name}: its arguments make no request ({type(error).__name__}). They are "
                f"{bound.signature.replace(return_annotation=inspect.Signature.empty)}, and a body "
                "has what JSON can say"
            ) from None
        return request

    def __str__(self) -> str:
        return self._name

    async def send(self, client: Any) -> Any:
        exchange = await client.request(**self._request)
        parsed = None
        if 200 <= exchange.status < 300:
            # The vendor documents 200 alone; what comes as another success is read as that.
            for status in (exchange.status, 200):
                response = _Success(status, exchange.content)
                value = self._module._parse_response(client=client, response=response)
                parsed = (value,)
                if value is not None:
                    break
        return SimpleNamespace(parsed=parsed)

    def read(self, parsed: object, body: bytes) -> Result:  # noqa: ARG002
        if not isinstance(parsed, tuple):
            raise IncompleteError
        return cast("tuple[Result]", parsed)[0]

    def private(self) -> dict[str, str]:
        """Every text that was passed, the longest first; one or two characters say nothing."""
        shown: dict[str, str] = {}
        passed = {name: value for name, value in self._passed.items() if name != "body"}
        for name, text in [*_texts("", passed), *_texts("body", self._request.get("json"))]:
            shown |= {each: f"[{name}]" for each in (text, quote(text, safe="")) if len(each) > 2}
        return dict(sorted(shown.items(), key=lambda item: -len(item[0])))


class _Success(SimpleNamespace):
    """A response with a status of 2xx for the generated code."""

    def __init__(self, status_code: int, content: bytes) -> None:
        super().__init__(status_code=status_code, content=content)

    @property
    def text(self) -> str:
        return str(self.content, "utf-8-sig")

    def json(self) -> object:
        return json.loads(self.content)


def check_module(module: object) -> str:
    """The name of an operation's module; InvalidArgumentError if it is something else."""
    name = getattr(module, "__name__", "")
    if not (hasattr(module, "_get_kwargs") and hasattr(module, "_parse_response")):
        raise InvalidArgumentError(
            "module must be a generated module of one operation, such as "
            f"nlpearl_api.api.outbound.add_lead, not {name or type(module).__name__}"
        )
    return ".".join(str(name).split(".")[-2:])


def _is_in_path(parameter: inspect.Parameter) -> bool:
    """Whether this is a variable of the path: the generated code takes all others by keyword."""
    return parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def _check_segment(operation: str, name: str, value: object) -> None:
    text = str(value).strip()
    if value is None or text in ("", ".", ".."):
        raise InvalidArgumentError(
            f"{operation}: {name}={value!r} cannot be a part of a path, and would lead to another "
            "operation; pass an id"
        )


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The texts in a JSON value, each after the name of what it is the value of."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, each in cast("dict[str, object]", value).items():
            yield from _texts(key, each)
    elif isinstance(value, list | tuple):
        for each in cast("list[object]", value):
            yield from _texts(name, each)
