"""Whom a row is about: which identifiers join whom, and which must not (the shared-device guard). Pure.

A device, an address or a telephone may be used by several people. What tells people apart are verified
identifiers: two subjects that each have one of a kind are two people until an officer says otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from consent.subjects.leads import Lead, Leads, Place
from consent.subjects.types import (
    HASHED_KINDS,
    Hold,
    HoldReason,
    Identifier,
    IdentifierKind,
    Refusal,
    Sighted,
    Sighting,
    SubjectRef,
)

Pair = tuple[SubjectRef, SubjectRef]
Seen = tuple[Place, Identifier]


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record about everybody whom a batch of rows leads to."""

    leads: Leads
    erased: frozenset[SubjectRef] = frozenset()
    """Subjects erased although the index still leads to them: they were erased a moment ago."""
    groups: Iterable[frozenset[SubjectRef]] = ()
    """Who is linked to whom now."""
    verified: Mapping[SubjectRef, frozenset[IdentifierKind]] = field(default_factory=dict)
    """The kinds that each subject has a verified identifier of."""
    undone: frozenset[Pair] = frozenset()
    """Links that an officer undid."""
    held: frozenset[Pair] = frozenset()
    """Links that await an officer, or that one dismissed."""


@dataclass(slots=True)
class _Group:
    """Subjects that are one person, and the kinds that they have verified identifiers of."""

    members: set[SubjectRef]
    kinds: set[IdentifierKind]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one row would come to."""

    actor: SubjectRef
    is_new: bool
    person: _Group
    """Everybody who is one person with the actor, once `links` are made."""
    reached: tuple[SubjectRef, ...]
    links: tuple[SubjectRef, ...]
    holds: tuple[Hold, ...]


class Guard:
    """Takes rows in their order, each in the light of those before, and keeps what is to be written."""

    def __init__(self, known: Known, new_ref: Callable[[], SubjectRef]) -> None:
        self.added: dict[Place, tuple[SubjectRef, Identifier]] = {}
        """New identifiers, each with the subject that it leads to from now on."""
        self.confirmed: dict[Place, Lead] = {}
        """Identifiers on record that turned out to be verified."""
        self.created: list[SubjectRef] = []
        self.links: list[Pair] = []
        self.holds: dict[Pair, Hold] = {}
        self._known = known
        self._new_ref = new_ref
        self._groups: dict[SubjectRef, _Group] = {}
        for members in known.groups:
            group = _Group(set(members), {kind for ref in members for kind in known.verified.get(ref, ())})
            self._groups.update(dict.fromkeys(members, group))

    def take(self, seen: tuple[Seen, ...], sighting: Sighting) -> Sighted | Refusal:
        """Return whom the row leads to, or why it must not be recorded; then nothing of it is kept."""
        lasting = self._without_erased(seen, sighting)
        if lasting is None:
            return Refusal.SUBJECT_ERASED
        plan = self._plan(lasting)
        if not sighting.is_only_no and self._is_contested(lasting, plan):
            return Refusal.IDENTITY_CONFLICT
        self._keep(lasting, plan)
        return Sighted(plan.actor, plan.reached)

    def _lead_of(self, place: Place) -> Lead | None:
        """Return what the index will say of the identifier when the rows before this one are written."""
        if place in self.added:
            ref, identifier = self.added[place]
            return Lead(ref, "", identifier.is_verified)
        if place in self.confirmed:
            return self.confirmed[place]
        lead = self._known.leads.live.get(place)
        return None if lead is None or lead.ref in self._known.erased else lead

    def _without_erased(self, seen: tuple[Seen, ...], sighting: Sighting) -> tuple[Seen, ...] | None:
        """Return the row's identifiers, those of erased people dropped; None if nobody living is left."""
        lasting = tuple(one for one in seen if not self._is_erased(*one, sighting))
        leads_to_living = any(self._lead_of(place) for place, _ in lasting)
        starts_anew = sighting.is_new_start and any(identifier.is_verified for _, identifier in lasting)
        return lasting if len(lasting) == len(seen) or leads_to_living or starts_anew else None

    def _is_erased(self, place: Place, identifier: Identifier, sighting: Sighting) -> bool:
        if self._lead_of(place) is not None:
            return False
        lead = self._known.leads.live.get(place)
        was_erased = place in self._known.leads.erased or lead is not None
        return was_erased and not (lead is None and sighting.is_new_start and identifier.is_verified)

    def _plan(self, seen: tuple[Seen, ...]) -> _Plan:
        leads = [(identifier, self._lead_of(place)) for place, identifier in seen]
        found = [(identifier, lead) for identifier, lead in leads if lead]
        vouched = [lead.ref for identifier, lead in found if identifier.is_verified and lead.verified]
        claimed = [lead.ref for identifier, lead in found if identifier.is_verified]
        candidate = next(iter((*vouched, *claimed, *(lead.ref for _, lead in found))), None)
        kinds = {place[0] for place, one in seen if one.is_verified and self._lead_of(place) is None}
        if candidate is None or (not vouched and kinds & self._groups[candidate].kinds):
            actor, is_new, person = self._new_ref(), True, _Group(set(), set())
        else:
            actor, is_new, person = candidate, False, self._groups[candidate]
        person = _Group({actor, *person.members}, person.kinds | kinds)
        reached = tuple(dict.fromkeys((actor, *(lead.ref for _, lead in found))))
        links, holds = self._join(actor, person, reached)
        return _Plan(actor, is_new, person, reached, links, holds)

    def _join(
        self, actor: SubjectRef, person: _Group, reached: tuple[SubjectRef, ...]
    ) -> tuple[tuple[SubjectRef, ...], tuple[Hold, ...]]:
        """Return whom to link to the actor, and which links to hold; those linked become one person."""
        links: list[SubjectRef] = []
        holds: list[Hold] = []
        for other in reached:
            if other in person.members:
                continue
            theirs = self._groups[other]
            if _between((*self._known.held, *self.holds), person, theirs):
                continue
            if reason := self._reason_to_hold(person, theirs):
                left, right = sorted((actor, other))
                holds.append(Hold(left, right, reason))
            else:
                links.append(other)
                person.members.update(theirs.members)
                person.kinds.update(theirs.kinds)
        return tuple(links), tuple(holds)

    def _reason_to_hold(self, one: _Group, other: _Group) -> HoldReason | None:
        """Return why an officer must link the two. No identifier is common: each leads to one subject."""
        if one.kinds & other.kinds:
            return HoldReason.VERIFIED_DIFFER
        return HoldReason.UNDONE_BEFORE if _between(self._known.undone, one, other) else None

    def _is_contested(self, seen: tuple[Seen, ...], plan: _Plan) -> bool:
        """Return whether a verified identifier of the row leads to somebody else than the actor."""
        claimed = [(place, self._lead_of(place)) for place, identifier in seen if identifier.is_verified]
        return any(
            lead.ref not in plan.person.members
            or not (lead.verified or self._may_confirm(place, lead, seen, plan))
            for place, lead in claimed
            if lead is not None
        )

    def _may_confirm(self, place: Place, lead: Lead, seen: tuple[Seen, ...], plan: _Plan) -> bool:
        """Return whether an identifier on record may become a verified one of the actor's person."""
        return place[0] not in self._groups[lead.ref].kinds or any(
            identifier.is_verified
            and (vouching := self._lead_of(other)) is not None
            and vouching.verified
            and vouching.ref in plan.person.members
            for other, identifier in seen
        )

    def _keep(self, seen: tuple[Seen, ...], plan: _Plan) -> None:
        leads = [(place, identifier, self._lead_of(place)) for place, identifier in seen]
        for place, identifier, lead in leads:
            if lead is None:
                _, before = self.added.get(place, (plan.actor, identifier))
                self.added[place] = (plan.actor, _fuller(before, identifier))
            elif identifier.is_verified and self._is_to_confirm(place, lead, seen, plan):
                self._confirm(place, lead)
                plan.person.kinds.add(place[0])
        self._groups.update(dict.fromkeys(plan.person.members, plan.person))
        self.created += [plan.actor] if plan.is_new else []
        self.links += [_pair(plan.actor, other) for other in plan.links]
        self.holds.update({(hold.left, hold.right): hold for hold in plan.holds})

    def _is_to_confirm(self, place: Place, lead: Lead, seen: tuple[Seen, ...], plan: _Plan) -> bool:
        is_theirs = lead.ref in plan.person.members
        return not lead.verified and is_theirs and self._may_confirm(place, lead, seen, plan)

    def _confirm(self, place: Place, lead: Lead) -> None:
        if place in self.added:
            ref, identifier = self.added[place]
            self.added[place] = (ref, Identifier(identifier.kind, identifier.value, verified=True))
        else:
            self.confirmed[place] = Lead(lead.ref, lead.event_id, verified=True)


def _fuller(one: Identifier, other: Identifier) -> Identifier:
    """Return two forms of one identifier as one: the value rather than its hash, verified if either is."""
    kept = other if one.kind in HASHED_KINDS else one
    return Identifier(kept.kind, kept.value, verified=one.verified or other.verified)


def _pair(one: SubjectRef, other: SubjectRef) -> Pair:
    left, right = sorted((one, other))
    return left, right


def _between(pairs: Iterable[Pair], one: _Group, other: _Group) -> bool:
    """Return whether any of `pairs` is of a member of each."""
    return any(
        (left in one.members and right in other.members) or (left in other.members and right in one.members)
        for left, right in pairs
    )
