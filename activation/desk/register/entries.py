"""The entries of the register: one for each purpose of each controller that has a rule. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from activation.decisions.compiled import Rule
from activation.desk.register.material import Document, Material
from activation.desk.register.recipients import list_recipients
from activation.desk.register.topics import NoteAbout, NoteTopic, Place, state
from activation.desk.register.types import (
    ControllerPart,
    DataCategory,
    Entry,
    Ground,
    LeftOut,
    PurposePart,
    Source,
    Stated,
    make_reference,
)
from activation.desk.rule_in_words import tell_obligations, tell_period


def list_entries(material: Material) -> Iterator[Entry]:
    """Yield the processing activities that the policy declares, by controller and purpose."""
    for controller in sorted(material.document["controllers"]):
        for purpose in sorted(material.document["purposes"]):
            is_active = material.policy.purposes[purpose].active
            if is_active and material.policy.rules_for(purpose, controller):
                yield _entry(material, controller, purpose)


def list_left_out(material: Material) -> Iterator[LeftOut]:
    """Yield the purposes that are in the policy and in no entry, each with the reason."""
    ruled = {purpose for purpose, _ in material.policy.rules}
    for slug, purpose in sorted(material.document["purposes"].items()):
        if not material.policy.purposes[slug].active:
            reason = "Retired: every use is denied."
        elif slug in ruled:
            continue
        elif not purpose["data_categories"]:
            reason = "A group of purposes: nothing is done for it by itself."
        else:
            reason = "No rule speaks of it: every use is denied."
        yield LeftOut(purpose=slug, title=purpose["title"], reason=reason)


def _entry(material: Material, controller: str, purpose: str) -> Entry:
    rules = list(material.rules_of(purpose, controller).values())
    text: Document = material.document["purposes"][purpose]
    title = text["title"]
    about = Place(NoteAbout.PURPOSE, purpose, NoteTopic.MEASURES)
    return Entry(
        reference=make_reference(controller, purpose),
        controller=_controller(material, controller),
        purpose=PurposePart(
            slug=purpose,
            title=title,
            description=text["description"],
            data_use=text["data_use"],
            dpv=text.get("dpv"),
        ),
        grounds=tuple(_ground(rule, spoken) for rule, spoken in rules),
        data_subjects=_data_subjects(material, purpose, text),
        data_categories=tuple(_categories(material, text)),
        recipients=tuple(list_recipients(material, purpose, rules)),
        retention=tuple(_retention(material, purpose, title, [rule for rule, _ in rules])),
        measures=state(material.notes, about, title),
    )


def _controller(material: Material, slug: str) -> ControllerPart:
    text: Document = material.document["controllers"][slug]
    establishments = tuple(text["establishment"])

    def tell(topic: NoteTopic) -> Stated:
        return state(material.notes, Place(NoteAbout.CONTROLLER, slug, topic), text["title"])

    representative = tell(NoteTopic.REPRESENTATIVE)
    inside = sorted(material.economic_area.intersection(establishments))
    if representative.is_gap and inside:
        told = f"None is needed: {text['title']} is established in {', '.join(inside)}."
        representative = replace(representative, text=told, source=Source.POLICY)
    return ControllerPart(
        slug=slug,
        name=text["title"],
        establishments=establishments,
        contact=tell(NoteTopic.CONTACT),
        joint_controllers=tell(NoteTopic.JOINT_CONTROLLERS),
        representative=representative,
        data_protection_officer=tell(NoteTopic.DATA_PROTECTION_OFFICER),
    )


def _ground(rule: Rule, jurisdictions: tuple[str, ...]) -> Ground:
    return Ground(
        legal_basis=rule.basis.value,
        jurisdictions=jurisdictions,
        rule=rule.rule_id,
        direct_marketing=rule.direct_marketing,
        assessment=rule.assessment,
        special_condition=rule.special_condition,
        consent_lasts=tell_period(rule.validity) if rule.validity else None,
        obligations=tell_obligations(rule.obligations),
        transfer_countries=tuple(sorted(rule.transfer_countries)),
    )


def _data_subjects(material: Material, slug: str, purpose: Document) -> Stated:
    """Return whose data it is: the note's words first, which can say more than the policy's list."""
    told = state(material.notes, Place(NoteAbout.PURPOSE, slug, NoteTopic.DATA_SUBJECTS), purpose["title"])
    kinds = purpose.get("data_subjects", ())
    if told.is_gap and kinds:
        names = ", ".join(material.data_subjects.get(kind, kind) for kind in kinds)
        return replace(told, text=names, source=Source.POLICY)
    return told


def _categories(material: Material, purpose: Document) -> Iterator[DataCategory]:
    for slug in purpose["data_categories"]:
        category: Document = material.document["data_categories"][slug]
        yield DataCategory(
            slug=slug,
            title=category["title"],
            data_category=category["data_category"],
            special=bool(category.get("special")),
        )


def _retention(material: Material, purpose: str, title: str, rules: list[Rule]) -> Iterator[Stated]:
    yield state(material.notes, Place(NoteAbout.PURPOSE, purpose, NoteTopic.RETENTION), title)
    lasting = sorted({tell_period(rule.validity) for rule in rules if rule.validity})
    if lasting:
        told = (
            f"A consent ends after {' or '.join(lasting)}, by rule; the data is not used for this any more."
        )
        yield Stated(text=told, source=Source.POLICY)
    for what, kept in material.kept.items():
        told = "kept without an end" if kept is None else f"kept {kept.days:,} days"
        yield Stated(text=f"This service's {what}: {told}.", source=Source.SERVICE)
