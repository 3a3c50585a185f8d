"""Many leads: who reads the input, who sends, who waits, and how fast.

Here: the run behind `add_leads`. Not here: what happens to one lead (calls/campaign.py).
"""

import warnings


def warn_unused() -> None:
    """Say that somebody has called add_leads alone. Called when the run is found by nobody."""
    warnings.warn(
        "add_leads was called, but nobody iterates over its results, so that nobody is added; "
        "write: for result in client.add_leads(…): …",
        RuntimeWarning,
        stacklevel=4,
    )
