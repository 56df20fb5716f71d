"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.records.api.views import ConsentsView, ImportView

urlpatterns = [
    path("consents", ConsentsView.as_view(), name="consents"),
    path("consents/import", ImportView.as_view(), name="consents-import"),
]
