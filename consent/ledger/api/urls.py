"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.ledger.api.views import ChangesView, CheckpointView, LogKeysView, ProofView

urlpatterns = [
    path("changes", ChangesView.as_view(), name="changes"),
    path("ledger/checkpoint", CheckpointView.as_view(), name="ledger-checkpoint"),
    path("ledger/keys", LogKeysView.as_view(), name="ledger-keys"),
    path("ledger/proof/<int:index>", ProofView.as_view(), name="ledger-proof"),
]
