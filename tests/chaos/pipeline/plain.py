"""What many build first: a Celery task for each suppression, whose message is the truth.

The task does what can be done without an outbox: it looks whether the suppression is done already, tries
again with a growing delay for ever, and sends the same key each time. `CHAOS_LATE` sets acks_late; all the
rest is Celery's default.
"""

import os
from typing import Any

import django
import pyarrow as pa
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from uuid import UUID  # noqa: E402

from django.utils import timezone  # noqa: E402

from activation.destinations.kinds.interface import Removal  # noqa: E402
from activation.destinations.queries import open_connector  # noqa: E402
from activation.enforcement.membership.sealing import open_member  # noqa: E402
from activation.enforcement.suppression.models import Suppression  # noqa: E402
from activation.enforcement.suppression.types import SuppressionState  # noqa: E402
from consent.network.errors import DeliveryFailed  # noqa: E402
from consent.subjects.types import IdentifierKind  # noqa: E402

app = Celery("plain", broker=os.environ["BROKER_URL"])
app.conf.task_acks_late = bool(os.environ.get("CHAOS_LATE"))
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_hijack_root_logger = False

TASK = "plain.deliver"
COLUMN = "customer_id"


@app.task(name=TASK, autoretry_for=(Exception,), max_retries=None, retry_backoff=True, retry_backoff_max=4)
def deliver(suppression_id: int) -> None:
    """Take one person out."""
    one = Suppression.objects.select_related("holding").get(pk=suppression_id)
    if one.state != SuppressionState.WAITING:
        return
    connector = open_connector(one.destination)
    if connector is None:
        raise DeliveryFailed("the destination is not connected")
    connector.remove(_removal(one))
    done: dict[str, Any] = {"state": SuppressionState.ACKNOWLEDGED, "ended_at": timezone.now()}
    Suppression.objects.filter(pk=one.pk).update(**done, sealed=b"")


def _removal(one: Suppression) -> Removal:
    member = open_member(one.holding, bytes(one.sealed))
    schema = pa.schema([(COLUMN, pa.string())])
    names = list(member.identifiers[IdentifierKind.CUSTOMER_ID])
    batch = pa.RecordBatch.from_pydict({COLUMN: names}, schema=schema)
    return Removal(
        removal_id=UUID(int=one.pk),
        audience=one.holding.audience,
        schema=schema,
        batches=lambda: iter([batch]),
        identifiers={IdentifierKind.CUSTOMER_ID: COLUMN},
    )
