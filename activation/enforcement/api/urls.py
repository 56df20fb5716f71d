"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from activation.enforcement.api.audiences import AudiencesView, DriftView
from activation.enforcement.api.suppressions import AcknowledgementsView, ClocksView, SuppressionsView
from activation.enforcement.api.views import CancelRunView, RunsView, RunView

urlpatterns = [
    path("runs", RunsView.as_view(), name="runs"),
    path("runs/<uuid:run_id>", RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel", CancelRunView.as_view(), name="run_cancel"),
    path("audiences", AudiencesView.as_view(), name="audiences"),
    path("audiences/<slug:slug>/drift", DriftView.as_view(), name="audience_drift"),
    path("suppressions", SuppressionsView.as_view(), name="suppressions"),
    path("suppressions/acknowledgements", AcknowledgementsView.as_view(), name="acknowledgements"),
    path("destinations/<slug:slug>/clocks", ClocksView.as_view(), name="clocks"),
]
