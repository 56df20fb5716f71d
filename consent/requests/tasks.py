"""Celery's entries to requests. A message is only a wake-up: the rows tell what is left to do."""

from time import monotonic
from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from consent.requests import services
from consent.requests.clocks import reminding
from consent.requests.fanning import waking, working
from consent.requests.fanning.carrying import Hand
from consent.requests.limits import counting
from consent.requests.mails.queueing import SEND_TASK
from consent.requests.mails.sending import send_waiting
from consent.requests.packages import building, releasing
from consent.requests.protocols.callbacks.queueing import TELL_TASK
from consent.requests.protocols.callbacks.sending import tell_waiting
from consent.requests.protocols.drp.agents import forget_heard
from consent.requests.protocols.forgetting import forget_callers
from lineage.leases.waking import wake

_ROUND = 60.0  # seconds in which steps begin
_SOFT = 270
_SOFT_OF_LONG = 3300
_LONGEST = 86_400  # seconds; a package takes as long as there are rows
_MOST = 200


@shared_task(name="requests.remind", acks_late=True)
def remind(**_: object) -> int:
    """Tell officers what is due soon or overdue, each once, and return how many requests were told of."""
    return reminding.remind(at=timezone.now())


@shared_task(name=waking.WORK_TASK, acks_late=True, soft_time_limit=_SOFT, time_limit=_SOFT + 30)
def work_steps(**_: object) -> int:
    """Carry out what is done here, have workers ask the systems, and return how many were woken.

    Safe to run twice, at the same time, and to kill.
    """
    working.work(system_id=None, until=monotonic() + _ROUND, hand=_hand())
    return working.wake_workers()


@shared_task(name=waking.ASK_TASK, acks_late=True, soft_time_limit=_SOFT, time_limit=_SOFT + 30)
def ask_system(system_id: int, **_: object) -> int:
    """Carry out what is due at a system that answers soon, and return how many steps were."""
    return _ask(system_id)


@shared_task(
    name=waking.ASK_LONG_TASK, acks_late=False, soft_time_limit=_SOFT_OF_LONG, time_limit=_SOFT_OF_LONG + 60
)
def ask_long(system_id: int, **_: object) -> int:
    """Carry out what is due at a system that may take long, and return how many steps were."""
    return _ask(system_id)


def _ask(system_id: int) -> int:
    done = working.work(system_id=system_id, until=monotonic() + _ROUND, hand=_hand())
    if done:  # there may be more
        working.wake_for_more(system_id)
    return done


def _hand() -> Hand:
    return Hand(interrupted_by=(SoftTimeLimitExceeded,))


@shared_task(name=building.BUILD_TASK, acks_late=False, time_limit=_LONGEST, soft_time_limit=_LONGEST - 60)
def build_packages(package_id: str | None = None, **_: object) -> int:
    """Put one package together, or all that wait, and return how many are ready now.

    Safe to run twice, at the same time, and to kill.
    """
    packages = building.list_building() if package_id is None else [UUID(package_id)]
    return sum(building.build_package(package) for package in packages)


@shared_task(name=SEND_TASK, acks_late=True)
def send_messages(**_: object) -> int:
    """Send what waits for a minute, and return how much was looked at. Safe to run twice, and to kill."""
    outcomes = send_waiting(limit=_MOST, until=monotonic() + _ROUND)
    if outcomes.total() >= _MOST:
        wake(SEND_TASK)
    return outcomes.total()


@shared_task(name=TELL_TASK, acks_late=True)
def tell_callers(**_: object) -> int:
    """Tell callers of protocols what is new for a minute, and return how many were looked at.

    Safe to run twice, and to kill.
    """
    outcomes = tell_waiting(limit=_MOST, until=monotonic() + _ROUND)
    if outcomes.total() >= _MOST:
        wake(TELL_TASK)
    return outcomes.total()


@shared_task(name="requests.forget_messages", acks_late=True)
def forget_messages(**_: object) -> int:
    """Forget messages that are over, and what callers called old requests. Safe to run twice."""
    at = timezone.now()
    return forget_heard(at=at) + forget_callers(at=at)


@shared_task(name="requests.forget_uses", acks_late=True)
def forget_uses(**_: object) -> int:
    """Forget old visits to the portal; return how many rows that were. Safe to run twice."""
    return counting.forget_uses(at=timezone.now())


@shared_task(name="requests.expire_stale", acks_late=True)
def expire_stale(**_: object) -> int:
    """End requests whose persons never proved who they are, and return how many. Safe to run twice."""
    return services.expire_stale(at=timezone.now())


@shared_task(name="requests.forget_content", acks_late=True)
def forget_content(**_: object) -> int:
    """Destroy what closed requests hold once its time is over, and return how many. Safe to run twice."""
    at, total = timezone.now(), 0
    while done := services.forget_content(at=at):
        total += done
    while services.forget_people(at=at):
        pass
    return total


@shared_task(name="requests.expire_packages", acks_late=True)
def expire_packages(**_: object) -> int:
    """Destroy released packages whose time is over, and return how many. Safe to run twice, and to kill."""
    total = 0
    while destroyed := releasing.expire_packages(at=timezone.now()):
        total += destroyed
    return total
