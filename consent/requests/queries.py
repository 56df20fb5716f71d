"""Reads of requests."""

from consent.requests.listing import (
    ExplainedRequest,
    PageUnknown,
    RequestPage,
    RequestView,
    explain_request,
    get_request,
    list_requests,
)

__all__ = [
    "ExplainedRequest",
    "PageUnknown",
    "RequestPage",
    "RequestView",
    "explain_request",
    "get_request",
    "list_requests",
]
