"""`nlpearl check`: whether the key and the campaign are right, without calling anybody."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from ..client import NLPearl
from ..privacy import masked
from .failures import sentences
from .files.rows import FileError
from .options import api_version
from .platform import Platform, host

_INBOUND, _OUTBOUND = 1, 2
_KINDS = {_INBOUND: "inbound", _OUTBOUND: "outbound"}
_STATES = {1: "running", 2: "paused", 3: "suspended", 10: "in maintenance"}


@click.command()
@click.argument("campaign_id")
@api_version
def check(campaign_id: str, api_version: Any) -> None:
    """See whether the API key and the campaign are right. Nobody is called.

    Of the campaign's phone number only the end is shown.
    """
    with sentences():
        with NLPearl(api_version=api_version) as client:
            campaign = Platform(client, api_version, campaign_id).campaign()
        if campaign.get("type") == _INBOUND:
            raise FileError(
                f"campaign {campaign_id} is inbound: leads are added to outbound ones. Check the id"
            )
    for name, value in campaign_facts(campaign):
        click.echo(f"{name}: {value}")
    click.echo(f"campaign id: {campaign_id}, API {api_version}")
    click.echo(f"host: {host()}")


def campaign_facts(campaign: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is worth knowing of a campaign, as far as the platform tells it."""
    number = campaign.get("phoneNumber")
    for name, value in (
        ("campaign", campaign.get("name")),
        ("type", _named(_KINDS, campaign.get("type"))),
        ("status", _named(_STATES, campaign.get("status"))),
        ("phone number", number and masked(str(number))),
        ("agents", campaign.get("totalAgents")),
        ("leads", campaign.get("totalLeads")),
        ("leads completed", campaign.get("totalLeadsCompleted")),
    ):
        if value not in (None, ""):
            yield name, f"{value:,}" if isinstance(value, int) else str(value)


def _named(names: Mapping[int, str], number: object) -> object:
    """The name of a number; one that is not known stays as it is."""
    return names.get(number, number) if isinstance(number, int) else None
