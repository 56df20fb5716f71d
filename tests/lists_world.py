"""Lists with rows of their own: views, exports and searches need few."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from activation.desk.lists.models import SavedFilter
from consent.policies.models import Jurisdiction

LAW = "/admin/consent_policies/jurisdiction/"
LAW_PAGE = "consent_policies.jurisdiction"
SAVE = "/admin/activation_desk/savedfilter/save/"
EXPORT = f"/admin/activation_desk/savedfilter/export/{LAW_PAGE}/"
SEARCH = "/admin/search/"
VIEW_LAW = "view_jurisdiction"


def make_officer(name: str, *permissions: str) -> Client:
    """Return the browser of an officer with these permissions."""
    user = User.objects.create_user(name, is_staff=True)
    for one in permissions:
        user.user_permissions.add(Permission.objects.get(codename=one))
    client = Client()
    client.force_login(user)
    return client


def make_jurisdiction(code: str, title: str = "Somewhere") -> Jurisdiction:
    return Jurisdiction.objects.create(code=code, title=title)


def make_view(owner: str, **fields: Any) -> SavedFilter:
    chosen = {"page": LAW_PAGE, "name": "Mine", "query": "o=1", **fields}
    return SavedFilter.objects.create(owner=User.objects.get(username=owner), **chosen)


def told(answer: Any) -> str:
    """Return what the next page tells the officer."""
    return " ".join(str(one) for one in answer.context["messages"])
