"""Contains all the data models used in inputs/outputs"""

from .call_api_view import CallApiView
from .call_api_view_collected_info_type_0_item import CallApiViewCollectedInfoType0Item
from .call_api_view_transcript_type_0_item import CallApiViewTranscriptType0Item
from .delete_leads_external_request_api import DeleteLeadsExternalRequestApi
from .delete_leads_request_api import DeleteLeadsRequestApi
from .lead_api_view import LeadApiView
from .lead_api_view_call_data_type_0 import LeadApiViewCallDataType0
from .lead_api_view_collected_data_type_0 import LeadApiViewCollectedDataType0
from .lead_api_view_last_call_type_0 import LeadApiViewLastCallType0
from .lead_list_api_view import LeadListApiView
from .lead_list_api_view_call_data_type_0 import LeadListApiViewCallDataType0
from .lead_list_api_view_table_search_result import LeadListApiViewTableSearchResult
from .lead_search import LeadSearch
from .lead_to_add_api import LeadToAddApi
from .lead_to_add_api_call_data import LeadToAddApiCallData
from .lead_to_add_response_api import LeadToAddResponseApi
from .lead_to_update_api import LeadToUpdateApi
from .lead_to_update_api_call_data import LeadToUpdateApiCallData
from .pearl_api import PearlApi
from .validation_problem_details import ValidationProblemDetails
from .validation_problem_details_errors import ValidationProblemDetailsErrors

__all__ = (
    "CallApiView",
    "CallApiViewCollectedInfoType0Item",
    "CallApiViewTranscriptType0Item",
    "DeleteLeadsExternalRequestApi",
    "DeleteLeadsRequestApi",
    "LeadApiView",
    "LeadApiViewCallDataType0",
    "LeadApiViewCollectedDataType0",
    "LeadApiViewLastCallType0",
    "LeadListApiView",
    "LeadListApiViewCallDataType0",
    "LeadListApiViewTableSearchResult",
    "LeadSearch",
    "LeadToAddApi",
    "LeadToAddApiCallData",
    "LeadToAddResponseApi",
    "LeadToUpdateApi",
    "LeadToUpdateApiCallData",
    "PearlApi",
    "ValidationProblemDetails",
    "ValidationProblemDetailsErrors",
)
