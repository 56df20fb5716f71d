"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from activation.enforcement.api.views import RunView

urlpatterns = [
    path("runs/<uuid:run_id>", RunView.as_view(), name="run"),
]
