"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from activation.changes.api.views import OneSubscriptionView, ReplayView, SubscriptionsView

urlpatterns = [
    path("subscriptions", SubscriptionsView.as_view(), name="subscriptions"),
    path("subscriptions/<slug:slug>", OneSubscriptionView.as_view(), name="subscription"),
    path("subscriptions/<slug:slug>/replay", ReplayView.as_view(), name="subscription_replay"),
]
