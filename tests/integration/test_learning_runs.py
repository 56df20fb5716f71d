"""Feature tables and training sets leave as audiences do: decided, obligations applied, with evidence."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from django.utils import timezone
from pyarrow import parquet

from activation.enforcement.services import enforce_audience, signing_key
from activation.enforcement.types import RunResult
from consent.kernel.handover import KeyChain
from consent.verifier.manifests.verification import Claim, verify_run
from tests.learning_world import ANNA, BERT, CLEO, DORA, choose, make_learning_world, write_features

pytestmark = pytest.mark.django_db
EXACT = ["spent", "bought_at", "vector", "orders", "labels"]


def run(folder: Path, *, purpose: str, destination: str) -> RunResult:
    return enforce_audience(
        purpose=purpose,
        destination=destination,
        controller="shop",
        input_path=folder / "features.parquet",
        output_path=folder / f"for-{destination}.parquet",
        at=timezone.now(),
    )


def digest(customer: str) -> str:
    return hashlib.sha256(customer.encode()).hexdigest()


def verified(result: RunResult, claim: Claim | None = None) -> list[bool | None]:
    """Return what the verifier, which knows nothing of the service, says to each of its checks."""
    key = signing_key().verify_key
    chain = KeyChain(key.name, key)
    return [check.passed for check in verify_run(result.manifest, chain, claim=claim)]


def test_a_feature_table_leaves_without_what_the_policy_drops_and_all_else_to_the_last_digit(
    tmp_path: Path,
) -> None:
    make_learning_world()
    table = write_features(tmp_path / "features.parquet")

    result = run(tmp_path, purpose="ml.features", destination="features")

    out = parquet.read_table(result.output)
    assert out.schema.names == [name for name in table.schema.names if name != "birthday"]
    assert out.column("customer_id").to_pylist() == [digest(ANNA), digest(BERT)]
    assert out.select(EXACT).equals(table.slice(0, 2).select(EXACT))
    assert [out.schema.field(name).type for name in EXACT] == [
        table.schema.field(name).type for name in EXACT
    ]
    assert result.denied_by_reason == {"objected": 1, "subject_unknown": 1}


def test_nothing_of_those_who_are_denied_stays_behind_in_the_file(tmp_path: Path) -> None:
    make_learning_world()
    write_features(tmp_path / "features.parquet")

    result = run(tmp_path, purpose="ml.features", destination="features")

    out = parquet.read_table(result.output)
    assert out.column("tier").to_pylist() == ["tier-1", "tier-2"]
    assert not pa.types.is_dictionary(out.schema.field("tier").type)


def test_a_third_party_trains_only_on_those_whose_notice_named_it(tmp_path: Path) -> None:
    make_learning_world()
    write_features(tmp_path / "features.parquet")

    own = run(tmp_path, purpose="ml.training", destination="features")
    theirs = run(tmp_path, purpose="ml.training", destination="modeller")

    assert parquet.read_table(own.output).column("customer_id").to_pylist() == [digest(ANNA), digest(BERT)]
    assert parquet.read_table(theirs.output).column("customer_id").to_pylist() == [digest(ANNA)]
    assert theirs.denied_by_reason == {"recipient_not_covered": 1, "objected": 1, "subject_unknown": 1}
    assert {"birthday", "email"}.isdisjoint(parquet.read_schema(theirs.output).names)


def test_the_manifest_of_a_training_set_proves_who_was_in_it_and_who_was_not(tmp_path: Path) -> None:
    make_learning_world()
    write_features(tmp_path / "features.parquet")

    result = run(tmp_path, purpose="ml.training", destination="modeller")

    assert all(verified(result))
    assert all(verified(result, Claim(identifier=f"customer_id:{ANNA}", present=True)))
    for customer in (BERT, CLEO, DORA):
        assert all(verified(result, Claim(identifier=f"customer_id:{customer}", present=False)))
        assert not all(verified(result, Claim(identifier=f"customer_id:{customer}", present=True)))


def test_a_withdrawal_leaves_the_next_training_set_and_the_old_manifest_still_tells_of_the_old(
    tmp_path: Path,
) -> None:
    make_learning_world()
    write_features(tmp_path / "features.parquet")
    first = run(tmp_path, purpose="ml.training", destination="features")
    choose(ANNA, {"ml.training": "withdrawn"}, month=5)

    second = run(tmp_path, purpose="ml.training", destination="modeller")

    assert second.denied_by_reason["withdrawn"] == 1
    assert second.allowed == 0
    assert all(verified(first, Claim(identifier=f"customer_id:{ANNA}", present=True)))
