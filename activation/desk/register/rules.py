"""The whole register, assembled from what is declared and what was observed. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from activation.desk.register.differences import list_differences
from activation.desk.register.entries import list_entries, list_left_out
from activation.desk.register.material import Material
from activation.desk.register.measures import MEASURES, SCOPE
from activation.desk.register.types import SCHEMA, PolicyPart, ProcessingRegister
from lineage.graph.types import Observed


def assemble(
    material: Material,
    observed: Sequence[Observed],
    *,
    ungated_paths: int,
    lately: timedelta,
    generated_at: datetime,
    watermark: int,
) -> ProcessingRegister:
    """Return the register of `material`. The same arguments give the same register."""
    policy = material.policy
    entries = tuple(list_entries(material))
    return ProcessingRegister(
        schema=SCHEMA,
        scope=SCOPE,
        policy=PolicyPart(
            key=policy.key,
            title=material.document["title"],
            version=policy.version,
            digest=policy.digest,
            effective_at=policy.in_force_from,
            ends_at=policy.in_force_until,
        ),
        at=material.at,
        generated_at=generated_at,
        watermark=watermark,
        observed_days=lately.days,
        entries=entries,
        left_out=tuple(list_left_out(material)),
        differences=list_differences(material, entries, observed, lately=lately, ungated_paths=ungated_paths),
        measures=MEASURES,
    )
