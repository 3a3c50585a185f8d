"""The rows of a data frame, with the results beside them.

pip install 'nlpearl-client[sandbox]' pandas
python examples/pandas_rows.py
"""

import pandas as pd

from nlpearl import NLPearl
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"

PEOPLE = pd.DataFrame(
    {
        "phone_number": ["+14155550123", "+14155550124", "call me"],
        "external_id": [101, 102, 103],
        "first_name": ["Joe", None, "Bob"],
    }
)


def add(people: pd.DataFrame) -> pd.DataFrame:
    """The frame, with the columns `lead_id` and `error`."""
    # NaN is not accepted: None leaves a name out.
    plain = people.astype(object).where(people.notna(), None)
    rows = (
        {
            "phone_number": row["phone_number"],
            "external_id": row["external_id"],
            "call_data": {"firstName": row["first_name"]},
        }
        for row in plain.to_dict("records")
    )
    done = people.assign(lead_id=None, error=None)
    with NLPearl() as client:
        for result in client.add_leads(CAMPAIGN, rows):
            label = done.index[result.position]
            done.loc[label, "lead_id"] = result.lead_id
            done.loc[label, "error"] = (
                str(result.error) if result.error else None
            )
    return done


if __name__ == "__main__":
    with sandboxed():
        print(add(PEOPLE).to_string())
