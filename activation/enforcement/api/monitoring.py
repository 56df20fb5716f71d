"""Addresses for monitoring, below the root."""

from django.urls import path

from activation.enforcement.api.metrics import MetricsView

urlpatterns = [path("metrics", MetricsView.as_view(), name="metrics")]
