"""The addresses of the embed, below `/embed/`. None holds anything about a person or a device."""

from django.urls import path, re_path

from consent.portal.embed import serving, views

app_name = "embed"

urlpatterns = [
    path("consent.js", serving.current, name="script"),
    re_path(r"^consent\.(?P<digest>[0-9a-f]{16})\.js$", serving.lasting, name="lasting"),
    path("v1/sites/<str:key>", views.SiteView.as_view(), name="site"),
    path("v1/choices", views.ChoicesView.as_view(), name="choices"),
    path("v1/state", views.StateView.as_view(), name="state"),
]
