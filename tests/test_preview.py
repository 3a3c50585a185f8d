"""What a ledger would say of a lead, and whether there is one: nothing is written for that."""

from contextlib import closing
from pathlib import Path

import pytest

from nlpearl import AddedLead, DuplicateLeadError, Lead, Ledger, LedgerError
from nlpearl.ledger.claims import Claim, Unsettled

from .conftest import PHONE, Either
from .servers import CAMPAIGN_ID, Server, response, responses

OTHER_PHONE = "+14155550124"


def test_what_would_be_said_is_known_without_writing(ledger_place: str) -> None:
    sent, rejected = Lead(PHONE, external_id="1"), Lead("+14155550126", external_id="3")
    lost, free = Lead(OTHER_PHONE, external_id="2"), Lead("+14155550127")
    with closing(Ledger(ledger_place)) as ledger:
        assert not ledger.exists()
        ledger.counts()
        assert ledger.exists()
    with Server(responses(response(), response(503, b""), response(400))) as server:
        for lead in (sent, lost, rejected):
            Either("sync").add_all(
                server.url,
                [{"external_id": lead.external_id, "phone_number": lead.phone_number}],
                client={"ledger": ledger_place},
            )
        api = (server.url, "v1")
    with closing(Ledger(ledger_place)) as ledger:
        before = ledger.counts()
        leads = [sent, Lead(PHONE, external_id="x"), lost, rejected, free, free]
        asked = [ledger.preview(api, CAMPAIGN_ID, lead) for lead in leads]
        asked.append(ledger.preview(api, CAMPAIGN_ID, lost, resend=True))
        asked.append(ledger.preview(api, CAMPAIGN_ID, leads[1], same_number=True))
        assert [type(each.result()) for each in asked] == [
            AddedLead, DuplicateLeadError, Unsettled, Claim, Claim, Claim, Claim, Claim,
        ]  # fmt: skip
        assert ledger.counts() == before
        with pytest.raises(LedgerError, match="is bound to"):
            ledger.preview(("https://other.example", "v1"), CAMPAIGN_ID, free).result()


@pytest.mark.parametrize(
    ("place", "said"), [("none/x", "the folder"), ("x" * 300, "File name too long")]
)
def test_where_no_ledger_can_be_none_is_made(tmp_path: Path, place: str, said: str) -> None:
    with closing(Ledger(tmp_path / place)) as ledger, pytest.raises(LedgerError, match=said):
        ledger.exists()


def test_a_preview_binds_a_ledger_to_no_api(ledger_place: str) -> None:
    api, other, lead = ("https://a.example", "v1"), ("https://b.example", "v1"), Lead(PHONE)
    with closing(Ledger(ledger_place)) as ledger:
        for each in (api, other):
            assert isinstance(ledger.preview(each, CAMPAIGN_ID, lead).result(), Claim)
        ledger.ready(other).result()
        with pytest.raises(LedgerError, match="is bound to"):
            ledger.ready(api).result()
