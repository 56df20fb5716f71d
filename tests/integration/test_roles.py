"""Roles: made as declared, given by administrators, and never by oneself."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from config.roles.accounts import ACCOUNT_CHANGED, ACCOUNT_MADE, SESSIONS_ENDED
from config.roles.checks import DIFFERS, check_roles
from config.roles.declared import ADMINISTRATOR, APPROVER, AUDITOR, PRIVACY_OFFICER, ROLES
from config.roles.permissions import get_permissions
from config.roles.syncing import SYNCED, list_changes, sync
from consent.policies import services
from tests.admin_walk import make_officer_of
from tests.policy_officers import JAN_1, make_submitted
from tests.signing_in_world import PASSWORD, sign_in
from tests.trail_world import list_told

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}
WRITES = ("add_", "change_", "delete_")


def change_page(account: User) -> str:
    return reverse("admin:auth_user_change", args=[account.pk])


def save(client: Client, account: User, **fields: Any) -> Any:
    """Save the account's page as an administrator would, with these fields changed."""
    roles = [group.pk for group in account.groups.order_by("pk")]
    sent = {"username": account.username, "is_active": "on", "groups": roles, **fields}
    return client.post(
        change_page(account), {name: value for name, value in sent.items() if value is not None}
    )


def ids_of(*titles: str) -> list[int]:
    return [Group.objects.get(name=title).pk for title in titles]


def test_groups_are_made_as_declared_and_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync_roles")
    told = capsys.readouterr().out
    call_command("sync_roles")

    assert "Auditor (new)" in told
    assert "Every role is as declared." in capsys.readouterr().out
    assert list_changes() == []
    assert len(list_told(SYNCED)) == 1
    for role in ROLES:
        rows = Permission.objects.filter(group__name=role.title)
        found = set(rows.values_list("content_type__app_label", "codename"))
        assert found == get_permissions(role)


def test_a_dry_run_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync_roles", "--dry-run")

    assert "Auditor (new)" in capsys.readouterr().out
    assert not Group.objects.exists()
    assert list_told(SYNCED) == []


def test_what_somebody_changed_is_told_and_put_right_and_other_groups_are_left_alone() -> None:
    sync()
    own = Group.objects.create(name="Night shift")
    too_much = Permission.objects.get(codename="change_user")
    own.permissions.add(too_much)
    Group.objects.get(name=AUDITOR.title).permissions.add(too_much)

    (warning,) = check_roles(databases=["default"])
    sync()

    assert warning.id == DIFFERS
    assert "Auditor" in warning.msg
    assert list_told(SYNCED)[-1]["roles"] == {"auditor": {"given": [], "taken": ["auth.change_user"]}}
    assert check_roles(databases=["default"]) == []
    assert list(own.permissions.all()) == [too_much]


def test_the_auditor_may_change_nothing() -> None:
    assert [name for _, name in get_permissions(AUDITOR) if name.startswith(WRITES)] == []


def test_the_administrator_publishes_nothing_and_reads_nobody() -> None:
    names = {name for _, name in get_permissions(ADMINISTRATOR)}

    assert not names & {
        "approve_policyversion",
        "publish_policyversion",
        "read_request_content",
        "find_person",
    }


def test_whoever_has_both_roles_does_not_approve_their_own_draft() -> None:
    draft = make_submitted()
    author = User.objects.get(username="alice")
    author.groups.set(make_officer_of(PRIVACY_OFFICER, APPROVER).groups.all())

    with pytest.raises(services.SelfApproval):
        services.approve(
            version_id=draft.version_id,
            approver_id=author.pk,
            confirmed_digest=draft.digest,
            confirmed_figures="",
            at=JAN_1,
        )


def test_an_administrator_enters_somebody_and_gives_roles(client: Client) -> None:
    olga = make_officer_of(ADMINISTRATOR, name="olga")
    client.force_login(olga)
    sent = {"username": "petra", "usable_password": "false", "groups": ids_of(PRIVACY_OFFICER.title)}

    client.post(reverse("admin:auth_user_add"), sent)

    petra = User.objects.get(username="petra")
    assert (petra.is_staff, petra.is_superuser, petra.has_usable_password()) == (True, False, False)
    assert petra.has_perm("consent_requests.handle_requests")
    (told,) = list_told(ACCOUNT_MADE)
    assert (told["officer"], told["account"], told["given"]) == (olga.pk, petra.pk, [PRIVACY_OFFICER.title])


