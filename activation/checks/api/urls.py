"""The addresses of the consent-check API."""

from django.urls import path

from activation.checks.api.views import EvaluationView

urlpatterns = [path("access/v1/evaluation", EvaluationView.as_view(), name="evaluation")]
