"""The code of a user: it welcomes a new customer by a call."""

from nlpearl import NLPearl, NLPearlError, Outcome

CAMPAIGN = "67d42f167f3c392c6d7a2d40"


def welcome(customer: int, phone_number: str, time_zone: str) -> str:
    """Call a customer: `called`, `ask` (perhaps called) or `not called`."""
    with NLPearl() as client:
        try:
            client.add_lead(
                CAMPAIGN,
                phone_number,
                external_id=customer,
                time_zone=time_zone,
            )
        except NLPearlError as error:
            return (
                "ask" if error.outcome is Outcome.UNKNOWN else "not called"
            )
    return "called"
