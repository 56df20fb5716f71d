"""Who receives the data of a processing activity, and under what. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from activation.decisions.compiled import DestinationPolicy, Rule
from activation.decisions.policy_rows import permits_transfer
from activation.desk.register.material import Document, Material
from activation.desk.register.topics import NoteAbout, NoteTopic, Place, state
from activation.desk.register.types import Recipient, Registration

KINDS: Mapping[str, str] = {
    "ad_platform": "advertising platform",
    "cx_tool": "customer experience tool",
    "personalisation_engine": "personalisation engine",
    "feature_store": "feature store",
    "file": "files",
}
ROLES: Mapping[str, str] = {"processor": "processor", "third_party": "controller in its own right"}
"""A third party uses the data for its own ends: it is a controller."""

Rules = Iterable[tuple[Rule, tuple[str, ...]]]


def list_recipients(material: Material, purpose: str, rules: Rules) -> Iterator[Recipient]:
    """Yield the destinations that the policy maps `purpose` to, by slug."""
    held = list(rules)
    for slug, entry in sorted(material.policy.destinations.items()):
        if purpose in entry.purposes:
            yield _recipient(material, slug, entry, held)


def _recipient(
    material: Material, slug: str, entry: DestinationPolicy, rules: list[tuple[Rule, tuple[str, ...]]]
) -> Recipient:
    text: Document = material.document["destinations"][slug]
    permitting = [one for one in rules if permits_transfer(material.policy, one[0], entry)]
    categories = {category for rule, _ in permitting for category in rule.data_categories}
    is_third = entry.country not in material.economic_area
    place = Place(NoteAbout.DESTINATION, slug, NoteTopic.SAFEGUARDS)
    return Recipient(
        slug=slug,
        name=text["title"],
        kind=KINDS[text["kind"]],
        role=ROLES[text["role"]],
        country=entry.country,
        contract=text.get("contract"),
        data_categories=tuple(sorted(categories & entry.data_categories)),
        permitted_in=tuple(sorted({code for _, spoken in permitting for code in spoken})),
        third_country=is_third,
        safeguards=state(material.notes, place, f"{text['title']} ({entry.country})") if is_third else None,
        registration=_registration(material, slug),
    )


def _registration(material: Material, slug: str) -> Registration:
    known = material.destinations.get(slug)
    if known is None or known.registered_at > material.at:
        return Registration.NOT_REGISTERED
    return Registration.SUSPENDED if known.is_suspended(material.at) else Registration.REGISTERED
