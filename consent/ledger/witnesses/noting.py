"""What is noted down of witnesses while they are told, for whoever asks how old their copies are."""

from django.db.models.functions import Coalesce, Now

from consent.ledger.models import WitnessNote

LONGEST_NAME = 200


def note_witnessed(name: str, size: int) -> None:
    """Note down that the witness took the checkpoint of that size."""
    told = {"size": size, "told_at": Now(), "failing_since": None}
    if not WitnessNote.objects.filter(pk=name[:LONGEST_NAME]).update(**told):
        WitnessNote.objects.bulk_create(
            [WitnessNote(name=name[:LONGEST_NAME], **told)], ignore_conflicts=True
        )


def note_unreachable(name: str) -> None:
    """Note down that the witness could not be told."""
    rows = WitnessNote.objects.filter(pk=name[:LONGEST_NAME])
    if not rows.update(failing_since=Coalesce("failing_since", Now())):
        note = WitnessNote(name=name[:LONGEST_NAME], failing_since=Now())
        WitnessNote.objects.bulk_create([note], ignore_conflicts=True)
