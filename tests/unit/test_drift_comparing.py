"""Drift counted part by part on disk is what counting it at once in memory gives."""

from collections import Counter, defaultdict
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from activation.decisions.reasons import ALLOWING, Reason
from activation.enforcement.standing.drift.comparing import Comparing, Figures

MEMBERS = [sha256(bytes([number])).digest() for number in range(12)]
members = st.sampled_from(MEMBERS)
rows = st.lists(
    st.tuples(st.sets(members, max_size=3), st.tuples(*[st.sampled_from(list(Reason))] * 2)), max_size=12
)


def count(
    sent: set[bytes], denied: set[bytes], listed: list[tuple[set[bytes], tuple[Reason, ...]]], moment: int
) -> Figures:
    """Return the figures of one moment, counted in the plainest way."""
    found: defaultdict[bytes, set[Reason]] = defaultdict(set)
    for row_members, reasons in listed:
        for member in row_members:
            found[member].add(reasons[moment])
    allowed = {member for member, reasons in found.items() if reasons & ALLOWING}
    wrong = {member for member in sent & found.keys() if member not in allowed}
    order = list(Reason)
    leaving = sum(reasons[moment] in ALLOWING for _, reasons in listed)
    return Figures(
        rows_allowed=leaving,
        rows_denied=len(listed) - leaving,
        wrong=Counter(min(found[member], key=order.index) for member in wrong),
        regained=len(allowed & denied - sent),
        new=len(allowed - denied - sent),
    )


@settings(deadline=None, max_examples=40)
@given(sent=st.sets(members), denied=st.sets(members), listed=rows)
def test_parts_add_up_to_the_whole(
    sent: set[bytes], denied: set[bytes], listed: list[tuple[set[bytes], tuple[Reason, ...]]]
) -> None:
    with Comparing(2) as comparing:
        for member in sent:
            comparing.add_evidence(member, was_sent=True)
        for member in denied:
            comparing.add_evidence(member, was_sent=False)
        for row_members, reasons in listed:
            comparing.add_row(row_members, reasons)
        result = comparing.sum_up()

    present = {member for row_members, _ in listed for member in row_members}
    assert (result.sent, result.left_the_list) == (len(sent), len(sent - present))
    assert result.moments == [count(sent, denied, listed, moment) for moment in range(2)]
