"""Makes the groups exactly as the roles are declared. Groups of the installation's own are left alone."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as PermissionRow
from django.db import transaction

from config.roles.declared import ROLES, Role
from config.roles.permissions import Permission, get_permissions
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream

SYNCED = "roles_synced"


@dataclass(frozen=True, slots=True)
class Change:
    """How one role's group differs from what is declared."""

    role: Role
    is_new: bool
    given: tuple[str, ...]
    """Permissions that the group lacks."""
    taken: tuple[str, ...]
    """Permissions that it has, and should not."""
    unmade: tuple[str, ...] = ()
    """Permissions that the database does not know yet: `migrate` makes them."""

    def __bool__(self) -> bool:
        return bool(self.is_new or self.given or self.taken)


def list_changes() -> list[Change]:
    """Return what `sync` would change now, a line for each role that differs. Three statements."""
    known = _known()
    groups = {
        group.name: {(one.content_type.app_label, one.codename) for one in group.permissions.all()}
        for group in _groups()
    }
    found = (_compare(role, groups.get(role.title), set(known)) for role in ROLES)
    return [change for change in found if change or change.unmade]


@transaction.atomic
def sync() -> list[Change]:
    """Make the groups exactly as declared, tell the ledger what changed, and return it. Safe to run twice."""
    found = {role.title for role in ROLES if Group.objects.get_or_create(name=role.title)[1]}
    for _ in Group.objects.select_for_update().filter(name__in=_titles()).order_by("pk"):
        pass
    known = _known()
    changes = [replace(one, is_new=one.role.title in found) for one in list_changes()]
    for change in changes:
        group = Group.objects.get(name=change.role.title)
        group.permissions.set(known[one] for one in get_permissions(change.role) if one in known)
    told = {
        change.role.slug: {"given": list(change.given), "taken": list(change.taken)}
        for change in changes
        if change
    }
    if told:
        ledger.append(stream=Stream.AUDIT, entries=[NewEntry(SYNCED, {"roles": told})])
    return changes


def _compare(role: Role, found: set[Permission] | None, known: set[Permission]) -> Change:
    declared, has = get_permissions(role), found or set()
    return Change(
        role,
        is_new=found is None,
        given=_names(declared & known - has),
        taken=_names(has - declared),
        unmade=_names(declared - known),
    )


def _known() -> dict[Permission, int]:
    rows = PermissionRow.objects.order_by("pk").values_list("content_type__app_label", "codename", "pk")
    return {(app, name): pk for app, name, pk in rows}


def _groups() -> list[Group]:
    rows = Group.objects.filter(name__in=_titles()).order_by("pk")
    return list(rows.prefetch_related("permissions__content_type"))


def _titles() -> list[str]:
    return [role.title for role in ROLES]


def _names(permissions: "set[Permission] | frozenset[Permission]") -> tuple[str, ...]:
    return tuple(sorted(f"{app}.{name}" for app, name in permissions))
