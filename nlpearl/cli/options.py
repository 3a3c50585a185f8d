"""Options that several commands have."""

import click

#: For every command that makes a client.
api_version = click.option(
    "--api-version",
    type=click.Choice(["v1", "v2"]),
    default="v1",
    show_default=True,
    help="Of the API: v1 takes outbound ids, v2 the pearl ids of the platform's URLs.",
)
