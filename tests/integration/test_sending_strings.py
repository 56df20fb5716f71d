"""Each person's own string leaves in their row, and nobody without one that holds leaves at all."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.enforcement import drafting, services
from activation.enforcement.marking import mark_sending
from activation.enforcement.models import EnforcementRun
from activation.enforcement.people_file import people_folder
from activation.enforcement.services import signing_key
from activation.enforcement.strings import looking_up
from activation.enforcement.strings.types import Needs
from activation.enforcement.types import RunResult
from activation.snapshots.bulk.building import build
from consent.ledger.sequencing import sequence_pending
from consent.records.queries import list_signal_texts
from consent.records.types import SignalText
from consent.signals.intervals import IdSet
from consent.subjects.queries import SubjectStateUnreadable, find_subjects
from consent.subjects.services import link_by_officer, unlink_subjects
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from consent.verifier.manifests.verification import load_evidence, verify_signed
from tests.delivery_world import Recipient, connected, once
from tests.enforcement_world import list_events, read_csv
from tests.policy_officers import make_officer
from tests.sending_world import (
    ADS,
    DAY,
    NOON,
    QUESTION,
    VENDOR,
    agree,
    choose,
    keep_vendor_list,
    make_string,
    make_world,
    say,
    write_audience,
)

pytestmark = pytest.mark.django_db
ANN, BOB, CAT, DAN = "00001", "00002", "00003", "00004"
ANNS, BOBS, CATS = make_string("DE"), make_string("FR"), make_string("ES")
HELD_BACK = "obligations_not_honoured"


def enforce(folder: Path, *customers: str) -> RunResult:
    """Enforce an audience of these customers."""
    write_audience(folder, *customers)
    return services.enforce_audience(
        **QUESTION,
        input_path=folder / "audience.csv",
        output_path=folder / "out.csv",
        at=timezone.now(),
        overwrite=True,
    )


def left(result: RunResult, column: str = "tc_string") -> dict[str, str]:
    """Return who left, with what stands in `column`."""
    return {row["customer_id"]: row[column] for row in read_csv(result.output)}


def test_each_row_carries_its_own_persons_string(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB, tcf=BOBS)

    result = enforce(tmp_path, BOB, ANN, BOB)

    rows = [(row["customer_id"], row["tc_string"]) for row in read_csv(result.output)]
    assert rows == [(BOB, BOBS), (ANN, ANNS), (BOB, BOBS)]


def test_the_string_that_was_made_last_is_the_one_that_leaves(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    say(ANN, tcf=make_string("IT", made_at=NOON), at=NOON + DAY)

    assert left(enforce(tmp_path, ANN)) == {ANN: make_string("IT", made_at=NOON)}


def test_who_has_no_string_stays_and_is_counted(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB)

    result = enforce(tmp_path, ANN, BOB)

    assert left(result) == {ANN: ANNS}
    assert (result.allowed, result.denied_by_reason) == (1, {HELD_BACK: 1})


def test_a_string_that_a_no_speaks_against_is_not_sent(tmp_path: Path) -> None:
    """The no is to another purpose: this one is allowed still, but the string would say yes to both."""
    make_world()
    agree(ANN, tcf=ANNS)
    say(ANN, choose(ADS, "refused", NOON + DAY), at=NOON + DAY)

    result = enforce(tmp_path, ANN)

    assert left(result) == {}
    assert result.denied_by_reason == {HELD_BACK: 1}


def test_a_string_given_to_another_controller_is_not_sent(tmp_path: Path) -> None:
    make_world()
    agree(ANN)
    say(ANN, controller="other", tcf=ANNS)

    assert enforce(tmp_path, ANN).denied_by_reason == {HELD_BACK: 1}


def test_a_string_that_does_not_open_hold_backs_its_person_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB, tcf=BOBS)

    def read(*, refs: Any, **rest: Any) -> Mapping[Any, SignalText]:
        found = list_signal_texts(refs=refs, **rest)
        if any(text.text == ANNS for text in found.values()):
            raise SubjectStateUnreadable
        return found

    monkeypatch.setattr(looking_up, "list_signal_texts", read)

    result = enforce(tmp_path, ANN, BOB)

    assert left(result) == {BOB: BOBS}
    assert result.denied_by_reason == {HELD_BACK: 1}


def test_rules_of_different_places_owe_different_strings(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    say(BOB, lives="US", usp="1YNN")
    say(CAT, lives="US", tcf=CATS)

    result = enforce(tmp_path, ANN, BOB, CAT)

    assert left(result) == {ANN: ANNS, BOB: ""}
    assert left(result, "us_privacy") == {ANN: "", BOB: "1YNN"}
    assert result.denied_by_reason == {HELD_BACK: 1}


def test_the_manifest_and_the_evidence_bear_out_who_was_held_back(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB)

    result = enforce(tmp_path, ANN, BOB, DAN)

    manifest = verify_signed(result.manifest.read_bytes(), signing_key().verify_key)
    evidence, checks = load_evidence(manifest, result.evidence)
    assert evidence is not None
    assert all(check.passed for check in checks)
    assert manifest.denied_by_reason == {HELD_BACK: 1, "subject_unknown": 1}
    assert [(one.kind, one.field, one.value, one.rows) for one in manifest.obligations] == [
        ("signal", "tc_string", "tcf", 1)
    ]
    assert (len(evidence.allowed), len(evidence.denied)) == (1, 2)


def test_no_string_is_in_lineage_manifest_evidence_logs_or_the_runs_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB, tcf=BOBS)
    say(BOB, choose(ADS, "refused", NOON + DAY), at=NOON + DAY)
    with caplog.at_level(logging.DEBUG):
        result = enforce(tmp_path, ANN, BOB)

    events = list_events(result.run_id)
    told = [
        result.manifest.read_text(),
        result.evidence.read_bytes().decode("latin-1"),
        json.dumps(events),
        json.dumps(EnforcementRun.objects.values().get(), default=str),
        caplog.text,
    ]
    assert not [text for text in told for string in (ANNS, BOBS) if string[:20] in text]
    [facet] = [one["run"]["facets"]["accordant_decision"] for one in events if one["eventType"] == "COMPLETE"]
    assert facet["obligations"] == [{"kind": "signal", "field": "tc_string", "value": "tcf"}]
    assert facet["deniedByReason"] == {HELD_BACK: 1}


def change_between(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Have something recorded once, when a draft is written and nothing has left yet."""
    changes = [change]

    def mark(*arguments: Any) -> None:
        mark_sending(*arguments)
        if changes:
            changes.pop()()

    monkeypatch.setattr(services, "mark_sending", mark)


