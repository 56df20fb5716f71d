"""From groups of linked subjects to people: each is asked about once. Pure: no database."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from activation.decisions.types import Question, SubjectState
from activation.decisions.view import View
from consent.subjects.rules import group_refs
from consent.subjects.types import SubjectGroup, SubjectRef

_NO_CONTROLLER = Question(purpose="", destination="", controller="")


def split(
    group: SubjectGroup, *, scope: Collection[SubjectRef], at: datetime
) -> dict[SubjectRef, SubjectGroup]:
    """Return the people in `group` with a reference in `scope`, by the smallest such reference.

    A person is whom links in force at `at` join. So each person has one leading reference, wherever a look
    through all references finds them.
    """
    links = [
        link
        for link in group.links
        if link.recorded_at <= at
        and link.linked_at <= at
        and (link.unlinked_at is None or link.unlinked_at > at)
    ]
    joined = group_refs(refs=[member.ref for member in group.members], links=links)
    led = {part: part.intersection(scope) for part in joined.values()}
    return {min(found): replace(group, asked=part) for part, found in led.items() if found}


def ask_as_person(state: SubjectState, at: datetime) -> SubjectState:
    """Return `state` asked about by all references but those of devices that several people use.

    What was said on such a device counts for the device only, unless it alone is asked about.
    """
    if len(state.asked) == 1:
        return state
    own = state.asked - View(state, _NO_CONTROLLER, at, at).shared_devices
    return replace(state, asked=own) if own and own != state.asked else state
