"""Addresses of the Data Deletion Request Framework."""

from django.urls import path

from consent.requests.protocols.data_deletion.views import DiscoveryView, EndpointView

urlpatterns = [
    path("dsrdelete.json", DiscoveryView.as_view(), name="data-deletion-discovery"),
    path("data-deletion", EndpointView.as_view(), name="data-deletion"),
]
