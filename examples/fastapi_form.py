"""A web form that adds a lead. One client for the application, opened and closed by its lifespan.

pip install 'nlpearl-client[sandbox]' fastapi uvicorn python-multipart
python examples/fastapi_form.py, then open http://127.0.0.1:8000
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import escape
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse

from nlpearl import AsyncNLPearl, InvalidLeadError, NLPearlError, Outcome
from sandboxed import sandboxed

CAMPAIGN = "67d42f167f3c392c6d7a2d40"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with AsyncNLPearl(reconcile=True) as app.state.pearl:
        yield


app = FastAPI(lifespan=lifespan)


def page(text: str, status: int = 200) -> HTMLResponse:
    form = (
        '<form method="post"><label>Phone <input name="phone" type="tel"></label> '
        '<label>Customer <input name="customer"></label> <button>Call me</button></form>'
    )
    return HTMLResponse(f"<!doctype html><p>{escape(text)}</p>{form}", status)


@app.get("/")
async def show() -> HTMLResponse:
    return page("Shall we call you?")


@app.post("/")
async def add(
    request: Request, phone: Annotated[str, Form()], customer: Annotated[str, Form()]
) -> HTMLResponse:
    client: AsyncNLPearl = request.app.state.pearl
    try:
        await client.add_lead(CAMPAIGN, phone, external_id=customer, timeout=10)
    except InvalidLeadError as error:
        return page("; ".join(reason for each in error.errors.values() for reason in each), 422)
    except NLPearlError as error:
        if error.outcome is Outcome.UNKNOWN:
            return page("We may call you. Please do not send this again.", 502)
        return page("That did not work; nobody will call. Please try again later.", 503)
    return page("We will call you.")


if __name__ == "__main__":
    import uvicorn

    with sandboxed():
        uvicorn.run(app)
