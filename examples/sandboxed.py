"""A sandbox for the examples, if NLPEARL_API_KEY is not set."""

import contextlib
import os
from collections.abc import Generator
from tempfile import TemporaryDirectory


@contextlib.contextmanager
def sandboxed() -> Generator[None]:
    """Let `NLPearl()` use a sandbox and a ledger of its own, unless
    NLPEARL_API_KEY is set."""
    if os.environ.get("NLPEARL_API_KEY"):
        yield
        return
    from nlpearl.sandbox import Sandbox

    with Sandbox() as sandbox, TemporaryDirectory() as folder:
        ours = {
            "NLPEARL_API_KEY": sandbox.api_key,
            "NLPEARL_BASE_URL": sandbox.url,
        }
        ours["LEDGER"] = f"{folder}/people.ledger"
        os.environ.update(ours)
        try:
            yield
        finally:
            for name in ours:
                del os.environ[name]
