"""What the commands ask the platform about a campaign, in both versions of the API."""

from typing import Any

import attrs

from ..calls.operations import (
    NO_SUCH_CAMPAIGN,
    CampaignModules,
    campaign_modules,
    deletion_body,
    search_body,
)
from ..client import NLPearl
from ..configuration import normalized, read_base_url
from ..errors import BadRequestError, NotFoundError, UnexpectedResponseError
from ..leads.identifiers import check_campaign_id
from .files.rows import FileError
from .pages import Page
from .reasons import plain


@attrs.frozen
class Platform:
    """One campaign, as a client sees it."""

    client: NLPearl
    api_version: str
    campaign_id: str = attrs.field(converter=check_campaign_id)

    @property
    def _modules(self) -> CampaignModules:
        return campaign_modules(self.api_version)

    def campaign(self) -> dict[str, Any]:
        """What the platform tells of the campaign; FileError if there is no such campaign."""
        found: dict[str, Any] = self._ask(self._modules.campaign).to_dict()
        if not (found.get("id") or found.get("name")):
            raise FileError("the response of the API is not a campaign: it has neither id nor name")
        return found

    def search(self, skip: int, limit: int) -> Page:
        """So many leads from there on, the oldest first."""
        found = self._ask(self._modules.search, body=search_body(skip, limit))
        items: Any = found.results
        if not hasattr(items, "append"):
            raise FileError("the response of the API to a search has no leads")
        leads: list[dict[str, Any]] = [each.to_dict() for each in items if hasattr(each, "to_dict")]
        if len(leads) != len(items):
            raise FileError("the response of the API to a search has leads that cannot be read")
        return Page(leads, found.count if isinstance(found.count, int) else 0)

    def find(self, lead_id: str) -> dict[str, Any] | None:
        """What the platform tells of a lead; None if it finds none of this id.

        How it says so is not documented: a 404, a 400 that names no other argument, or nothing.
        """
        operation: Any = self.client.operation(self._modules.get)
        try:
            found: dict[str, Any] = operation(self.campaign_id, lead_id).to_dict()
        except NotFoundError:
            return None
        except BadRequestError as error:
            if {*error.errors} <= {"lead_id"}:
                return None
            raise
        except UnexpectedResponseError as error:
            if error.body.strip() in ("", "null"):
                return None
            raise
        return found or None

    def delete(self, lead_ids: list[str]) -> bool:
        """Delete leads; whether the API says that they were."""
        return self._ask(self._modules.delete, body=deletion_body(lead_ids)) is True

    def _ask(self, module: Any, **arguments: Any) -> Any:
        """The result of an operation on the campaign; FileError if there is no such campaign."""
        operation: Any = self.client.operation(module)
        try:
            return operation(self.campaign_id, **arguments)
        except NotFoundError as error:
            said = str(error).splitlines()[0]
            raise FileError(plain(f"{said}\n{NO_SUCH_CAMPAIGN[self.api_version]}")) from error


def api(version: str) -> tuple[str, str]:
    """The API of the environment, as a ledger is bound to it."""
    return normalized(str(read_base_url(None))), version


def host() -> str:
    """The host of the environment, and whether it is a sandbox."""
    origin = str(read_base_url(None))
    # The configuration allows http for loopback only.
    return f"{origin}, a sandbox: no real calls" if origin.startswith("http:") else origin
