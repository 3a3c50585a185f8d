"""A Celery task that adds a lead once, however often it is delivered.

    pip install 'nlpearl-client[cli,sandbox]' 'celery[redis]'
    nlpearl sandbox               # prints two variables: set them below
    celery -A celery_task worker  # in this folder, with a Redis
    python -c 'import celery_task as c; c.add_lead.delay("+14155550123")'

A queue delivers again what a worker did not acknowledge: it was killed, or
it took longer than the visibility timeout. The ledger makes that harmless,
so `acks_late` is safe. The task is retried while somebody else is adding
the lead (`wait=0`: the worker does not wait) and while the ledger is not
available. Every other error is final: its `outcome` tells whether the lead
may have been added, also in the result, which Celery keeps as JSON.

The variable LEDGER names a file, for one machine, or postgresql://… for
several.
"""

import os
from typing import Any

from celery import Celery, Task

from nlpearl import LeadInProgressError, LedgerError, NLPearl

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
REDIS = os.environ.get("REDIS_URL", "redis://localhost")
LEDGER = os.environ.get("LEDGER", "people.ledger")

app = Celery("celery_task", broker=REDIS, backend=REDIS)
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True)
app.conf.broker_transport_options = {
    "visibility_timeout": 60
}  # seconds; the default is an hour
client = NLPearl(
    ledger=LEDGER
)  # each forked child opens the ledger for itself


@app.task(bind=True, max_retries=None)
def add_lead(self: Task, phone_number: str, **lead: Any) -> str:
    try:
        return client.add_lead(
            CAMPAIGN, phone_number, wait=0, **lead
        ).lead_id
    except (LeadInProgressError, LedgerError) as error:
        raise self.retry(exc=error, countdown=5) from None
