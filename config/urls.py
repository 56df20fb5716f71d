"""Every address that the main process answers."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health
from config.favicon import favicon
from config.metrics import MetricsView
from config.signing_in.views import lead_to_sign_in
from config.well_known import gpc

urlpatterns = [
    path("", include("activation.checks.api.urls")),
    path("api/v1/", include("activation.changes.api.urls")),
    path("api/v1/", include("activation.enforcement.api.urls")),
    path("api/v1/", include("activation.receiving.api.urls")),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("api/v1/", include("consent.records.api.urls")),
    path("api/v1/", include("consent.ledger.api.urls")),
    path("api/v1/", include("consent.requests.api.urls")),
    path("api/v1/", include("consent.portal.api.urls")),
    path("drp/", include("consent.requests.protocols.drp.urls")),
    path("", include("consent.requests.protocols.opendsr.urls")),
    path("", include("consent.requests.protocols.data_deletion.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("embed/", include("consent.portal.embed.urls")),
    path("privacy/", include("consent.portal.urls")),
    path("admin/login/", lead_to_sign_in),
    path(
        "admin/", include("activation.desk.lists.urls")
    ),  # before the theme's search, which has words in URLs
    path("admin/", admin.site.urls),
    path("account/", include("config.signing_in.urls")),
    path("favicon.ico", favicon),
    path(".well-known/gpc.json", gpc, name="gpc"),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler404 = "config.problems.not_found"
handler500 = "config.problems.server_error"
