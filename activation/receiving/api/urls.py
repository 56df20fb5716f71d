"""Addresses of this room, below `/api/v1/`."""

from django.urls import path

from activation.receiving.api.views import LineageBatchView, LineageView

urlpatterns = [
    path("lineage", LineageView.as_view(), name="lineage"),
    path("lineage/batch", LineageBatchView.as_view(), name="lineage-batch"),
]
