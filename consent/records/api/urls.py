"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.records.api.receipts import ReceiptView
from consent.records.api.signals import SignalView
from consent.records.api.subjects import ChoicesView, LookupView
from consent.records.api.views import ConsentsView, ImportView

urlpatterns = [
    path("consents", ConsentsView.as_view(), name="consents"),
    path("consents/import", ImportView.as_view(), name="consents-import"),
    path("receipts/<str:record_id>", ReceiptView.as_view(), name="receipt"),
    path("subjects/lookup", LookupView.as_view(), name="subjects-lookup"),
    path("subjects/choices", ChoicesView.as_view(), name="subjects-choices"),
    path("subjects/signal", SignalView.as_view(), name="subjects-signal"),
]
