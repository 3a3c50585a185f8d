"""A Celery task that adds a lead once, however often the queue delivers it.

    pip install 'nlpearl-client[sandbox]' 'celery[redis]'
    nlpearl sandbox                      # prints the variables to set, so that nobody is phoned
    celery -A celery_task worker         # in this folder; with those variables, and a Redis
    python -c 'from celery_task import add_lead; add_lead.delay("+14155550123", external_id="42")'

A queue delivers again what a worker did not acknowledge: it was killed, or it took longer than the
visibility timeout and goes on. The ledger makes that harmless, so that `acks_late` is safe. A lead
that somebody else is adding (`wait=0`: it is not waited for here) comes again later, and so it does
while the ledger is away. Every other error is final: its `outcome` says whether the lead may have
been added, also in the result, which Celery keeps as JSON.

The variable LEDGER names a file, for one machine, or postgresql://… for several.
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
app.conf.broker_transport_options = {"visibility_timeout": 60}  # seconds; the default is an hour
client = NLPearl(ledger=LEDGER)  # each forked child opens the ledger for itself


@app.task(bind=True, max_retries=None)
def add_lead(self: Task, phone_number: str, **lead: Any) -> str:
    try:
        return client.add_lead(CAMPAIGN, phone_number, wait=0, **lead).lead_id
    except (LeadInProgressError, LedgerError) as error:
        raise self.retry(exc=error, countdown=5) from None
