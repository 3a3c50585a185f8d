"""Contains all the data models used in inputs/outputs"""

from .lead_api import LeadApi
from .lead_api_call_data_type_0 import LeadApiCallDataType0
from .lead_api_collected_data_type_0 import LeadApiCollectedDataType0
from .lead_api_last_call_type_0 import LeadApiLastCallType0
from .lead_to_add_api import LeadToAddApi
from .lead_to_add_api_call_data import LeadToAddApiCallData
from .lead_to_add_response_api import LeadToAddResponseApi
from .validation_problem_details import ValidationProblemDetails
from .validation_problem_details_errors import ValidationProblemDetailsErrors

__all__ = (
    "LeadApi",
    "LeadApiCallDataType0",
    "LeadApiCollectedDataType0",
    "LeadApiLastCallType0",
    "LeadToAddApi",
    "LeadToAddApiCallData",
    "LeadToAddResponseApi",
    "ValidationProblemDetails",
    "ValidationProblemDetailsErrors",
)
