"""Where a fault stands, read back from its path."""

from hypothesis import given
from hypothesis import strategies as st

from consent.policies.admin.faults import read_path
from consent.policies.document.paths import path_text

NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1)


@given(st.lists(st.one_of(NAMES, st.integers(min_value=0)), max_size=6))
def test_a_path_is_read_back_as_it_was_written(parts: list[str | int]) -> None:
    assert read_path(path_text(tuple(parts))) == tuple(parts)
