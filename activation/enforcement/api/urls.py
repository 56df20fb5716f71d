"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from activation.enforcement.api.audiences import AudiencesView, DriftView
from activation.enforcement.api.views import CancelRunView, RunsView, RunView

urlpatterns = [
    path("runs", RunsView.as_view(), name="runs"),
    path("runs/<uuid:run_id>", RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel", CancelRunView.as_view(), name="run_cancel"),
    path("audiences", AudiencesView.as_view(), name="audiences"),
    path("audiences/<slug:slug>/drift", DriftView.as_view(), name="audience_drift"),
]
