"""A web form that adds a lead once, however often it is sent.

    pip install 'nlpearl-client[sandbox]'
    pip install fastapi uvicorn python-multipart
    python examples/fastapi_form.py  # then open http://127.0.0.1:8000

People press the button twice, browsers and proxies repeat requests, and a
process is killed after it has sent one. The second request gets the
outcome of the first: it waits for it, reads it from the ledger, or looks
the lead up (`reconcile=True`). The whole application shares one client.

The variable LEDGER names a file, for the processes of one machine, or
postgresql://… for several.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse

from nlpearl import AsyncNLPearl, InvalidLeadError, NLPearlError, Outcome
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"
FORM = (
    '<!doctype html><form method="post">'
    '<label>Phone <input name="phone" type="tel"></label> '
    '<label>Customer <input name="customer"></label> '
    "<button>Call me</button></form>"
)
SORRY = {
    Outcome.NOT_SENT: "We did not take this. Try again, or check it.",
    Outcome.REJECTED: "We did not take this. Please check the number.",
    Outcome.UNKNOWN: "We may call you. If not, please try again tomorrow.",
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    ledger = os.environ.get("LEDGER", "people.ledger")
    async with AsyncNLPearl(
        ledger=ledger, reconcile=True
    ) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)
app.get("/", response_class=HTMLResponse)(lambda: FORM)


@app.post("/", response_class=HTMLResponse)
async def add(
    request: Request,
    phone: Annotated[str, Form()],
    customer: Annotated[str, Form()],
) -> str:
    try:
        client: AsyncNLPearl = request.app.state.client
        await client.add_lead(
            CAMPAIGN, phone, external_id=customer, timeout=10
        )
    except NLPearlError as error:
        status = 422 if isinstance(error, InvalidLeadError) else 503
        raise HTTPException(status, SORRY[error.outcome]) from None
    return "We will call you."


if __name__ == "__main__":
    import uvicorn

    with sandboxed():
        uvicorn.run(app)
