"""Values about suppressions. Pure."""

from enum import StrEnum


class Cause(StrEnum):
    """What made a destination hold somebody it may not hold."""

    WITHDRAWAL = "withdrawal"  # the person, or somebody in their place, said no, objected, or opted out
    ERASURE = "erasure"
    STRING = "string"  # theirs does not hold any more, or does not let the destination
    EXPIRY = "expiry"
    POLICY = "policy"  # another policy is in force, or the register changed
    CHANGE = "change"  # anything else that is on record of the person
    RECONCILIATION = "reconciliation"  # the destination was found to hold somebody taken out before


class SuppressionState(StrEnum):
    """How far a suppression came."""

    WAITING = "waiting"  # to be handed over, or being handed over
    ACKNOWLEDGED = "acknowledged"  # by the destination
    BY_HAND = "by_hand"  # somebody has taken the person out and says so
    PARKED = "parked"  # the destination refuses it: somebody has to look
    SUPERSEDED = "superseded"  # a newer one of the same person takes its place


class ParcelState(StrEnum):
    """How far a parcel came."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # as it was: its suppressions go out one by one, or are parked
    TAKEN_APART = "taken_apart"  # by us: what is left of it goes out in others
