"""Making an explained decision anew from what is on record, to the same bytes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from activation.checks.deciding import reach
from activation.checks.kept import (
    Basis,
    Form,
    KeptMember,
    Terms,
    read_basis,
    read_terms,
    register_of,
    write_kept,
)
from activation.checks.models import ExplainedDecision
from activation.checks.wire.types import Checked
from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.types import Member, SubjectState
from consent.kernel.errors import AccordantError
from consent.policies.queries import get_policy_version
from consent.records.queries import list_records
from consent.subjects.queries import SubjectStateUnreadable, list_facts, list_subjects
from consent.subjects.types import KnownSubject, SubjectRef

_ID = re.compile(r"dec_[0-9a-f]{32}", re.ASCII)


class DecisionNotFound(AccordantError):
    """No decision was kept under this id."""

    code = "decision_not_found"
    status = 404


class DecisionNotReproducible(AccordantError):
    """What the answer rested on is not there any more. No answer is made up in its place."""

    code = "decision_not_reproducible"
    status = 409


def replay(*, decision_id: str) -> bytes:
    """Return the bytes of an explained answer, made anew from the records, the policy and the law of then.

    :raises DecisionNotFound: if none was kept under this id.
    :raises DecisionNotReproducible: if what it rested on was erased, pruned or changed; says what.
    """
    well_formed = _ID.fullmatch(decision_id)  # the database refuses some texts, and none of them is an id
    rows = ExplainedDecision.objects.filter(decision_id=decision_id).order_by("pk")
    row = rows.first() if well_formed else None
    if row is None:
        raise DecisionNotFound("no explained decision has this id")
    terms, basis = read_terms(row.question), read_basis(row.basis)
    policy = _find_policy(row)
    answer = _answer(row, terms, basis, policy) if policy else b""
    if hashlib.sha256(answer).digest() != bytes(row.answer_digest):
        told = (
            "; ".join(_list_missing(basis, policy))
            or "records that the answer rested on were pruned or changed"
        )
        raise DecisionNotReproducible(f"this answer cannot be made anew: {told}")
    return answer


def _find_policy(row: ExplainedDecision) -> CompiledPolicy | None:
    """Return the version that the answer rested on, in force as it was known then; None if it is gone."""
    if not row.policy_version or row.in_force_from is None:
        return NO_POLICY
    published = get_policy_version(key=row.policy_key, version=row.policy_version)
    if published is None or published.digest != row.policy_digest:
        return None
    return compile_policy(
        replace(published, in_force_from=row.in_force_from, in_force_until=row.in_force_until)
    )


def _list_missing(basis: Basis, policy: CompiledPolicy | None) -> Iterator[str]:
    """Yield what the answer rested on and is gone, for people to read."""
    if policy is None:
        yield "the policy version"
    known = list_subjects(SubjectRef(one.subject_ref) for one in basis.members)
    erased = [one for one in basis.members if _is_erased_since(one, known)]
    if erased:
        yield f"the sealed facts of {len(erased)} subject{'s' if len(erased) != 1 else ''} erased since"


def _is_erased_since(member: KeptMember, known: Mapping[SubjectRef, KnownSubject]) -> bool:
    now = known.get(SubjectRef(member.subject_ref))
    return member.erased_at is None and (now is None or now.erased_at is not None)


def _answer(row: ExplainedDecision, terms: Terms, basis: Basis, policy: CompiledPolicy) -> bytes:
    state = _load_state(row, basis)
    decision = reach(
        policy,
        register_of(basis),
        state,
        terms.question,
        row.decided_at,
        is_nobody=terms.error is not None,
    )
    checked = Checked(decision=decision, error=terms.error, decision_id=row.decision_id)
    return write_kept(checked, Form(row.form), shadow=terms.shadow)


def _load_state(row: ExplainedDecision, basis: Basis) -> SubjectState:
    """Return the person's state as it was when the answer was given."""
    return SubjectState(
        asked=frozenset(row.subject_refs),
        members=_load_members(basis) if basis.available else (),
        links=basis.links,
        available=basis.available,
        complete_at=row.complete_at,
        watermark=row.watermark,
    )


def _load_members(basis: Basis) -> tuple[Member, ...]:
    refs = [SubjectRef(one.subject_ref) for one in basis.members]
    try:
        records, facts = list_records(refs=refs), list_facts(refs)
    except SubjectStateUnreadable as error:
        raise DecisionNotReproducible(
            "this answer cannot be made anew; missing: sealed facts that do not open any more"
        ) from error
    return tuple(
        one.to_member(records.get(ref, ()), facts.get(ref, ()))
        for ref, one in zip(refs, basis.members, strict=True)
    )
