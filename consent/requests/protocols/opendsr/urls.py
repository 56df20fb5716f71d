"""Addresses of OpenDSR, and of OpenGDPR before it."""

from django.urls import path

from consent.requests.protocols.opendsr import views

urlpatterns = [
    path("opendsr/v2/requests", views.RequestsView.as_view(), name="opendsr-requests"),
    path(
        "opendsr/v2/requests/<uuid:subject_request_id>",
        views.OneRequestView.as_view(),
        name="opendsr-request",
    ),
    path("opendsr/v2/discovery", views.DiscoveryView.as_view(), name="opendsr-discovery"),
    path("opendsr/v2/certificate.pem", views.CertificateView.as_view(), name="opendsr-certificate"),
    path("opendsr/v2/callbacks/<uuid:step_id>", views.CallbackView.as_view(), name="opendsr-callback"),
    path("opengdpr/v1/opengdpr_requests", views.OldRequestsView.as_view(), name="opengdpr-requests"),
    path(
        "opengdpr/v1/opengdpr_requests/<uuid:subject_request_id>",
        views.OldOneRequestView.as_view(),
        name="opengdpr-request",
    ),
    path("opengdpr/v1/discovery", views.OldDiscoveryView.as_view(), name="opengdpr-discovery"),
]
