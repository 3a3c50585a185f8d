from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.lead_to_add_api import LeadToAddApi
from ...models.lead_to_add_response_api import LeadToAddResponseApi
from ...models.validation_problem_details import ValidationProblemDetails
from ...types import Response


def _get_kwargs(
    pearl_id: str,
    *,
    body: LeadToAddApi,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/Outbound/{pearl_id}/Lead".format(
            pearl_id=quote(str(pearl_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LeadToAddResponseApi | ValidationProblemDetails | None:
    if response.status_code == 200:
        response_200 = LeadToAddResponseApi.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ValidationProblemDetails.from_dict(response.json())

        return response_400

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[LeadToAddResponseApi | ValidationProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    pearl_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: LeadToAddApi,
) -> Response[LeadToAddResponseApi | ValidationProblemDetails]:
    """Add Lead

    Args:
        pearl_id (str):
        body (LeadToAddApi):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LeadToAddResponseApi | ValidationProblemDetails]
    """

    kwargs = _get_kwargs(
        pearl_id=pearl_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    pearl_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: LeadToAddApi,
) -> LeadToAddResponseApi | ValidationProblemDetails | None:
    """Add Lead

    Args:
        pearl_id (str):
        body (LeadToAddApi):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LeadToAddResponseApi | ValidationProblemDetails
    """

    return sync_detailed(
        pearl_id=pearl_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    pearl_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: LeadToAddApi,
) -> Response[LeadToAddResponseApi | ValidationProblemDetails]:
    """Add Lead

    Args:
        pearl_id (str):
        body (LeadToAddApi):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LeadToAddResponseApi | ValidationProblemDetails]
    """

    kwargs = _get_kwargs(
        pearl_id=pearl_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    pearl_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: LeadToAddApi,
) -> LeadToAddResponseApi | ValidationProblemDetails | None:
    """Add Lead

    Args:
        pearl_id (str):
        body (LeadToAddApi):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LeadToAddResponseApi | ValidationProblemDetails
    """

    return (
        await asyncio_detailed(
            pearl_id=pearl_id,
            client=client,
            body=body,
        )
    ).parsed
