"""Options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

DEFAULT_VERSION = "v1"

Function = TypeVar("Function", bound=Callable[..., Any])


def api_version(command: Function) -> Function:
    """For every command that makes a client."""
    return click.option(
        "--api-version",
        type=click.Choice(["v1", "v2"]),
        default=DEFAULT_VERSION,
        show_default=True,
        help="Of the API: v1 takes outbound ids, v2 the pearl ids of the platform's URLs.",
    )(command)
