"""Figures for monitoring, in Prometheus' format."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector
from rest_framework.request import Request
from rest_framework.views import APIView

from activation.enforcement.suppression.figures import PullThroughFigures

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsView(APIView):
    """How withdrawals get through to the destinations, and what else is to be told."""

    required_scope = "metrics:read"
    collectors: tuple[type[Collector], ...] = (PullThroughFigures,)

    @extend_schema(exclude=True)
    def get(self, _request: Request) -> HttpResponse:
        """Return the figures as they are in the database now, whichever process is asked."""
        registry = CollectorRegistry(auto_describe=False)
        for collector in self.collectors:
            registry.register(collector())
        return HttpResponse(generate_latest(registry), content_type=_MEDIA_TYPE)
