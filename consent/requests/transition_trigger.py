"""The database's own check of the state machine: no `update()` goes around it."""

import pgtrigger

from consent.ledger.append_only import UnconditionalTrigger
from consent.requests.rules.transitions import TRANSITIONS

_PAIRS = ", ".join(
    sorted(f"('{before}', '{after}')" for before, afters in TRANSITIONS.items() for after in afters)
)


class KnownTransitions(UnconditionalTrigger):
    """Refuses every change of a request's state that the table of transitions does not have."""

    name = "known_transitions"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Update
    func = (
        f"IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({_PAIRS}) THEN"
        " RAISE EXCEPTION 'a request does not go from % to %', OLD.state, NEW.state"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW;"
    )
