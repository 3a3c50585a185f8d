"""One lead, and what to do with each kind of error.

pip install 'nlpearl-client[sandbox]'
python examples/one_lead.py
"""

from nlpearl import InvalidLeadError, NLPearl, NLPearlError, Outcome
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"


def add(client: NLPearl, phone_number: str) -> str:
    """Add one lead, and tell the outcome."""
    try:
        added = client.add_lead(
            CAMPAIGN,
            phone_number,
            external_id="crm-42",
            time_zone="America/Los_Angeles",
            call_data={"firstName": "Joe"},
        )
    except InvalidLeadError as error:
        return f"fix this first: {error.errors}"
    except NLPearlError as error:
        if error.outcome is Outcome.UNKNOWN:
            return f"may have been added; look crm-42 up first: {error}"
        return f"certainly not added: {error}"
    return f"added as {added.lead_id}"


if __name__ == "__main__":
    with sandboxed(), NLPearl() as client:
        print(add(client, "call me"))
        print(add(client, "+14155550123"))
