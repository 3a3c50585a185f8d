"""What a client was told, checked; and what it makes of that for its calls."""

from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING

from .calls.campaign import Campaign, Defaults
from .configuration import Key, read_count, read_timeout
from .errors import ConfigurationError
from .http.settings import Signer
from .leads.identifiers import check_campaign_id
from .leads.phone_numbers import check_region

if TYPE_CHECKING:
    from .ledger import Ledger


class Account:
    """One API key at one base URL, and the defaults of all calls."""

    def __init__(
        self,
        key: Key | ConfigurationError,
        origin: str | ConfigurationError,
        timeout: float | timedelta,
        max_retries: int,
        default_region: str | None,
        reconcile: bool,
    ) -> None:
        if isinstance(key, ConfigurationError):
            raise key
        if isinstance(origin, ConfigurationError):
            raise origin
        self.signer: Signer = Signer(key)
        self.origin = origin
        self.timeout: float = read_timeout(timeout)
        self._defaults = Defaults(
            read_count("max_retries", max_retries),
            None if default_region is None else check_region(default_region),
            reconcile,
        )

    def campaign(
        self,
        campaign_id: str,
        timeout: float | timedelta | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        *,
        resend_unknown: bool = False,
    ) -> Campaign:
        """The campaign, for a call or a run."""
        seconds = self.timeout if timeout is None else read_timeout(timeout)
        campaign_id = check_campaign_id(campaign_id)
        session = None
        if ledger is not None:
            from .ledger import Ledger
            from .ledger.session import Session

            path = ledger.path if isinstance(ledger, Ledger) else Ledger(ledger).path
            session = Session(path, (self.origin, campaign_id))
        return Campaign(
            campaign_id, seconds, self._defaults, session, resend_unknown=resend_unknown
        )
