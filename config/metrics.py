"""Figures for monitoring, in Prometheus' format, of every floor."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from rest_framework.request import Request
from rest_framework.views import APIView

from activation.enforcement.suppression.figures import PullThroughFigures
from config.figures import LineageFigures

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsView(APIView):
    """How withdrawals get through to the destinations, and lineage to its transports."""

    required_scope = "metrics:read"

    @extend_schema(exclude=True)
    def get(self, _request: Request) -> HttpResponse:
        """Return the figures as they are in the database now, whichever process is asked."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(PullThroughFigures())
        registry.register(LineageFigures())
        return HttpResponse(generate_latest(registry), content_type=_MEDIA_TYPE)
