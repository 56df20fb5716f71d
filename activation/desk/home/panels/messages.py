"""What goes out to other systems and does not get through: lineage events and consent changes."""

from collections.abc import Iterator

from activation.changes.queries import count_parked
from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Asked, Figure, Need, Panel, Tone
from lineage.outbox.queries import list_transports

PERMISSIONS = ("lineage_outbox.view_delivery", "activation_changes.view_parkedmessage")
LINEAGE, CHANGES = PERMISSIONS
_LINEAGE = "lineage_outbox_delivery_changelist"
_CHANGES = "activation_changes_parkedmessage_changelist"


def lay_out(asked: Asked) -> Panel:
    """Return the panel: of its two parts, those that the officer may see."""
    transports = list_transports() if asked.may(LINEAGE) else []
    parked, pending = (sum(getattr(one, name) for one in transports) for name in ("parked", "pending"))
    failing = [one.transport for one in transports if one.failing_since]
    changes = count_parked() if asked.may(CHANGES) else 0
    return Panel(
        key="messages",
        title="Messages to other systems",
        figures=tuple(_list_figures(asked, parked, pending, changes)),
        needs=tuple(_list_needs(parked, failing, changes)),
    )


def _list_figures(asked: Asked, parked: int, pending: int, changes: int) -> Iterator[Figure]:
    if asked.may(LINEAGE):
        refused = address_of(_LINEAGE, state="parked")
        yield count_of("Lineage events refused", parked, refused, tone=Tone.WRONG)
        yield count_of("Lineage events on their way", pending, address_of(_LINEAGE, state="pending"))
    if asked.may(CHANGES):
        refused = address_of(_CHANGES, where="parked")
        yield count_of("Consent changes refused", changes, refused, tone=Tone.WRONG)


def _list_needs(parked: int, failing: list[str], changes: int) -> Iterator[Need]:
    if parked:
        words = say_count(parked, "lineage event is refused", "lineage events are refused")
        yield Need(words, address_of(_LINEAGE, state="parked"))
    for name in failing:
        words = f"Lineage does not get through to {name}: it is tried again by itself"
        yield Need(words, address_of(_LINEAGE, state="pending"))
    if changes:
        words = say_count(
            changes, "consent change is refused by its receiver", "consent changes are refused by receivers"
        )
        yield Need(words, address_of(_CHANGES, where="parked"))
