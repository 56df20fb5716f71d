"""A change of the policy: drafted, compared, simulated on everybody, and left for an officer to decide on."""

from datetime import datetime
from io import StringIO
from typing import Any

from django.core.management import call_command

from config.demo import stage
from config.demo.evidence import StoryFailed
from config.demo.telling import Teller
from consent.policies import queries, services
from consent.policies.types import ImportedPolicy, PublishedPolicy

_RULE = "- id: profiling-interest\n"
_NOW, _THEN = "basis: legitimate_interest\n", "basis: consent\n    validity: P13M\n"
_SHOWN = 4


def propose(*, at: datetime, teller: Teller) -> dict[str, Any]:
    """Draft a rule that asks for consent, tell what it would change, and return the figures.

    :raises StoryFailed: if it would change nothing, or allow anything.
    """
    policy = queries.get_policy_in_force(at=at)
    if policy is None:
        raise StoryFailed("no policy is in force")
    author, approver = stage.get_officers()
    draft = _find_draft(policy) or _write_draft(author_id=author.pk, at=at)
    teller.say(f"Ada drafts version {draft.version}: in Brazil, profiles shall need a yes.")
    for line in _compare(policy, draft):
        teller.say(f"  {line}")
    run = stage.simulate(draft, approver, at=at, teller=teller)
    figures = run.figures or {}
    reasons = figures["by_reason"][:_SHOWN]
    teller.say_counts({f"{one['before']} > {one['after']}": one["answers"] for one in reasons})
    if figures["deny_to_allow"] or not figures["allow_to_deny"]:
        raise StoryFailed("asking for consent must turn some answers to deny, and none to allow")
    teller.say(
        "Nothing has changed yet. The draft and its figures are in the admin, under Desk, Simulation runs."
    )
    return {name: figures[name] for name in ("people", "people_touched", "allow_to_deny", "deny_to_allow")}


def _find_draft(policy: PublishedPolicy) -> ImportedPolicy | None:
    """Return the draft of an earlier telling."""
    digest = services.check_policy(text=_changed_text())
    found = [one for one in queries.list_versions(key=policy.key) if one.digest == digest]
    if not found:
        return None
    return ImportedPolicy(
        version_id=found[0].version_id, key=policy.key, version=found[0].version, digest=digest
    )


def _write_draft(*, author_id: int, at: datetime) -> ImportedPolicy:
    return services.import_policy(text=_changed_text(), author_id=author_id, at=at)


def _changed_text() -> str:
    before, rule, after = stage.POLICY_FILE.read_text(encoding="utf-8").partition(_RULE)
    return before + rule + after.replace(_NOW, _THEN, 1)


def _compare(policy: PublishedPolicy, draft: ImportedPolicy) -> list[str]:
    told = StringIO()
    call_command("compare_policies", str(policy.version), str(draft.version), key=policy.key, stdout=told)
    return told.getvalue().splitlines()
