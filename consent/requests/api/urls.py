"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.requests.api.callbacks import StepCallbackView
from consent.requests.api.views import CancellationView, OneRequestView, RequestsView, VerificationView

urlpatterns = [
    path("requests", RequestsView.as_view(), name="requests"),
    path("requests/<uuid:request_id>", OneRequestView.as_view(), name="request"),
    path("requests/<uuid:request_id>/verification", VerificationView.as_view(), name="request-verification"),
    path("requests/<uuid:request_id>/cancel", CancellationView.as_view(), name="request-cancel"),
    path("steps/<uuid:step_id>/callback", StepCallbackView.as_view(), name="step-callback"),
]
