"""What a policy sets reaches Google and Meta in the form of their own protocols."""

from itertools import product
from typing import Any

import pyarrow as pa
import pytest

from activation.decisions.types import Obligation
from activation.destinations.kinds.google_customer_match.members import consent_of
from activation.destinations.kinds.google_customer_match.settings import CustomerMatchSettings
from activation.destinations.kinds.meta_custom_audiences.people import options_of, options_schema
from activation.destinations.kinds.meta_custom_audiences.settings import CustomAudiencesSettings
from activation.obligations.applying import apply_obligations
from activation.obligations.plan import plan_output
from consent.signals.consent_mode import ConsentType, State, read_modes
from consent.signals.meta_ldu import CALIFORNIA, LimitedDataUse, read_limited

META = CustomAudiencesSettings(audiences={}, limited_data_use="by_row")
GOOGLE = CustomerMatchSettings(account_id="1234567", audiences={}, terms_accepted=True)
ROWS = pa.RecordBatch.from_pylist([{"email": "a@b.example", "jurisdiction": "DE"}])
GOOGLES = {True: "CONSENT_GRANTED", False: "CONSENT_DENIED"}


def set_fields(**flags: str) -> dict[str, Any]:
    """Return the row as it leaves under a rule that sets these columns."""
    owed = tuple(Obligation("set", name, value) for name, value in flags.items())
    row: dict[str, Any]
    [row] = apply_obligations(ROWS, [owed], plan_output(ROWS.schema, {}, [owed])).to_pylist()
    return row


def told_meta(settings: CustomAudiencesSettings = META, **flags: str) -> LimitedDataUse:
    """Return what Meta's own form says of the row, read as strictly as Meta's pages have it."""
    names = [name.lower() for name in options_schema(settings)]
    return read_limited(dict(zip(names, options_of(set_fields(**flags), settings), strict=True)))


@pytest.mark.parametrize("place", ["", "US", "US-CA", "US-CO", "US-TX", "DE", "GB"])
@pytest.mark.parametrize("flag", ["yes", "no", "LDU", "true", "false", "0"])
def test_limited_data_use_is_a_list_with_a_place_that_fits(place: str, flag: str) -> None:
    found = told_meta(limited_data_use=flag, jurisdiction=place)

    assert found.is_limited == (flag not in {"no", "false", "0"})
    assert (found.state == CALIFORNIA) == (found.is_limited and place == "US-CA")


def test_a_rule_of_a_place_tells_it_by_the_column_jurisdiction_alone() -> None:
    assert told_meta(jurisdiction="US-CA") == LimitedDataUse(True, 1, CALIFORNIA)
    assert told_meta(jurisdiction="US-TX") == LimitedDataUse(True)
    assert told_meta(jurisdiction="FR") == LimitedDataUse(False)


def test_always_leaves_the_place_to_meta() -> None:
    always = CustomAudiencesSettings(audiences={}, limited_data_use="always")

    assert told_meta(always, limited_data_use="no") == LimitedDataUse(True)


@pytest.mark.parametrize(("data", "personal"), [*product(State, State)])
def test_consent_mode_that_a_policy_sets_is_what_google_is_told(data: State, personal: State) -> None:
    flags = {ConsentType.AD_USER_DATA.value: data.value, ConsentType.AD_PERSONALIZATION.value: personal.value}
    assert read_modes(flags)

    told = consent_of(set_fields(**flags), GOOGLE)

    if data is State.DENIED:
        assert told is None  # whose data may not be used for ads is not sent at all
    else:
        assert told == {
            "adUserData": "CONSENT_GRANTED",
            "adPersonalization": GOOGLES[personal is State.GRANTED],
        }
