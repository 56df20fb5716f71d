"""What each vendor's message is worth; and that the table would notice the errors that cost most."""

import inspect
from types import ModuleType

import pytest

from consent.records.adapters import mparticle, segment, telling, transcend
from consent.records.types import Fault
from tests.adapter_cases import CASES, MPARTICLE, SEGMENT, Case, batch, consented, make_mapping, segment_event


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_is_worth_what_was_said(case: Case) -> None:
    found = case.run()

    assert case.holds(found), found


def test_a_message_names_its_person_by_every_field_that_the_mapping_names() -> None:
    [row] = segment.read_message(segment_event({"Email": False}), make_mapping(SEGMENT)).rows

    assert [(one["kind"], one["value"][:4]) for one in row["identifiers"]] == [
        ("user_id", "u123"),
        ("cookie_id", "23ad"),
        ("advertising_id", "7A3C"),
    ]


def test_a_long_number_is_an_identifier_to_the_last_digit_and_zeros_are_nobody() -> None:
    [row] = mparticle.read_message(batch({"email": consented(False)}), make_mapping(MPARTICLE)).rows

    assert {"kind": "user_id", "value": "7346244611012968789"} in row["identifiers"]
    assert all(one["kind"] != "advertising_id" for one in row["identifiers"])


def test_a_fault_names_the_category_but_never_a_value() -> None:
    found = segment.read_message(
        segment_event({"DataSharing": False, "ana@customers.example": False}), make_mapping(SEGMENT)
    )

    assert [fault.path for fault in found.faults] == [
        "context.consent.categoryPreferences.DataSharing",
        "context.consent.categoryPreferences.(1)",
    ]
    assert "ana" not in str(found.faults)
    assert all(isinstance(fault, Fault) for fault in found.faults)


MUTANTS = [
    pytest.param(mparticle, "elif consented:", "elif not consented:", id="ccpa inverted"),
    pytest.param(mparticle, 'if law == "gdpr":', "if True:", id="ccpa read as gdpr"),
    pytest.param(
        telling,
        "purposes = self.mapping.purposes.get(category, ())",
        "purposes = self.mapping.purposes.get(category, ('advertising',))",
        id="unmapped yes granted",
    ),
    pytest.param(
        telling, 'self.fault(path, FaultCode.UNMAPPED_PURPOSE, "', 'str("', id="unmapped no dropped"
    ),
    pytest.param(
        telling,
        'self.fault(path, FaultCode.MISSING_FIELD, "must tell when it was said")',
        "pass",
        id="a missing time becomes now",
    ),
    pytest.param(telling, 'claims.pop("controller", None)', "pass", id="a no narrowed to one controller"),
    pytest.param(segment, "if value is True and not is_act:", "if False:", id="a stamp's yes granted"),
    pytest.param(segment, "preferences or dict", "preferences and dict", id="an empty object says nothing"),
    pytest.param(transcend, "(value is True and not is_chosen)", "False", id="a default's yes granted"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "old", "new"), MUTANTS)
def test_the_table_notices(module: ModuleType, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = make_mutant(module, old, new)
    if module is telling:
        for user in {case.adapter for case in CASES}:
            monkeypatch.setattr(user, "Telling", mutant.Telling)
        noticed = [case for case in CASES if not case.holds(case.run())]
    else:
        noticed = [case for case in CASES if case.adapter is module and not case.holds(case.run(mutant))]

    assert noticed


def make_mutant(module: ModuleType, old: str, new: str) -> ModuleType:
    """Return the module with its text changed."""
    source = inspect.getsource(module)
    assert old in source
    mutant = ModuleType(f"{module.__name__}_mutant")
    exec(compile(source.replace(old, new), mutant.__name__, "exec"), mutant.__dict__)  # noqa: S102 - our own text
    return mutant
