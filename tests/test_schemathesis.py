"""schemathesis against the sandbox: it keeps what its document says, whatever it is sent."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from nlpearl.sandbox import API_KEY, Sandbox
from nlpearl.sandbox.contract import read_spec

schema: Any = schemathesis.openapi.from_dict(read_spec())
checks.load_all_checks()

#: ASP.NET responds with problem+json, and 401, 404, 405 and 415, of which the vendor's document is
#: silent; the sandbox does as the server does.
SILENT: Any = cast(Any, checks).CHECKS.get_by_names(
    ["content_type_conformance", "status_code_conformance"]
)


PATIENT = [HealthCheck.filter_too_much, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.mark.slow
@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=50, suppress_health_check=PATIENT)
def test_the_sandbox_keeps_its_document(case: Any, sandbox: Sandbox) -> None:
    key = {"Authorization": f"Bearer {API_KEY}"}
    case.call_and_validate(base_url=sandbox.url, headers=key, excluded_checks=SILENT)
