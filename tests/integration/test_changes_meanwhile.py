"""Who changes while a run lasts does not leave by it, or is taken out again; its manifest claims no more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activation.enforcement import services
from activation.enforcement.drafting import draft, is_outdated
from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import signing_key
from activation.enforcement.types import DeliveryState, RunResult, RunStatus
from consent.ledger.queries import get_size, list_touched
from consent.verifier.manifests.verification import verify_signed
from tests.deaths.home import at_home
from tests.delivery_world import (
    AFTER,
    BEFORE,
    DELIVERY,
    Change,
    Recipient,
    erase,
    ref_of,
    run_while,
    suspend,
    withdraw,
)
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    POLICY,
    STRANGER,
    make_world,
    publish_policy,
    read_csv,
    record_choices,
    register_ads,
    write_csv,
)

pytestmark = pytest.mark.django_db
OPEN = POLICY.replace("jurisdictions: [DE]", 'jurisdictions: ["*"]').replace(
    "basis: consent\n",
    "basis: legitimate_interest\n    assessment: LIA-1\n    unknown_subject: allow\n",
)
CHANGES: dict[str, Change] = {"a withdrawal": withdraw, "an erasure": erase}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Any:
    (tmp_path / "shop").mkdir()
    with at_home(tmp_path / "shop"):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_world()
    write_csv(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def recipient(tmp_path: Path) -> Recipient:
    return Recipient(tmp_path)


def list_customers(result: RunResult) -> list[str]:
    """Return whom the output lets out."""
    return [row["customer_id"] for row in read_csv(result.output)]


def assert_heeded(result: RunResult, customer: str = GERMAN) -> None:
    """Check that the manifest's watermark covers nothing of somebody who left and had said no."""
    if customer in list_customers(result):
        manifest = verify_signed(result.manifest.read_bytes(), signing_key().verify_key)
        since = list_touched(after=manifest.watermark, limit=1000)
        assert ref_of(customer) in [one.subject_ref for one in since if one.index >= manifest.watermark]


@pytest.mark.parametrize("stage", BEFORE)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_who_says_no_before_anything_leaves_does_not_leave(folder: Path, stage: str, change: Change) -> None:
    result = run_while(folder, stage, change)

    assert list_customers(result) == [BRITON]
    assert (result.allowed, result.denied) == (1, 6)


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_who_says_no_before_the_delivery_is_not_handed_over(
    folder: Path, recipient: Recipient, change: Change
) -> None:
    result = run_while(folder, BEFORE[-1], change, recipient)

    assert list_customers(result) == recipient.list_customers() == [BRITON]
    assert recipient.calls == ["prepare", "deliver"]


@pytest.mark.parametrize("stage", AFTER)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_who_says_no_once_rows_are_handed_over_is_taken_out_again(
    folder: Path, recipient: Recipient, stage: str, change: Change
) -> None:
    result = run_while(folder, stage, change, recipient)

    [sent] = [row for row in read_csv(result.output) if row["customer_id"] == GERMAN]
    assert recipient.removed == [{name: sent[name] for name in ("customer_id", "email")}]
    assert recipient.list_customers() == [BRITON]
    assert result.pulled_back == EnforcementRun.objects.get().pulled_back == 1
    assert_heeded(result)


def test_a_change_of_the_register_does_not_hide_a_withdrawal_during_the_delivery(
    folder: Path, recipient: Recipient
) -> None:
    def both() -> None:
        suspend()
        withdraw()

    result = run_while(folder, DELIVERY, both, recipient)

    assert recipient.list_customers() == [BRITON]
    assert result.pulled_back == 1


@pytest.mark.parametrize("stage", BEFORE)
def test_a_destination_that_is_suspended_meanwhile_is_not_even_asked(
    folder: Path, recipient: Recipient, stage: str
) -> None:
    result = run_while(folder, stage, suspend, recipient)

    assert result.denied_by_reason == {"destination_suspended": 7}
    assert (recipient.calls, result.delivery) == ([], DeliveryState.NONE)
    assert EnforcementRun.objects.get().status == RunStatus.COMPLETED


@pytest.mark.parametrize("stage", BEFORE)
def test_a_policy_that_comes_into_force_meanwhile_holds(folder: Path, stage: str) -> None:
    result = run_while(folder, stage, publish_policy_without_britain)

    assert list_customers(result) == [GERMAN]
    assert result.policy_version == 2


def publish_policy_without_britain() -> None:
    """Put a policy in force that has no rule for Britain."""
    start, end = POLICY.index("  - id: britain"), POLICY.index("destinations:")
    publish_policy(POLICY[:start] + POLICY[end:], version=2)


@pytest.mark.parametrize("stage", [*BEFORE, *AFTER])
def test_a_stranger_who_becomes_known_and_says_no_is_heeded(
    tmp_path: Path, recipient: Recipient, stage: str
) -> None:
    publish_policy(OPEN)
    register_ads()
    folder = tmp_path / "shop"
    write_csv(folder)

    def refuse() -> None:
        record_choices(STRANGER, "DE", "objected")

    result = run_while(folder, stage, refuse, recipient)

    assert STRANGER not in recipient.list_customers()
    assert (STRANGER in list_customers(result)) == (stage in AFTER)
    assert result.pulled_back == (1 if stage in AFTER else 0)
    assert_heeded(result, STRANGER)


def _look_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "is_outdated", lambda _: False)


def _look_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []

    def draft_and_look(*arguments: Any) -> Any:
        drafted = draft(*arguments)
        looked.append(is_outdated(drafted))
        return drafted

    monkeypatch.setattr(services, "draft", draft_and_look)
    monkeypatch.setattr(services, "is_outdated", lambda _: looked[-1])


def _claim_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        services, "draft", lambda *arguments: replace(draft(*arguments), watermark=get_size())
    )


MUTANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "nobody looks again": (_look_never, BEFORE[1]),
    "somebody looks too early": (_look_too_early, BEFORE[2]),
    "the manifest claims more than was heeded": (_claim_more, BEFORE[1]),
}


@pytest.mark.parametrize(("mutant", "stage"), MUTANTS.values(), ids=list(MUTANTS))
def test_a_run_that_does_not_heed_changes_is_found(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    mutant: Callable[[pytest.MonkeyPatch], None],
    stage: str,
) -> None:
    mutant(monkeypatch)

    result = run_while(folder, stage, withdraw)

    assert GERMAN in list_customers(result)
    if mutant is _claim_more:
        with pytest.raises(AssertionError):
            assert_heeded(result)
