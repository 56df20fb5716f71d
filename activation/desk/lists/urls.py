"""The address of the search over all pages."""

from django.contrib import admin
from django.urls import path

from activation.desk.lists.finding.page import search

urlpatterns = [path("search/", admin.site.admin_view(search), name="desk_search")]
