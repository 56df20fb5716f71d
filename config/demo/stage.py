"""What the story needs before it begins: two officers, a policy in force, registered destinations, a key."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import Group, User

from activation.checks import services as checks
from activation.checks.types import Scope
from activation.desk import services as desk
from activation.desk.queries import get_run
from activation.desk.types import RunSummary
from activation.destinations import queries as register
from activation.destinations import services as destinations
from activation.destinations.types import DestinationKind
from config.demo.telling import Teller
from config.roles.declared import APPROVER as APPROVING
from config.roles.declared import PRIVACY_OFFICER, ROLES, Role
from config.roles.syncing import sync
from consent.kernel import canonical
from consent.policies import queries, services
from consent.policies.types import ImportedPolicy, PublishedPolicy

POLICY_FILE = Path(__file__).with_name("retailer.yaml")
AUTHOR, APPROVER = "ada", "ben"
WHY_LAXER = "The shop is for adults; its terms ask customers to be 18. Example, not legal advice."
KEY_VALID_FOR = timedelta(hours=1)


def publish_policy(*, at: datetime, teller: Teller) -> PublishedPolicy:
    """Return the retailer's policy in force; import, approve and publish it first if it is not."""
    text = POLICY_FILE.read_text(encoding="utf-8")
    policy = queries.get_policy_in_force(at=at)
    if policy is None or policy.digest != services.check_policy(text=text):
        _publish(text, at=at, teller=teller)
        policy = queries.get_policy_in_force(at=at)
    if policy is None:
        raise RuntimeError("the policy was published, but is not in force: is the clock right?")
    teller.say(f"In force: {policy.key}, version {policy.version}, digest {policy.digest}")
    return policy


def _publish(text: str, *, at: datetime, teller: Teller) -> None:
    author, approver = get_officers()
    law = services.import_law(at=at)
    teller.say(f"The law table is there: {law.added + law.changed + law.unchanged} dated and sourced rows.")
    draft = services.import_policy(text=text, author_id=author.pk, at=at)
    teller.say(f"Ada imports {POLICY_FILE.name} as version {draft.version}.")
    submit(draft, author, at=at, teller=teller)
    _try_self_approval(draft, author, at=at, teller=teller)
    figures = simulate(draft, approver, at=at, teller=teller).figures_digest
    services.approve(
        version_id=draft.version_id,
        approver_id=approver.pk,
        confirmed_digest=draft.digest,
        confirmed_figures=figures,
        at=at,
    )
    services.publish(version_id=draft.version_id, effective_at=at, at=at, officer_id=approver.pk)
    teller.say("Ben reads it, confirms its digest and that of the figures, and publishes it.")


def submit(draft: ImportedPolicy, author: User, *, at: datetime, teller: Teller) -> None:
    """Answer what the law table warns of, and hand the draft over."""
    warnings = queries.list_open_warnings(version_id=draft.version_id, at=at)
    if warnings:
        teller.say(f"It is laxer than the law table in {len(warnings)} places, such as {warnings[0].path}:")
        teller.say(f"  {warnings[0].message} ({warnings[0].citation})")
    for warning in warnings:
        services.acknowledge_warning(
            version_id=draft.version_id, key=warning.key, reason=WHY_LAXER, officer_id=author.pk, at=at
        )
    if warnings:
        teller.say(f"Ada says why it stays so: {WHY_LAXER}")
    services.submit_for_review(version_id=draft.version_id, at=at, officer_id=author.pk)


def simulate(draft: ImportedPolicy, officer: User, *, at: datetime, teller: Teller) -> RunSummary:
    """Try the draft out on the people on record, and tell what it would change."""
    run_id = desk.begin_simulation(version_id=draft.version_id, officer_id=officer.pk)
    desk.run_simulation(run_id=run_id, at=at)
    run = get_run(run_id=run_id)
    if run is None or run.figures is None:
        raise RuntimeError("the simulation has no figures: look at it in the admin")
    teller.say("Ben simulates it. " + " ".join(run.figures["summary"]))
    return run


def _try_self_approval(draft: ImportedPolicy, author: User, *, at: datetime, teller: Teller) -> None:
    try:
        services.approve(
            version_id=draft.version_id,
            approver_id=author.pk,
            confirmed_digest=draft.digest,
            confirmed_figures="",
            at=at,
        )
    except services.SelfApproval as error:
        teller.say(f"She tries to approve it herself. Refused: {error}.")


def get_officers() -> tuple[User, User]:
    """Return who writes and who approves."""
    return _officer(AUTHOR, PRIVACY_OFFICER), _officer(APPROVER, APPROVING)


def _officer(name: str, role: Role) -> User:
    """Return the officer `name` in that role; the story's officers cannot log in."""
    officer, created = User.objects.get_or_create(username=name, defaults={"first_name": name.title()})
    if created:
        officer.set_unusable_password()
        officer.save(update_fields=["password"])
        _give(officer, role)
    return officer


@contextmanager
def signing_in() -> Iterator[dict[str, str]]:
    """Give what Ada fills in to sign in, for as long as the context lasts; she cannot afterwards."""
    ada, _ = get_officers()
    password = secrets.token_urlsafe(24)
    ada.set_password(password)
    ada.is_staff = True
    ada.save(update_fields=["password", "is_staff"])
    try:
        yield {"username": ada.username, "password": password}
    finally:
        ada.set_unusable_password()
        ada.is_staff = False
        ada.save(update_fields=["password", "is_staff"])


def _give(officer: User, *roles: Role) -> None:
    """Give the officer these roles, and no others."""
    sync()
    officer.groups.set(Group.objects.filter(name__in=[role.title for role in roles]))


def register_destinations(policy: PublishedPolicy, *, at: datetime, teller: Teller) -> None:
    """Register the destinations that the policy names and the register does not know."""
    known = register.get_register()
    document = canonical.loads(policy.canonical)
    for slug, entry in sorted(document["destinations"].items()):
        if slug not in known:
            destinations.register_destination(
                slug=slug,
                kind=DestinationKind(entry["kind"]),
                title=entry["title"],
                registered_by=APPROVER,
                at=at,
            )
    purposes, kinds = document["purposes"], {entry["kind"] for entry in document["destinations"].values()}
    teller.say(
        f"{len(purposes)} purposes, {len(document['rules'])} rules, {len(document['jurisdictions'])}"
        f" jurisdictions, {len(document['destinations'])} destinations of {len(kinds)} kinds."
    )


def make_key(*, at: datetime) -> tuple[str, str]:
    """Return the name of a new API key and the key, for the story's own calls."""
    name = f"demo-{secrets.token_hex(4)}"
    asking = (Scope.CHECK, Scope.EXPLAIN, Scope.REQUESTS, Scope.REQUESTS_VOUCH)
    scopes = (*asking, Scope.CONSENTS_WRITE, Scope.LINEAGE_WRITE, Scope.PREFERENCES)
    return name, checks.create_key(name=name, scopes=scopes, valid_for=KEY_VALID_FOR, at=at)


def make_login() -> tuple[str, str]:
    """Return name and password of the demo's officer, who has every role. Each call makes a new password."""
    officer, _ = User.objects.get_or_create(username="officer")
    password = secrets.token_urlsafe(12)
    officer.set_password(password)
    officer.is_staff, officer.is_superuser = True, False
    officer.save(update_fields=["password", "is_staff", "is_superuser"])
    _give(officer, *ROLES)
    return officer.username, password
