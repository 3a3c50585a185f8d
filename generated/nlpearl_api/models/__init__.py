"""Contains all the data models used in inputs/outputs"""

from .lead_to_add_api import LeadToAddApi
from .lead_to_add_api_call_data import LeadToAddApiCallData
from .lead_to_add_response_api import LeadToAddResponseApi
from .validation_problem_details import ValidationProblemDetails
from .validation_problem_details_errors import ValidationProblemDetailsErrors

__all__ = (
    "LeadToAddApi",
    "LeadToAddApiCallData",
    "LeadToAddResponseApi",
    "ValidationProblemDetails",
    "ValidationProblemDetailsErrors",
)