def refuse_meanwhile() -> None:
    say(ANN, choose(ADS, "refused", NOON + DAY), at=NOON + DAY)


def renew_meanwhile() -> None:
    say(ANN, tcf=make_string("IT", made_at=NOON), at=NOON + DAY)


@pytest.mark.parametrize(
    ("change", "expected"),
    [(refuse_meanwhile, {}), (renew_meanwhile, {ANN: make_string("IT", made_at=NOON)})],
    ids=["a no", "a new string"],
)
def test_what_is_said_of_a_string_while_the_run_lasts_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None], expected: dict[str, str]
) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    change_between(monkeypatch, change)

    assert left(enforce(tmp_path, ANN)) == expected


def test_a_no_while_rows_are_handed_over_takes_the_person_out_again(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB, tcf=BOBS)
    sequence_pending()
    recipient = Recipient(tmp_path, once(refuse_meanwhile))

    with connected(recipient):
        result = enforce(tmp_path, ANN, BOB)

    assert [row["tc_string"] for row in recipient.list_taken("out") or []] == [BOBS]
    assert (result.allowed, result.pulled_back) == (2, 1)
    assert recipient.removed == [{"customer_id": ANN}]


def test_a_file_of_people_changes_nothing(tmp_path: Path, settings: Any) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB)
    agree(CAT, tcf=CATS)
    say(CAT, choose(ADS, "refused", NOON + DAY), at=NOON + DAY)
    while sequence_pending():
        pass
    by_ledger = enforce(tmp_path, ANN, BOB, CAT, ANN)
    rows, denied = by_ledger.output.read_bytes(), by_ledger.denied_by_reason
    settings.PEOPLE_FILE_FROM_BYTES, settings.SNAPSHOTS = 0, tmp_path / "snapshots"
    build(people_folder(), at=timezone.now())

    by_file = enforce(tmp_path, ANN, BOB, CAT, ANN)

    assert denied == {HELD_BACK: 2}
    assert (by_file.output.read_bytes(), by_file.denied_by_reason) == (rows, denied)


