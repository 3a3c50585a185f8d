from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.lead_api_view import LeadApiView
from ...models.validation_problem_details import ValidationProblemDetails
from ...types import Response


def _get_kwargs(
    outbound_id: str,
    external_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/Outbound/{outbound_id}/Lead/External/{external_id}".format(
            outbound_id=quote(str(outbound_id), safe=""),
            external_id=quote(str(external_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> LeadApiView | ValidationProblemDetails | None:
    if response.status_code == 200:
        response_200 = LeadApiView.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ValidationProblemDetails.from_dict(response.json())

        return response_400

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[LeadApiView | ValidationProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    outbound_id: str,
    external_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[LeadApiView | ValidationProblemDetails]:
    """Get Lead by External Id

    Args:
        outbound_id (str):
        external_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LeadApiView | ValidationProblemDetails]
    """

    kwargs = _get_kwargs(
        outbound_id=outbound_id,
        external_id=external_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    outbound_id: str,
    external_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> LeadApiView | ValidationProblemDetails | None:
    """Get Lead by External Id

    Args:
        outbound_id (str):
        external_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LeadApiView | ValidationProblemDetails
    """

    return sync_detailed(
        outbound_id=outbound_id,
        external_id=external_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    outbound_id: str,
    external_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[LeadApiView | ValidationProblemDetails]:
    """Get Lead by External Id

    Args:
        outbound_id (str):
        external_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LeadApiView | ValidationProblemDetails]
    """

    kwargs = _get_kwargs(
        outbound_id=outbound_id,
        external_id=external_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    outbound_id: str,
    external_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> LeadApiView | ValidationProblemDetails | None:
    """Get Lead by External Id

    Args:
        outbound_id (str):
        external_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LeadApiView | ValidationProblemDetails
    """

    return (
        await asyncio_detailed(
            outbound_id=outbound_id,
            external_id=external_id,
            client=client,
        )
    ).parsed
