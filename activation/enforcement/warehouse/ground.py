"""What the policy may ask of each reader."""

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register, owed_to
from activation.decisions.types import Obligation
from activation.enforcement.warehouse.mapping import mark
from activation.enforcement.warehouse.types import Layout, Reader, ReaderNotPermitted, Served
from activation.obligations.plan import check_supported


def serve(policy: CompiledPolicy, layout: Layout) -> tuple[Served, ...]:
    """Return each reader with all that any rule of its purpose may ask.

    :raises ReaderNotPermitted: if the policy has no such purpose, destination or controller together.
    :raises ObligationNotSupported: if a rule asks for what no warehouse could do.
    """
    return tuple(_serve(policy, one) for one in layout.readers)


def check_recipients(register: Register, layout: Layout) -> None:
    """Return if no reader's destination is owed, by the register, what no warehouse could do.

    :raises ObligationNotSupported: if one is.
    """
    for reader in layout.readers:
        for obligation in owed_to(register, reader.destination):
            check_supported(obligation)


def _serve(policy: CompiledPolicy, reader: Reader) -> Served:
    destination = policy.destinations.get(reader.destination)
    rules = policy.rules_for(reader.purpose, reader.controller)
    if destination is None or reader.purpose not in destination.purposes or not rules:
        raise ReaderNotPermitted(
            f"reader {reader.role}: the policy in force has no rule for its purpose and controller, or does"
            " not permit its destination that purpose: everybody would be denied"
        )
    asked = [frozenset(map(_known, rule.obligations)) for rule in rules.values()]
    return Served(
        reader=reader,
        foreseen=frozenset[Obligation]().union(*asked),
        always=asked[0].intersection(*asked),
    )


def _known(obligation: Obligation) -> Obligation:
    check_supported(obligation)
    mark(obligation)
    return Obligation(obligation.kind, obligation.field.casefold(), obligation.value)
