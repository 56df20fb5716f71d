"""Two officers who import the same terms at the same moment, on connections of their own that commit."""

from functools import partial

import pytest

from consent.policies import curating
from consent.policies.models import TaxonomyTerm
from consent.policies.taxonomy.terms import TermCounts
from tests.integration.test_policy_races import count_events, run_together
from tests.policy_officers import JAN_1

pytestmark = pytest.mark.usefixtures("committed_database")

ROUNDS = 5


def test_of_two_imports_of_one_file_one_adds_the_terms_and_the_other_finds_them() -> None:
    for number in range(ROUNDS):
        text = f"data_subject: [{{fides_key: collector{number}}}, {{fides_key: lender{number}}}]"
        act = partial(curating.import_terms, text=text, file="fides.yml", at=JAN_1)

        outcomes = run_together(act, act)

        assert sorted(outcomes, key=str) == [TermCounts(unchanged=2), TermCounts(added=2)]
    assert TaxonomyTerm.objects.count() == 2 * ROUNDS
    assert count_events("taxonomy_imported") == ROUNDS
