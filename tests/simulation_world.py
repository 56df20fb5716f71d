"""A shop with drafts to try out, for the tests of simulations."""

from django.contrib.auth.models import User
from django.utils import timezone

from activation.desk import services
from activation.desk.models import SimulationRun
from consent.policies import services as policies
from consent.policies.document.reading import read_yaml
from consent.policies.document.writing import write_yaml
from consent.policies.types import ImportedPolicy
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.enforcement_world import JUNE_1, POLICY
from tests.policy_documents import spoil

OPT_OUT_IN_GERMANY = spoil(read_yaml(POLICY), "rules", 0, "basis", value="opt_out")
"""The policy in force, but Germans need not agree any more."""
SECRETS = ("customers.example", "+4917", "00001", "00002", "00003", "00004")
"""Parts of the identifiers of the shop's customers: none may be in what a simulation leaves behind."""


def make_draft(document: object = OPT_OUT_IN_GERMANY) -> ImportedPolicy:
    """Import a draft, written by Ada."""
    author = User.objects.get_or_create(username="ada")[0]
    text = write_yaml(document)  # type: ignore[arg-type]  # some tests spoil it
    return policies.import_policy(text=text, author_id=author.pk, at=JUNE_1)


def simulate(draft: ImportedPolicy, audience: services.AudienceFile | None = None) -> SimulationRun:
    """Simulate the draft now, and return the run."""
    run_id = services.begin_simulation(version_id=draft.version_id, audience=audience)
    assert services.run_simulation(run_id=run_id, at=timezone.now())
    return SimulationRun.objects.get(pk=run_id)


def find(customer: str) -> SubjectRef:
    """Return the subject of a customer's number."""
    [refs] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, customer)]])
    [ref] = refs
    return ref
