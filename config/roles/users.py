"""Accounts and roles in the admin. Roles are declared in code: here they are given, and read."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, BaseDialogForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from config.roles.accounts import end_sessions, is_last_administrator, tell_account
from config.roles.declared import ADMINISTRATOR, ROLES
from config.signing_in.officer_actions import OfficerActions

_TASKS = {role.title: role.task for role in ROLES}


class AccountForm(UserChangeForm):
    """An account. The last one that gives roles stays."""

    def clean(self) -> Any:
        """Refuse what would leave nobody who gives roles."""
        cleaned = super().clean()
        said = self.cleaned_data
        roles = said.get("groups")
        stays = said.get("is_active", self.instance.is_active) and (
            roles is None or any(role.name == ADMINISTRATOR.title for role in roles)
        )
        if not stays and is_last_administrator(self.instance):
            raise ValidationError(
                "Nobody else is an administrator: give the role to somebody first, then take it here."
            )
        return cleaned


class UserAdmin(OfficerActions, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not generic here
    """Who works here, and in which roles. Nobody changes their own roles, and nobody is deleted."""

    form = AccountForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "roles", "state", "last_login")
    list_filter = ("is_active", "groups")
    list_per_page = 50
    readonly_fields = ("last_login", "date_joined", "superuser")
    filter_horizontal = ()
    actions = ("reset_factors", "lift_lockouts")
    actions_detail = ("end_sessions",)
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        ("Roles", {"fields": ("is_active", "groups", "superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        ("Roles", {"fields": ("groups",)}),
        ("First password", {"fields": ("usable_password", "password1", "password2")}),
    )

    @admin.display(description="Roles")
    def roles(self, account: User) -> str:
        """Return the account's roles."""
        return ", ".join(role.name for role in account.groups.all()) or "none: sees the home page alone"

    @admin.display(description="State")
    def state(self, account: User) -> str:
        """Return whether the account can be used."""
        if not account.is_active:
            return "not active"
        return "active" if account.is_staff else "active, not for the admin"

    @admin.display(description="Superuser", boolean=True)
    def superuser(self, account: User) -> bool:
        """Return whether the account may do everything. Only the command line makes it so."""
        return account.is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the accounts with their roles."""
        in_order = Prefetch("groups", Group.objects.order_by("name"))
        return User.objects.prefetch_related(in_order)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; nothing of the password, for who may not set it."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return [
            (title, {"fields": [one for one in part["fields"] if one != "password"]}) for title, part in shown
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what nobody changes here, and of one's own account the roles too."""
        own = ("is_active", "groups") if obj and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Return the roles as boxes to tick, each with what it is for."""
        return _RolesField(
            queryset=Group.objects.order_by("name"),
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            required=False,
            label="Roles",
            help_text="Nobody approves what they wrote themselves, whatever roles they have.",
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account. Whoever is entered here works here. Django passes `change` by position."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the roles, and tell the ledger of them."""
        before = set(form.instance.groups.order_by("pk").values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        tell_account(form.instance, officer_id=request.user.pk or 0, roles_before=before, is_new=not change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may change the account: a superuser's, only a superuser."""
        is_above = getattr(obj, "is_superuser", False) and not request.user.is_superuser
        return not is_above and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the ledger names accounts. One that is over is made inactive."""
        return False

    def has_end_sessions_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may sign others out."""
        return request.user.has_perm("auth.change_user")

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="End sessions",
        permissions=["end_sessions"],
        icon="logout",
        dialog={
            "title": "End all sessions",
            "description": "The account is signed out everywhere at once. It can sign in again.",
            "form_class": None,
            "form_submit_text": "End all sessions",
        },
    )
    def end_sessions(self, request: HttpRequest, _form: BaseDialogForm, object_id: str) -> HttpResponseBase:
        """Sign the account out everywhere."""
        account = self.get_object(request, object_id)
        if account is None or not self.has_change_permission(request, account):
            raise PermissionDenied
        ended = end_sessions(account, officer_id=request.user.pk or 0)
        self.message_user(request, f"Signed out: {ended:,} session{'' if ended == 1 else 's'} ended.")
        return _go_to(request, reverse("admin:auth_user_change", args=[account.pk]))


class GroupAdmin(ModelAdmin):
    """The roles, to read. They are declared in the source, and made by `manage.py sync_roles`."""

    list_display = ("name", "task", "members")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "task", "listed")
    readonly_fields = ("name", "task", "listed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Return the roles, each with how many have it."""
        return Group.objects.annotate(users=Count("user"))

    @admin.display(description="What for")
    def task(self, role: Group) -> str:
        """Return what the role is there for."""
        return _TASKS.get(role.name, "a group of this installation")

    @admin.display(description="Accounts", ordering="users")
    def members(self, role: Any) -> int:
        """Return how many have it."""
        return int(role.users)

    @admin.display(description="Permissions")
    def listed(self, role: Group) -> str:
        """Return what it may do."""
        rows = role.permissions.select_related("content_type").order_by("content_type__app_label", "codename")
        return "; ".join(one.name for one in rows)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: roles are declared in the source."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: roles are declared in the source."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: roles are declared in the source."""
        return False


def _go_to(request: HttpRequest, page: str) -> HttpResponseBase:
    """Lead the officer on to `page`."""
    if request.headers.get("HX-Request"):  # the dialog's request: a plain redirect would land inside it
        return HttpResponse(headers={"HX-Redirect": page})
    return redirect(page)


class _RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """Roles, each with what it is for."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the role in words."""
        task = _TASKS.get(obj.name)
        return f"{obj.name}: {task}" if task else obj.name
