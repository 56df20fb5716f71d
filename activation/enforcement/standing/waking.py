"""Telling a worker that something waits. One that is not told finds it by itself: the rows count."""

from uuid import UUID

from lineage.leases.waking import wake


def wake_for_order(order_id: UUID) -> None:
    """Have a worker look at the order. A broker that cannot be reached is no error."""
    wake("enforcement.run_queued", order_id=str(order_id))


def wake_for_measuring(report_id: UUID) -> None:
    """Have a worker look at the measuring. A broker that cannot be reached is no error."""
    wake("enforcement.measure_queued", report_id=str(report_id))
