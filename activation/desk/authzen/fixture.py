"""Loads the certification fixture: its policy in the ordinary way, its destinations and people, and a key."""

import io
import secrets
from datetime import datetime, timedelta
from importlib.resources import files

from django.contrib.auth.models import User

from activation.checks import services as checks
from activation.checks.types import Scope
from activation.desk import services as desk
from activation.desk.queries import get_run
from activation.destinations import queries as register
from activation.destinations import services as destinations
from activation.destinations.types import DestinationKind
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies import queries, services
from consent.policies.types import ImportedPolicy, PolicyStatus, PublishedPolicy
from consent.records import services as records

KEY = "authzen_fixture"
"""The fixture's policy, whatever its version."""
RECORDS, RESOURCE_TYPE = ("record-1", "record-2"), "record"
AUTHOR, APPROVER = "authzen-author", "authzen-approver"
_SOURCE = "authzen-fixture"
_WHY_LAXER = "The fixture of a certification: invented people, no data."
_SCOPES = (Scope.CHECK, Scope.SEARCH, Scope.IDENTIFIERS)


class AnotherPolicyPublished(AccordantError):
    """The installation has a policy of its own, which the fixture's would replace."""

    code = "another_policy_published"
    status = 409


class FixtureNotLoaded(AccordantError):
    """Something else has a name of the fixture's, or the fixture's data were refused."""

    code = "fixture_not_loaded"
    status = 409


def load_fixture(*, replaced_key: str | None, at: datetime) -> PublishedPolicy:
    """Put the fixture's policy in force, unless it is, and load its destinations and people.

    Safe to run twice: what is there already stays as it is. `replaced_key`: the policy that may be replaced.

    :raises AnotherPolicyPublished: if another policy was ever published, and `replaced_key` is not it.
    :raises FixtureNotLoaded: if a destination of that name is another one, or the people are refused.
    """
    _check_is_alone(replaced_key)
    _check_names_are_free()
    policy = _get_policy(at)
    _register(policy, at=at)
    _record_people(at=at)
    return policy


def make_fixture_key(*, valid_for: timedelta, at: datetime) -> str:
    """Return a new key with all that the scenario needs. This is the only time it can be seen."""
    name = f"{_SOURCE}-{secrets.token_hex(4)}"
    return checks.create_key(name=name, scopes=_SCOPES, valid_for=valid_for, at=at)


def _check_is_alone(replaced_key: str | None) -> None:
    versions = queries.list_versions()
    others = sorted({one.key for one in versions if one.status is PolicyStatus.PUBLISHED} - {KEY})
    if others and others != [replaced_key]:
        raise AnotherPolicyPublished(
            f"the policy {', '.join(others)} is published here, and the fixture's would be in force in its"
            " place: load the fixture into an installation of its own"
        )


def _check_names_are_free() -> None:
    known = register.get_register()
    for slug in RECORDS:
        if slug in known and known[slug].resource_type != RESOURCE_TYPE:
            raise FixtureNotLoaded(f"{slug} is registered as another type of resource than {RESOURCE_TYPE}")


def _get_policy(at: datetime) -> PublishedPolicy:
    text = files(__package__).joinpath("policy.yaml").read_text(encoding="utf-8")
    policy = queries.get_policy_in_force(at=at)
    if policy is None or policy.digest != services.check_policy(text=text):
        _publish(text, at=at)
        policy = queries.get_policy_in_force(at=at)
    if policy is None or policy.key != KEY:
        raise FixtureNotLoaded("the fixture's policy was published, but is not in force: is the clock right?")
    return policy


def _publish(text: str, *, at: datetime) -> None:
    """Take the text the way that every policy takes: one officer writes, another looks at what it changes."""
    author, approver = _officer(AUTHOR), _officer(APPROVER)
    draft = services.import_policy(text=text, author_id=author.pk, at=at)
    for warning in queries.list_open_warnings(version_id=draft.version_id, at=at):
        services.acknowledge_warning(
            version_id=draft.version_id, key=warning.key, reason=_WHY_LAXER, officer_id=author.pk, at=at
        )
    services.submit_for_review(version_id=draft.version_id, at=at, officer_id=author.pk)
    services.approve(
        version_id=draft.version_id,
        approver_id=approver.pk,
        confirmed_digest=draft.digest,
        confirmed_figures=_simulate(draft, approver, at=at),
        at=at,
    )
    services.publish(version_id=draft.version_id, effective_at=at, at=at, officer_id=approver.pk)


def _simulate(draft: ImportedPolicy, officer: User, *, at: datetime) -> str:
    run_id = desk.begin_simulation(version_id=draft.version_id, officer_id=officer.pk)
    desk.run_simulation(run_id=run_id, at=at)
    run = get_run(run_id=run_id)
    if run is None or run.figures_digest is None:
        raise FixtureNotLoaded("the simulation has no figures: look at it in the admin")
    return run.figures_digest


def _officer(name: str) -> User:
    """Return the officer `name`, who cannot log in."""
    officer, created = User.objects.get_or_create(username=name)
    if created:
        officer.set_unusable_password()
        officer.save(update_fields=["password"])
    return officer


def _register(policy: PublishedPolicy, *, at: datetime) -> None:
    known = register.get_register()
    for slug, entry in sorted(canonical.loads(policy.canonical)["destinations"].items()):
        if slug not in known:
            destinations.register_destination(
                slug=slug,
                kind=DestinationKind(entry["kind"]),
                title=entry["title"],
                resource_type=RESOURCE_TYPE,
                registered_by=APPROVER,
                at=at,
            )


def _record_people(*, at: datetime) -> None:
    text = files(__package__).joinpath("people.ndjson").read_bytes()
    report = records.import_file(
        file=io.BytesIO(text), file_format=records.Format.NDJSON, source=_SOURCE, at=at
    )
    if report.rejected:
        raise FixtureNotLoaded(f"the people were refused: {report.faults[0]}")
