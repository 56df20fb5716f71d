"""Each kind of difference in words: what was found, and what to do about it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from activation.desk.register.types import Difference, DifferenceKind, Entry, Recipient, Weight
from lineage.graph.types import Observed

_OBSERVED: Mapping[DifferenceKind, tuple[Weight, str, str]] = {
    DifferenceKind.PURPOSE_NOT_DECLARED: (
        Weight.URGENT,
        "Runs used data for the purpose {one.purpose}, which the policy in force does not have.",
        "Declare the purpose in a new version of the policy, or find out who still runs it.",
    ),
    DifferenceKind.CONTROLLER_NOT_DECLARED: (
        Weight.URGENT,
        (
            "Runs for the purpose {one.purpose} name the controller {controller}, which the policy in force"
            " does not have."
        ),
        "Declare the controller in a new version of the policy, or find out who still runs it.",
    ),
    DifferenceKind.DESTINATION_NOT_DECLARED: (
        Weight.URGENT,
        (
            "Data for the purpose {one.purpose} went to {one.destination}, which the policy in force does not"
            " have."
        ),
        "Suspend the destination, then declare it in a new version of the policy or end what goes there.",
    ),
    DifferenceKind.DESTINATION_NOT_MAPPED: (
        Weight.URGENT,
        (
            "Data for the purpose {one.purpose} went to {one.destination}, which the policy permits other"
            " purposes only."
        ),
        "Map the purpose to the destination in a new version of the policy, or end what goes there.",
    ),
    DifferenceKind.NO_RULE: (
        Weight.URGENT,
        "Runs used data for the purpose {one.purpose}, for which the controller {controller} has no rule.",
        "Write a rule in a new version of the policy, or find out who still runs it.",
    ),
    DifferenceKind.SOURCE_UNKNOWN: (
        Weight.CHECK,
        (
            "Data for the purpose {one.purpose} went to {one.destination}, and no run told where it was read"
            " from."
        ),
        "Look at the runs, and find out which dataset they read.",
    ),
}


def observed(kind: DifferenceKind, one: Observed) -> Difference:
    """Return a difference that rests on the names alone."""
    weight, words, advice = _OBSERVED[kind]
    return _of(kind, weight, one, words.format(one=one, controller=one.controller or "(none)"), advice)


def suspended(one: Observed, last: datetime) -> Difference:
    """Return that data went where nothing may go."""
    return _of(
        DifferenceKind.SUSPENDED_DESTINATION_OBSERVED,
        Weight.URGENT,
        one,
        f"Data for the purpose {one.purpose} went to {one.destination} at {_time(last)}, while that"
        " destination was suspended.",
        "Find out which run sent it, and have the destination delete what it got.",
    )


def legal_basis(one: Observed, basis: str, declared: Sequence[str]) -> Difference:
    """Return that a run rested on another basis than any rule."""
    return _of(
        DifferenceKind.LEGAL_BASIS_NOT_DECLARED,
        Weight.URGENT,
        one,
        f"A run for the purpose {one.purpose} to {one.destination} rested on {basis}. The policy in force"
        f" declares {', '.join(declared)}.",
        "Compare the run's policy version with the one in force, and mend whichever is wrong.",
    )


def column(one: Observed, name: str, categories: Sequence[str]) -> Difference:
    """Return that a column left whose category is not permitted there."""
    return _of(
        DifferenceKind.COLUMN_NOT_DECLARED,
        Weight.URGENT,
        one,
        f"The column {name} went to {one.destination} for the purpose {one.purpose}. By its name it holds"
        f" {' or '.join(categories)}, which is not declared for them.",
        "Have the audience leave the column out, or declare the category in a new version of the policy.",
    )


def column_unknown(one: Observed, name: str) -> Difference:
    """Return that a column left of which nobody can say what it holds."""
    return _of(
        DifferenceKind.COLUMN_UNKNOWN,
        Weight.CHECK,
        one,
        f"The column {name} went to {one.destination} for the purpose {one.purpose}. Its name tells no data"
        " category of the policy.",
        "Look what it holds: leave it out, name it like its category, or declare a category for it.",
    )


def older_policy(one: Observed, last: datetime, *, is_declared: bool) -> Difference:
    """Return that a processing was seen under former versions of the policy only."""
    still = "It is still declared." if is_declared else "It is not declared any more."
    return _of(
        DifferenceKind.OLDER_POLICY_ONLY,
        Weight.NOTE,
        one,
        f"The purpose {one.purpose} to {one.destination} was seen last at {_time(last)}, before the policy"
        f" in force took effect. {still}",
        "If it was given up, take it out of the policy."
        if is_declared
        else "Nothing, if it was given up: see that the destination has deleted what it got.",
    )


def never_observed(entry: Entry, recipient: Recipient) -> Difference:
    """Return that nothing is on record that went to a declared recipient; old runs are forgotten."""
    return _declared(
        DifferenceKind.NEVER_OBSERVED,
        entry,
        recipient,
        f"{entry.purpose.title} of {entry.controller.name} to {recipient.name} is declared, and no run of"
        " it is on record.",
    )


def not_lately(entry: Entry, recipient: Recipient, last: datetime, lately: timedelta) -> Difference:
    """Return that nothing was seen lately to go to a declared recipient."""
    return _declared(
        DifferenceKind.NOT_OBSERVED_LATELY,
        entry,
        recipient,
        f"{entry.purpose.title} of {entry.controller.name} to {recipient.name} is declared, and no run of"
        f" it was seen in the last {lately.days:,} days. The last was at {_time(last)}.",
    )


def ungated(paths: int) -> Difference:
    """Return that data was seen to leave past every enforcement."""
    return Difference(
        kind=DifferenceKind.UNGATED_PATHS,
        weight=Weight.URGENT,
        words=f"{paths:,} {'path leads' if paths == 1 else 'paths lead'} from personal data to the outside,"
        f" and no enforcement stands on {'it' if paths == 1 else 'them'}.",
        advice="Open the list of ungated paths. Each owner puts an enforcement on the path, or ends it.",
    )


def _declared(kind: DifferenceKind, entry: Entry, recipient: Recipient, words: str) -> Difference:
    return Difference(
        kind=kind,
        weight=Weight.NOTE,
        purpose=entry.purpose.slug,
        controller=entry.controller.slug,
        destination=recipient.slug,
        words=words,
        advice="If it is not done, take it out of the policy. If it is, find out past which run it goes.",
    )


def _of(kind: DifferenceKind, weight: Weight, one: Observed, words: str, advice: str) -> Difference:
    return Difference(
        kind=kind,
        weight=weight,
        purpose=one.purpose,
        controller=one.controller,
        destination=one.destination,
        words=words,
        advice=advice,
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
