"""Addresses of the Data Rights Protocol, below `/drp/`."""

from django.urls import path

from consent.requests.protocols.drp.views import AgentView, ExerciseView, OneRequestView, SlashedExerciseView

urlpatterns = [
    path("v1/data-rights-request", ExerciseView.as_view(), name="drp-exercise"),
    path("v1/data-rights-request/", SlashedExerciseView.as_view()),
    path("v1/data-rights-request/<uuid:request_id>", OneRequestView.as_view(), name="drp-request"),
    path("v1/agent/<slug:agent_id>", AgentView.as_view(), name="drp-agent"),
]
