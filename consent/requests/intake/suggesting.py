"""Which law speaks to a request, by what is known of its person; see `rules.suggesting`."""

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.policies.queries import get_law, get_policy_in_force
from consent.requests.intake.contents import read_claims
from consent.requests.models import Request
from consent.requests.rules.suggesting import Suggestion, suggest
from consent.requests.types import EventKind, RequestType
from consent.subjects.queries import list_facts
from consent.subjects.types import FactName, SubjectRef


def suggest_for(request: Request) -> Suggestion:
    """Return which law seems to speak, and whether it gives the right, with the reasons.

    What is recorded of a person counts only once it is proven who they are: dates that rest on it would tell
    whoever asks that the person is known.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if it cannot be read.
    """
    at = get_time()
    decided = request.jurisdiction if _is_decided(request) else ""
    return suggest(
        get_law(at=at.date()),
        RequestType(request.type),
        said=decided or read_claims(request).jurisdiction,
        residences=() if decided or request.verified_at is None else _list_residences(request),
        establishment=list_establishment(request.controller),
    )


def suggest_jurisdiction(request: Request) -> None:
    """Set the law that seems to speak, unless an officer decided; the caller saves the row."""
    if not _is_decided(request):
        found = suggest_for(request)
        request.jurisdiction, request.jurisdiction_reason = found.jurisdiction, found.reason


def list_establishment(controller: str) -> tuple[str, ...]:
    """Return where the policy in force says that the controller is established."""
    policy = get_policy_in_force(at=get_time())
    if policy is None:
        return ()
    known = canonical.loads(policy.canonical).get("controllers", {})
    return tuple(known.get(controller, {}).get("establishment", ()))


def _is_decided(request: Request) -> bool:
    return request.events.filter(kind=EventKind.JURISDICTION_DECIDED).exists()


def _list_residences(request: Request) -> frozenset[str]:
    facts = list_facts([SubjectRef(ref) for ref in request.subjects])
    latest = ([fact for fact in found if fact.name is FactName.RESIDENCE][-1:] for found in facts.values())
    return frozenset(fact.value for one in latest for fact in one)
