"""A person's state as bytes: the compact form where it fits, else the general one."""

from activation.decisions.types import SubjectState
from activation.snapshots.compact.encoding import encode
from activation.snapshots.compact.general import encode_general
from activation.snapshots.compact.items import items_of
from activation.snapshots.compact.tokens import Dictionary


def encode_state(state: SubjectState, dictionary: Dictionary) -> bytes:
    """Return the bytes that stand for all that is on record in `state`, but not for who is asked about."""
    if len(state.members) == 1 and not state.links and state.members[0].erased_at is None:
        [member] = state.members
        items = items_of(member)
        compact = None if items is None else encode(items, version=member.version, dictionary=dictionary)
        if compact is not None:
            return compact
    return encode_general(state.members, state.links)
