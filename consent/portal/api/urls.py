"""Addresses of this app, below `/api/v1/`."""

from django.urls import path

from consent.portal.api.views import PreferenceLinksView

urlpatterns = [path("preference-links", PreferenceLinksView.as_view(), name="preference-links")]