def test_roles_are_taken_and_that_is_told(client: Client) -> None:
    petra = make_officer_of(PRIVACY_OFFICER, name="petra")
    client.force_login(make_officer_of(ADMINISTRATOR, name="olga"))

    save(client, petra, groups=[], is_active=None)

    petra.refresh_from_db()
    assert (petra.is_active, list(petra.groups.all())) == (False, [])
    (told,) = list_told(ACCOUNT_CHANGED)
    assert (told["given"], told["taken"], told["is_active"]) == ([], [PRIVACY_OFFICER.title], False)


def test_nobody_raises_themselves(client: Client) -> None:
    olga = make_officer_of(ADMINISTRATOR, name="olga")
    make_officer_of(ADMINISTRATOR, name="otto")
    client.force_login(olga)

    save(
        client,
        olga,
        groups=ids_of(ADMINISTRATOR.title, PRIVACY_OFFICER.title),
        is_superuser="on",
        is_staff="on",
    )

    olga.refresh_from_db()
    assert [group.name for group in olga.groups.all()] == [ADMINISTRATOR.title]
    assert not olga.is_superuser


def test_nobody_makes_a_superuser_here(client: Client) -> None:
    petra = make_officer_of(PRIVACY_OFFICER, name="petra")
    client.force_login(make_officer_of(ADMINISTRATOR, name="olga"))

    save(client, petra, is_superuser="on", user_permissions=[Permission.objects.first().pk])  # type: ignore[union-attr]  # there are some

    petra.refresh_from_db()
    assert not petra.is_superuser
    assert not petra.user_permissions.exists()


def test_an_administrator_does_not_take_over_a_superuser(client: Client) -> None:
    root = User.objects.create_superuser("root", password="kept")
    client.force_login(make_officer_of(ADMINISTRATOR, name="olga"))
    password = {"password1": "taken-over-1", "password2": "taken-over-1", "usable_password": "true"}

    assert save(client, root).status_code == 403
    page = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(page, password).status_code == 403
    assert client.post(reverse("admin:auth_user_end_sessions", args=[root.pk]), SUBMITTED).status_code == 403
    root.refresh_from_db()
    assert root.check_password("kept")


@pytest.mark.parametrize("taken", [{"groups": []}, {"is_active": None}])
def test_the_last_administrator_stays(client: Client, taken: dict[str, Any]) -> None:
    last = make_officer_of(ADMINISTRATOR, name="olga")
    client.force_login(User.objects.create_superuser("root"))

    page = save(client, last, **taken)

    assert "Nobody else is an administrator" in page.content.decode()
    last.refresh_from_db()
    assert last.is_active
    assert [group.name for group in last.groups.all()] == [ADMINISTRATOR.title]


def test_one_of_two_administrators_may_go(client: Client) -> None:
    otto = make_officer_of(ADMINISTRATOR, name="otto")
    client.force_login(make_officer_of(ADMINISTRATOR, name="olga"))

    assert save(client, otto, groups=[]).status_code == 302
    assert not otto.groups.exists()


def test_sessions_of_one_account_end_and_no_others() -> None:
    petra, _ = (
        make_officer_of(role, name=name, password=PASSWORD)
        for role, name in ((PRIVACY_OFFICER, "petra"), (ADMINISTRATOR, "olga"))
    )
    elsewhere, client = sign_in("petra"), sign_in("olga")

    answer = client.post(reverse("admin:auth_user_end_sessions", args=[petra.pk]), SUBMITTED)

    assert answer.status_code in {200, 302}
    assert elsewhere.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert Session.objects.count() == 1
    assert [one["sessions"] for one in list_told(SESSIONS_ENDED)] == [1]


def test_roles_are_read_and_not_changed(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    sync()
    (role,) = ids_of(AUDITOR.title)
    page = reverse("admin:auth_group_change", args=[role])

    assert AUDITOR.task in client.get(page).content.decode()
    assert client.post(page, {"name": "Boss"}).status_code == 403
    assert client.get(reverse("admin:auth_group_add")).status_code == 403
