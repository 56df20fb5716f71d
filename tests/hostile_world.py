"""A desk on which every free text is hostile: in each row, whatever the database lets stand there."""

from collections.abc import Iterator
from itertools import cycle
from uuid import uuid4

from django.apps import apps
from django.db import DataError, IntegrityError, connection, models, transaction

from activation.desk.person.models import PersonVisit
from tests.hostile_rows import make_row
from tests.hostile_texts import STORABLE

_LAW = "citation sources note"
FREE = {
    "auth.user": "first_name last_name username email",
    "axes.accessattempt": "user_agent username http_accept path_info get_data post_data",
    "activation_enforcement.standingaudience": "title input created_by",
    "activation_enforcement.runorder": "error input asked_by parent_run",
    "activation_enforcement.incident": "note acknowledged_by",
    "activation_enforcement.parcel": "last_error reference",
    "activation_enforcement.suppression": "error ended_by",
    "activation_enforcement.recipientnotice": "note",
    "activation_enforcement.reconciliation": "error",
    "activation_enforcement.streamrun": (
        "error waiting_for input_topic allowed_topic denied_topic group instance"
    ),
    "activation_enforcement.enforcementrun": "input output error delivery_reference",
    "activation_desk.savedfilter": "name query",
    "activation_desk.breachreport": "reason name label error",
    "activation_desk.tracereport": "reason error",
    "activation_desk.personvisit": "reason",
    "activation_desk.registernote": "text written_by",
    "activation_desk.simulationrun": "error audience",
    "activation_destinations.destination": "title registered_by connected_by settings",
    "activation_changes.subscription": "title reason last_error connected_by settings",
    "activation_changes.parkedmessage": "error",
    "activation_checks.apiclient": "name",
    "consent_portal.portalmessage": "last_error",
    "consent_portal.site": "origins categories signals",
    "consent_portal.theme": "title variables",
    "consent_requests.system": "title owner instructions settings",
    "consent_requests.dataset": "title name retention keep_ground",
    "consent_requests.field": "title name replacement keep_ground",
    "consent_requests.reference": "field to_field",
    "consent_requests.step": "last_error",
    "consent_requests.legalhold": "reference ground",
    "consent_requests.agent": "title note",
    "consent_requests.request": "jurisdiction_reason",
    "consent_ledger.witnessnote": "name",
    "consent_records.consentrecord": "source form",
    "consent_records.importrun": "source",
    "consent_records.invalidationrun": "reason form",
    "consent_policies.jurisdiction": "title",
    "consent_policies.statute": f"title {_LAW}",
    **dict.fromkeys(
        (f"consent_policies.{one}" for one in ("agelimit", "clock", "consentdefault", "duty", "practice")),
        _LAW,
    ),
    "consent_policies.notice": "title",
    "consent_policies.controller": "title",
    "consent_policies.policyjurisdiction": "title",
    "consent_policies.datacategory": "title",
    "consent_policies.purpose": "title description",
    "consent_policies.requestproperty": "title",
    "consent_policies.destinationpermission": "title contract",
    "consent_policies.rule": "special_condition assessment",
    "consent_policies.taxonomyterm": "name description file",
    "consent_policies.policyversion": "title source",
    "consent_subjects.subjectfact": "source",
    "consent_subjects.subjectlink": "provenance",
    "consent_subjects.heldlink": "provenance",
    "lineage_graph.waitingevent": "error facts",
    "lineage_outbox.delivery": "last_error",
    "lineage_outbox.backend": "last_error",
    "lineage_outbox.outboxevent": "payload",
    "usersessions.usersession": "user_agent",
}
"""What an officer, a caller or a stranger fills, or another system answers, and the desk shows."""
LONGEST, ROWS = 1500, 30


class Payloads:
    """The hostile texts, one after the other, and which of them were used."""

    def __init__(self) -> None:
        """Begin with the first."""
        self.used: set[str] = set()
        self._all = cycle(STORABLE)

    def take(self, limit: int) -> str:
        """Return as many of the next ones as fit."""
        taken: list[str] = []
        for payload in self._next():
            if len(" ".join([*taken, payload])) <= limit:
                taken.append(payload)
            elif taken:
                break
        self.used.update(taken)
        return " ".join(taken)

    def _next(self) -> Iterator[str]:
        for _ in STORABLE:
            yield next(self._all)


def plant(payloads: Payloads) -> dict[str, bool]:
    """Write hostile texts wherever the database keeps free ones, and return which columns let it be so.

    Triggers are off meanwhile: they keep evidence from being changed, and are no shelter of pages.
    """
    planted: dict[str, bool] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for label, names in FREE.items():
            model = apps.get_model(label)
            if not model._base_manager.exists():
                make_row(model)
            for pk in list(model._base_manager.order_by("pk").values_list("pk", flat=True)[:ROWS]):
                for name in names.split():
                    column = f"{label}.{name}"
                    planted[column] = _plant(model, pk, name, payloads) or planted.get(column, False)
    return planted


def _plant(model: type[models.Model], pk: object, name: str, payloads: Payloads) -> bool:
    field = model._meta.get_field(name)
    limit = min(getattr(field, "max_length", None) or LONGEST, LONGEST)
    text = payloads.take(limit) or "<b data-hostile>"[:limit]
    value = {text: text} if isinstance(field, models.JSONField) else text
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=pk).update(**{name: value})
    except (IntegrityError, DataError):
        return False  # the database keeps nothing else than what belongs there
    return True


def repeat_visit(visit: PersonVisit, times: int) -> None:
    """Let the look-up stand in the list as often as that, so that every payload has room as its reason."""
    row = {field.attname: getattr(visit, field.attname) for field in PersonVisit._meta.concrete_fields}
    PersonVisit.objects.bulk_create(PersonVisit(**{**row, "id": uuid4()}) for _ in range(times))
