"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.requests.api.callbacks import StepCallbackView

urlpatterns = [
    path("steps/<uuid:step_id>/callback", StepCallbackView.as_view(), name="step-callback"),
]
