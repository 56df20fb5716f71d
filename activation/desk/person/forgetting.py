"""Forgetting whom officers looked up, as soon as the time of it is over, and old look-ups altogether."""

from datetime import datetime

from django.conf import settings

from activation.desk.person.models import PersonVisit


def forget_visits(*, at: datetime) -> int:
    """Forget by what was looked up in every visit that is over, and return how many; old visits go whole."""
    over = PersonVisit.objects.filter(expires_at__lte=at).exclude(kek_version=0)
    forgotten = over.update(kek_version=0, wrapped=b"", sealed=b"")
    if settings.PERSON_VISITS_KEPT is not None:
        PersonVisit.objects.filter(visited_at__lt=at - settings.PERSON_VISITS_KEPT).delete()
    return forgotten