def test_portions_do_not_mix_people_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.enforcement.strings.holding_back.ROWS_AT_ONCE", 2)
    make_world()
    strings = {f"{number:05}": make_string("ABCDE"[number] * 2) for number in range(5)}
    for customer, string in strings.items():
        agree(customer, **({"tcf": string} if customer != "00003" else {}))

    result = enforce(tmp_path, *strings, *reversed(strings))

    rows = [(row["customer_id"], row["tc_string"]) for row in read_csv(result.output)]
    given = [(one, strings[one]) for one in (*strings, *reversed(strings)) if one != "00003"]
    assert rows == given


def ref_of(customer: str) -> SubjectRef:
    """Return whom a customer's number leads to."""
    [refs] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, customer)]])
    [ref] = refs
    return ref


def join(left: str, right: str, *, for_good: bool = True) -> None:
    """Say that two customers are one person; and take it back, unless it is for good."""
    officer = make_officer("joiner").pk
    pair = {"left": ref_of(left), "right": ref_of(right)}
    link_by_officer(**pair, officer=officer, reason="one person", at=NOON)
    if not for_good:
        unlink_subjects(**pair, officer=officer, reason="two people", at=NOON + DAY)


def test_a_person_in_two_halves_has_the_string_that_either_gave_last(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    agree(BOB)
    say(DAN, tcf=make_string("IT", made_at=NOON), at=NOON + DAY)
    join(ANN, DAN)

    assert left(enforce(tmp_path, ANN, BOB)) == {ANN: make_string("IT", made_at=NOON)}


def test_a_no_of_the_other_half_speaks_against_the_string(tmp_path: Path) -> None:
    make_world()
    agree(ANN, tcf=ANNS)
    say(DAN, choose(ADS, "refused", NOON + DAY), at=NOON + DAY)
    join(ANN, DAN)

    assert enforce(tmp_path, ANN).denied_by_reason == {HELD_BACK: 1}


def test_who_was_taken_for_somebody_else_does_not_leave_with_their_string(tmp_path: Path) -> None:
    make_world()
    agree(ANN)
    say(DAN, tcf=BOBS)
    join(ANN, DAN, for_good=False)

    assert enforce(tmp_path, ANN).denied_by_reason == {HELD_BACK: 1}


def test_a_vendor_gets_those_whose_strings_let_it(tmp_path: Path, settings: Any) -> None:
    settings.VENDOR_LISTS = tmp_path / "lists"
    keep_vendor_list(tmp_path / "lists", 1, 8)
    make_world(owed="{}", vendor=VENDOR, purposes=(1, 8))
    agree(ANN, tcf=ANNS)
    agree(BOB, tcf=make_string(purposes=(1, 7)))
    agree(CAT)

    result = enforce(tmp_path, ANN, BOB, CAT)

    rows = read_csv(result.output)
    assert [row["customer_id"] for row in rows] == [ANN]
    assert "tc_string" not in rows[0]  # the vendor may have her row; nobody owes it the string
    assert sum(result.denied_by_reason.values()) == 2


NOT_LET: dict[str, tuple[tuple[int, ...], dict[str, Any], int]] = {
    "the vendor does not declare a purpose": ((1,), {}, 126),
    "the list of the string was not fetched": ((1, 8), {}, 125),
    "the person did not agree to the vendor": ((1, 8), {"vendor_consents": IdSet.of([2])}, 126),
    "the vendor was not disclosed": ((1, 8), {"disclosed_vendors": IdSet.of([2])}, 126),
}


@pytest.mark.parametrize("why", NOT_LET)
def test_a_vendor_gets_nobody_else(tmp_path: Path, settings: Any, why: str) -> None:
    declared, changes, version = NOT_LET[why]
    settings.VENDOR_LISTS = tmp_path / "lists"
    keep_vendor_list(tmp_path / "lists", *declared, version=version)
    make_world(vendor=VENDOR, purposes=(1, 8))
    agree(ANN, tcf=make_string(**changes))

    result = enforce(tmp_path, ANN)

    assert (result.allowed, result.denied_by_reason) == (0, {HELD_BACK: 1})


def test_strings_are_asked_for_only_where_they_are_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world(owed="{}")
    agree(ANN, tcf=ANNS)
    monkeypatch.delattr(looking_up, "list_signal_texts")

    assert enforce(tmp_path, ANN).allowed == 1


def of_the_first(patch: pytest.MonkeyPatch) -> None:
    """Give everybody the string of one of them."""
    real = looking_up.LookUp.find

    def find(self: Any, wanted: Any) -> Any:
        found = real(self, wanted)
        given = next(texts for texts in found if texts)
        return [given if texts else None for texts in found]

    patch.setattr(looking_up.LookUp, "find", find)


def send_without(patch: pytest.MonkeyPatch) -> None:
    """Let those leave who have no string, with nothing in its place."""
    real = looking_up.LookUp.find
    patch.setattr(looking_up.LookUp, "find", lambda self, wanted: [one or {} for one in real(self, wanted)])
    patch.setattr("activation.obligations.applying._take_strings", lambda found, _: found)


def ignore_noes(patch: pytest.MonkeyPatch) -> None:
    """Take every string for one that holds."""
    patch.setattr(
        looking_up._Shelf,
        "find",
        lambda self, person: next((self.texts[ref].text for ref in person if ref in self.texts), None),
    )


def ignore_the_gate(patch: pytest.MonkeyPatch) -> None:
    """Let every vendor have everybody."""
    patch.setattr(drafting, "judge_by", lambda _: lambda *_: True)


def forget_vendors(patch: pytest.MonkeyPatch) -> None:
    """Read no vendor out of what is owed."""
    patch.setattr(
        Needs,
        "of",
        classmethod(lambda cls, owed: cls(frozenset(o.value for o in owed if o.kind == "signal"))),
    )


def look_once(patch: pytest.MonkeyPatch) -> None:
    """Do not look at strings again before rows leave."""
    patch.setattr(drafting, "_refill", lambda *_: False)


MUTANTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[..., None]]] = [
    (of_the_first, test_each_row_carries_its_own_persons_string),
    (send_without, test_who_has_no_string_stays_and_is_counted),
    (ignore_noes, test_a_string_that_a_no_speaks_against_is_not_sent),
]


@pytest.mark.parametrize(("plant", "test"), MUTANTS)
def test_a_planted_mistake_is_seen(
    tmp_path: Path, plant: Callable[[pytest.MonkeyPatch], None], test: Callable[..., None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            test(tmp_path)


@pytest.mark.parametrize("plant", [ignore_the_gate, forget_vendors])
def test_a_vendor_let_in_by_mistake_is_seen(
    tmp_path: Path, settings: Any, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            test_a_vendor_gets_nobody_else(tmp_path, settings, "the person did not agree to the vendor")


@pytest.mark.parametrize("change", [refuse_meanwhile, renew_meanwhile], ids=["a no", "a new string"])
def test_not_to_look_again_is_seen(tmp_path: Path, change: Callable[[], None]) -> None:
    expected = {} if change is refuse_meanwhile else {ANN: make_string("IT", made_at=NOON)}
    with pytest.MonkeyPatch.context() as patch:
        look_once(patch)
        with pytest.raises(AssertionError):
            test_what_is_said_of_a_string_while_the_run_lasts_counts(tmp_path, patch, change, expected)
