"""The admin's sidebar: every app and page that the officer may open, and how many ungated paths there are."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activation.desk.queries import count_ungated

WITH_BADGE = "Lineage"
Entry = dict[str, Any]


def list_groups(request: HttpRequest) -> list[Entry]:
    """Return a group for each app, an item for each page."""
    apps = admin.site.get_app_list(request)
    return [{"title": app["name"], "items": [_item(page) for page in app["models"]]} for app in apps]


def _item(page: Mapping[str, Any]) -> Entry:
    item: Entry = {"title": page["name"], "link": page["admin_url"]}
    if page["object_name"] == WITH_BADGE and (count := count_ungated()):
        item |= {"badge": count, "badge_variant": "warning"}
    return item
