"""One way to make one call, many times over: `python one_call.py NAME URL COUNT`.

Run by run.py in the environment of the peer, so each import stands in its own function. Prints the
CPU and wall time of one call in microseconds, after a tenth as many calls to get warm.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

OUTBOUND = "67d42f167f3c392c6d7a2d40"
PHONE = "+14155550123"


def phone(number: int) -> str:
    """A number of each lead's own, since a ledger adds none twice. Only sent to 127.0.0.1."""
    return f"+1212{2_000_000 + number}"


CALL_DATA = {"firstName": "Joe", "city": "Springfield", "plan": "gold"}
PATH = f"/v1/Outbound/{OUTBOUND}/Lead"
BODY = {
    "phoneNumber": PHONE,
    "externalId": "crm-42",
    "timeZoneId": "Pacific Standard Time",
    "callData": CALL_DATA,
}
KEY = "acct:s3cret"
LEAD = {"external_id": "crm-42", "time_zone": "America/Los_Angeles", "call_data": CALL_DATA}

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]


def nlpearl_client(url: str) -> Call:
    from nlpearl import NLPearl

    client = NLPearl(KEY, base_url=url)
    return lambda: client.add_lead(OUTBOUND, PHONE, **LEAD)


def nlpearl_client_national(url: str) -> Call:
    from nlpearl import NLPearl

    client = NLPearl(KEY, base_url=url, default_region="US")
    return lambda: client.add_lead(OUTBOUND, "(415) 555-0123", **LEAD)


def nlpearl_client_async(url: str) -> AsyncCall:
    from nlpearl import AsyncNLPearl

    client = AsyncNLPearl(KEY, base_url=url)
    return lambda: client.add_lead(OUTBOUND, PHONE, **LEAD)


def _generated_body() -> Any:
    from nlpearl_api.models import LeadToAddApi, LeadToAddApiCallData

    return LeadToAddApi(
        phone_number=PHONE,
        external_id="crm-42",
        time_zone_id="Pacific Standard Time",
        call_data=LeadToAddApiCallData.from_dict(CALL_DATA),
    )


def generated(url: str) -> Call:
    from nlpearl_api import AuthenticatedClient
    from nlpearl_api.api.outbound.add_lead import sync_detailed

    client = AuthenticatedClient(base_url=url, token=KEY)
    return lambda: sync_detailed(OUTBOUND, client=client, body=_generated_body())


def generated_async(url: str) -> AsyncCall:
    from nlpearl_api import AuthenticatedClient
    from nlpearl_api.api.outbound.add_lead import asyncio_detailed

    client = AuthenticatedClient(base_url=url, token=KEY)
    return lambda: asyncio_detailed(OUTBOUND, client=client, body=_generated_body())


def httpx_put(url: str) -> Call:
    import httpx

    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"})
    return lambda: client.put(PATH, json=BODY).json()["leadId"]


def httpx_put_async(url: str) -> AsyncCall:
    import httpx

    client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {KEY}"})

    async def call() -> Any:
        return (await client.put(PATH, json=BODY)).json()["leadId"]

    return call


def http_client(url: str) -> Call:
    from http.client import HTTPConnection

    connection = HTTPConnection(url.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}

    def call() -> Any:
        connection.request("PUT", PATH, json.dumps(BODY).encode(), headers)
        return json.loads(connection.getresponse().read())["leadId"]

    return call


def requests_session(url: str) -> Call:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"
    return lambda: session.put(url + PATH, json=BODY, timeout=30).json()["leadId"]


def aiohttp_async(url: str) -> AsyncCall:
    import aiohttp

    session: Any = None

    async def call() -> Any:
        nonlocal session
        session = session or aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"})
        async with session.put(url + PATH, json=BODY) as response:
            return (await response.json())["leadId"]

    return call


def vendor(url: str) -> Call:
    """The vendor's nlpearl 2.2.0, told of another server: its address is a constant."""
    import nlpearl as client
    from nlpearl import outbound

    vars(outbound)["_get_api_url"] = lambda: f"{url}/v1"
    vars(client).update(api_key=KEY, api_version="v1")
    add_lead = outbound.Outbound.add_lead
    zone = "Pacific Standard Time"
    return lambda: add_lead(OUTBOUND, PHONE, "crm-42", zone, CALL_DATA)


def vapi(url: str) -> Call:
    from vapi import Vapi

    client = Vapi(token=KEY, base_url=url)
    customer: Any = {"number": PHONE, "externalId": "crm-42"}
    return lambda: client.calls.create(
        assistant_id=OUTBOUND, phone_number_id=OUTBOUND, customer=customer
    )


def retell(url: str) -> Call:
    from retell import Retell

    client = Retell(api_key=KEY, base_url=url)
    return lambda: client.call.create_phone_call(
        from_number="+14155550100", to_number=PHONE, retell_llm_dynamic_variables=CALL_DATA
    )


def openai(url: str) -> Call:
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=url)
    return lambda: client.vector_stores.create(name="crm-42", metadata=CALL_DATA)


def openai_async(url: str) -> AsyncCall:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=KEY, base_url=url)
    return lambda: client.vector_stores.create(name="crm-42", metadata=CALL_DATA)


async def _repeat(call: AsyncCall, count: int) -> None:
    for _ in range(count):
        await call()


def measure(name: str, url: str, count: int) -> dict[str, float]:
    """CPU and wall time in microseconds, of one of so many calls."""
    make = globals()[name]
    with asyncio.Runner() as runner:

        def run(times: int) -> None:
            if name.endswith("_async"):
                runner.run(_repeat(call, times))
            else:
                for _ in range(times):
                    call()

        call = make(url)
        run(max(count // 10, 1))
        cpu, wall = time.process_time(), time.perf_counter()
        run(count)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu / count * 1e6, "wall": wall / count * 1e6}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))), flush=True)
    os._exit(0)  # what the peers still have to close is not measured
