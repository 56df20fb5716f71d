"""`manage.py explain_policy`: why a policy answers as it does, for a purpose, a place and a destination."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.explanation import Explanation, explain
from activation.destinations.queries import get_register
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies import queries
from consent.policies.types import PolicyStatus, PublishedPolicy

NOT_KNOWN = "unknown"
"""Stands for the jurisdiction of people of whom none is known."""


class Command(BaseCommand):
    """Prints, step by step, what a policy says to everybody in one place."""

    help = "Explain what a policy says of a purpose, in a jurisdiction, at a destination: a rule or a denial."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("version", type=int, nargs="?", help="a version, a draft too; or that in force")
        parser.add_argument("--key", help="the policy, where there are several")
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--jurisdiction", required=True, help=f"such as DE or US-CA, or {NOT_KNOWN}")
        parser.add_argument("--destination", required=True)
        parser.add_argument("--controller", help="whose question it is, where the policy has several")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, version: int | None, key: str | None, **asked: Any) -> None:
        """Print the explanation. That everybody is denied is an answer, not an error.

        :raises CommandError: if there is no such version or jurisdiction, or the controller must be named.
        """
        at = timezone.now()
        published, status = _in_force(key, at) if version is None else _numbered(version, key, at)
        policy = compile_policy(published)
        question = ExplainedQuestion.ask(
            policy,
            canonical.loads(published.canonical),
            get_register(),
            purpose=asked["purpose"],
            controller=asked["controller"] or _only_controller(policy),
            jurisdiction=_jurisdiction(asked["jurisdiction"]),
            destination=asked["destination"],
            at=at,
        )
        shape = _as_json if asked["json"] else _as_text
        self.stdout.write(shape(question, status, explain(question)))


def _in_force(key: str | None, at: datetime) -> tuple[PublishedPolicy, str]:
    policy = queries.get_policy_in_force(at=at, key=key)
    if policy is None:
        raise CommandError("no policy is in force: name a version, which may be a draft")
    return policy, "in force"


def _numbered(version: int, key: str | None, at: datetime) -> tuple[PublishedPolicy, str]:
    """Return the version as if it came into force now."""
    try:
        found = queries.find_version(number=version, key=key)
    except AccordantError as error:
        raise CommandError(str(error)) from error
    text = queries.get_version_text(version_id=found.version_id)
    if text is None:
        raise CommandError(f"there is no version {version}")
    return text.as_published(at), PolicyStatus(text.status).replace("_", " ")


def _only_controller(policy: CompiledPolicy) -> str:
    slugs = sorted(policy.establishments)
    if len(slugs) > 1:
        raise CommandError(f"the policy has several controllers: add --controller, one of {', '.join(slugs)}")
    return slugs[0]


def _jurisdiction(code: str) -> str | None:
    if code == NOT_KNOWN:
        return None
    if fault := queries.explain_code(code):
        raise CommandError(f"--jurisdiction: {fault} (or {NOT_KNOWN!r})")
    return code


def _as_text(asked: ExplainedQuestion, status: str, explanation: Explanation) -> str:
    return "\n".join(_lines(asked, status, explanation))


def _lines(asked: ExplainedQuestion, status: str, explanation: Explanation) -> Iterator[str]:
    policy = asked.policy
    yield f"{policy.key} version {policy.version} ({status}), {policy.digest}"
    yield explanation.question
    for number, step in enumerate(explanation.steps, start=1):
        yield f"\n{number}. {step.title}"
        yield from (f"   {line}" for line in step.lines)
    yield f"\n{explanation.answer}"
    yield from (f"- {change}" for change in explanation.changes)


def _as_json(asked: ExplainedQuestion, status: str, explanation: Explanation) -> str:
    policy, resolution = asked.policy, asked.resolution
    found = {
        "policy": policy.key,
        "version": policy.version,
        "status": status,
        "digest": policy.digest,
        "purpose": asked.purpose,
        "controller": asked.controller,
        "jurisdiction": asked.jurisdiction,
        "destination": asked.destination,
        "reason": resolution.reason,
        "denials": [asdict(denial) for denial in resolution.denials],
        "rules": [
            {
                "jurisdiction": one.jurisdiction,
                "chain": one.chain,
                "under": one.under,
                "rule_id": one.rule.rule_id if one.rule else None,
                "legal_basis": one.rule.basis if one.rule else None,
            }
            for one in resolution.rules
        ],
        "explanation": asdict(explanation),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)
