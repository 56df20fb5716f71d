"""The page on permissions: what each role may do on each page, and which scope the API asks for."""

import os
from collections.abc import Iterable, Iterator
from itertools import groupby

import django

from config.launch.arguments import ROOT

PERMISSIONS_PAGE = ROOT / "docs" / "reference" / "permissions.md"
_HEAD = """# Who may do what

<!-- Written by ./dev check --fix from config/roles. -->

Roles are declared in `config/roles/declared.py`; `manage.py sync_roles` makes a group of each. How to give
them: [roles and the audit trail](../how-to/give-roles.md). Why they are so:
[ADR 38](../adr/0038-roles-and-the-audit-trail.md).

Whoever has several roles may do what any of them may, with one exception that no role lifts: nobody approves
what they wrote, asked for or proposed themselves.
"""
_LEGEND = """## Pages of the admin

`reads`: opens the page (GET). `acts`: sends it something, too (any other method). `looks`: what is sent
changes nothing, and the ledger was told before anything is shown or handed out. `-`: closed, answered with
403. A page of which nothing is declared is closed to everybody.
"""
_SCOPES = """## Scopes of the API

Programs have no roles: each has a key, and a key has scopes. Without a key the answer is 401, with one that
lacks the scope 403. Administrators make keys. An address without a scope is open to anybody, or asks for a
proof of its own protocol's.
"""


def permissions_page() -> str:
    """Return the page."""
    _set_up()
    from config.roles.declared import ROLES  # noqa: PLC0415 - Django is set up only now

    roles = "\n".join(f"| **{role.title}** | {role.task} |" for role in ROLES)
    parts = [_HEAD, f"## Roles\n\n| role | is there for |\n|---|---|\n{roles}\n", *_permissions()]
    parts += [_LEGEND, *_sections(), _SCOPES, _table(("method", "address", "scope"), _scopes())]
    return "\n".join(parts)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()


def _permissions() -> Iterator[str]:
    """Yield the table of permissions that are no model's usual ones: what they let do, and who has them."""
    from django.apps import apps  # noqa: PLC0415 - as above

    from config.roles.declared import ROLES  # noqa: PLC0415 - as above
    from config.roles.permissions import get_permissions  # noqa: PLC0415 - as above

    rows = []
    for model in apps.get_models():
        for name, words in model._meta.permissions:
            one = (model._meta.app_label, name)
            who = ", ".join(role.title.lower() for role in ROLES if one in get_permissions(role))
            rows.append((f"`{one[0]}.{one[1]}`", str(words), who or "nobody"))
    yield "## Permissions of our own\n"
    yield _table(("permission", "lets", "roles"), sorted(rows))


def _sections() -> Iterator[str]:
    from config.roles.declared import ROLES  # noqa: PLC0415 - as above
    from config.roles.matrix import Row, list_rows  # noqa: PLC0415 - as above

    def tell(row: Row, slug: str) -> str:
        if slug in row.acted_on_by:
            return "looks" if row.page.need.is_look else "acts"
        return "reads" if slug in row.opened_by else "-"

    def area(row: Row) -> str:
        return row.page.model_admin.opts.app_label if row.page.model_admin else "of the site"

    heads = ("page", *(role.title.lower() for role in ROLES))
    rows = sorted(list_rows(), key=area)
    for title, found in groupby(rows, area):
        here = list(found)
        lines = [
            (f"`{_name(row.page)}`", *(tell(row, role.slug) for role in ROLES))
            for row in here
            if row.opened_by or row.acted_on_by
        ]
        closed = [f"`{_name(row.page)}`" for row in here if not row.opened_by and not row.acted_on_by]
        yield f"### {title}\n"
        yield _table(heads, lines)
        if closed:
            yield f"Closed to everybody: {', '.join(closed)}.\n"


def _name(page: object) -> str:
    from config.roles.pages import Page  # noqa: PLC0415 - as above

    assert isinstance(page, Page)  # noqa: S101 - for the type checker
    fixed = "".join(f" {key}={value}" for key, value in page.need.arguments.items())
    return f"admin:{page.name}{fixed}"


def _scopes() -> Iterator[tuple[str, str, str]]:
    from config.roles.scopes import list_endpoints  # noqa: PLC0415 - as above

    for endpoint in list_endpoints():
        yield endpoint.method, f"`{endpoint.route}`", f"`{endpoint.scope}`" if endpoint.scope else "none"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
