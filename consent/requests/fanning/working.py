"""Workers' rounds: a step claimed, carried out, and written down, until nothing is due or the time is over.

No transaction is open while a system is waited for. What a step did there twice, because a worker died, the
system knows by its key. Safe to call from any number of workers, and to kill at any point.
"""

import logging
from datetime import timedelta
from time import monotonic

from consent.kernel.errors import AccordantError
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.requests.fanning import claiming, ending
from consent.requests.fanning.carrying import Hand, carry_out
from consent.requests.fanning.collecting import StepLost
from consent.requests.fanning.waking import wake_for_system
from consent.requests.models import Step
from consent.requests.types import ContentDestroyed, NotPossible
from lineage.leases.keeping import keep_leased

logger = logging.getLogger(__name__)

LONGEST_STEP = timedelta(minutes=55)
"""A step that takes longer hangs: it is not this worker's any more."""


def wake_workers() -> int:
    """Take back what dead workers had, and have workers ask the systems that have steps. Return how many.

    As many are woken as a system may be asked by at once: one that finds nothing to do is soon done.
    """
    claiming.count_deaths()
    systems = claiming.list_due_systems()
    for system_id, kind, steps in systems:
        for _ in range(min(steps, claiming.MOST_AT_ONCE)):
            wake_for_system(system_id, kind)
    return len(systems)


def wake_for_more(system_id: int) -> None:
    """Have a worker go on at the system, if anything is due there."""
    for found, kind, _ in claiming.list_due_systems():
        if found == system_id:
            wake_for_system(found, kind)


def work(
    *, system_id: int | None, until: float, hand: Hand | None = None, longest: timedelta = LONGEST_STEP
) -> int:
    """Carry out the steps that are due at the system (None: here), and return how many were carried out.

    No step begins after `until`, by the monotonic clock. A system that does not answer is left alone for now.

    :raises Exception: what `hand.interrupted_by` names, when it comes. The step has failed then, for now.
    """
    hand, done = hand or Hand(), 0
    while monotonic() < until:
        step = claiming.claim_step(system_id)
        if step is None:
            break
        with keep_leased(step, lease=claiming.LEASE, longest=longest):
            answer = _try(step, hand)
        done += answer is True
        if answer is None:
            break
    return done


def _try(step: Step, hand: Hand) -> bool | None:
    """Return whether the step was carried out; None if its system should be left alone for now."""
    try:
        return carry_out(step, hand)
    except hand.interrupted_by:
        ending.put_off_step(step, error="it took too long, and was stopped")
        raise
    except StepLost:
        return False
    except DeliveryFailed as failed:
        ending.put_off_step(step, error=str(failed))
        return None
    except (DeliveryRefused, ContentDestroyed, NotPossible) as refused:
        ending.fail_step(step.pk, error=str(refused), attempt=step.attempts)
    except AccordantError as error:
        ending.put_off_step(step, error=str(error))
    except Exception as error:  # noqa: BLE001 - no fault of one step may stop the others
        logger.error("step %s: %s", step.pk, type(error).__name__)  # noqa: TRY400 - it may name people
        ending.put_off_step(step, error=f"an unexpected error ({type(error).__name__})")
    return False
