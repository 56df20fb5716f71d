"""A policy, destinations and what runs told, for the tests of the register."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activation.decisions.compiler import compile_policy
from activation.decisions.register import RegisteredDestination, Suspension
from activation.desk.register.material import Material
from activation.desk.register.rules import assemble
from activation.desk.register.topics import Place
from activation.desk.register.types import Difference, ProcessingRegister
from consent.kernel import canonical
from consent.policies.types import PublishedPolicy
from lineage.graph.types import Observed
from tests.policy_documents import Document, make_document

POLICY_FROM = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATELY = timedelta(days=90)
YESTERDAY = NOW - timedelta(days=1)
EEA = frozenset({"DE", "FR", "IE"})


def make_material(
    document: Document | None = None,
    *,
    notes: Mapping[Place, str] | None = None,
    suspended: Mapping[str, Suspension] | None = None,
    at: datetime = NOW,
    **more: Any,
) -> Material:
    """Return the small policy in force, with its destinations registered; `suspended` pauses some."""
    text = document or make_document()
    frozen = canonical.dumps(text)
    published = PublishedPolicy(
        key="shop",
        version=1,
        digest=f"sha256:{hashlib.sha256(frozen).hexdigest()}",
        canonical=frozen,
        in_force_from=POLICY_FROM,
        in_force_until=None,
    )
    pauses = suspended or {}
    destinations = {
        slug: RegisteredDestination(slug, "file", POLICY_FROM, (pauses[slug],) if slug in pauses else ())
        for slug in text["destinations"]
    }
    return Material(
        policy=compile_policy(published),
        document=text,
        destinations=destinations,
        notes=notes or {},
        at=at,
        economic_area=EEA,
        **more,
    )


def make_observed(**changed: Any) -> Observed:
    """Return a processing that runs told of yesterday, as the small policy declares it."""
    declared = Observed(
        purpose="marketing.email",
        legal_bases=("consent",),
        destination="ads",
        controller="shop",
        columns=("email (masked)", "flag"),
        sources=("file/crm.csv",),
        runs=3,
        first_seen_at=YESTERDAY,
        last_seen_at=YESTERDAY,
    )
    return replace(declared, **changed)


def make_register(
    material: Material | None = None, *observed: Observed, ungated_paths: int = 0
) -> ProcessingRegister:
    """Return the register of `material`, made now."""
    return assemble(
        material or make_material(),
        observed,
        ungated_paths=ungated_paths,
        lately=LATELY,
        generated_at=NOW,
        watermark=7,
    )


def find_differences(
    *observed: Observed, material: Material | None = None, about: str = "ads", ungated_paths: int = 0
) -> list[Difference]:
    """Return the differences at one destination, or at none."""
    register = make_register(material, *observed, ungated_paths=ungated_paths)
    return [one for one in register.differences if one.destination in {"", about}]


def kinds_of(differences: list[Difference]) -> list[str]:
    """Return the kinds of differences, in their order."""
    return [one.kind.value for one in differences]
