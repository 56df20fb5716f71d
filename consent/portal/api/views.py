"""The address that makes links to the preference centre. Nobody is looked up, and nothing is stored."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from consent.portal.api.serializers import (
    MAILING,
    MOST_DAYS,
    MOST_MINUTES,
    LinksSerializer,
    NewLinksSerializer,
)
from consent.portal.preferences.links import LinkTerms, LinkUse, make_link
from consent.portal.preferences.policy import get_document, list_controllers
from consent.portal.types import Trust
from consent.records.api.parsers import QuestionParser
from consent.requests.api.views import VouchingNotPermitted
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

VOUCH = "preferences:vouch"
_DAYS = 365


class PreferenceLinksView(APIView):
    """Links to the preference centre."""

    required_scope = "preferences"
    parser_classes = [QuestionParser]

    @extend_schema(
        operation_id="make_preference_links", request=NewLinksSerializer, responses={201: LinksSerializer}
    )
    def post(self, request: Request) -> Response:
        """Return a link for each of up to 1,000 people; known or not, they get one alike."""
        asked = NewLinksSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data, at = asked.validated_data, timezone.now()
        if data["kind"] != MAILING and not _may_vouch(request):
            raise VouchingNotPermitted(f"`signed_in` takes the scope {VOUCH}")
        if data["controller"] not in list_controllers(get_document(at=at)):
            raise ValidationError({"controller": "The policy in force does not declare it."})
        terms = _read_terms(data, at)
        base = settings.PUBLIC_URL.rstrip("/") or request.build_absolute_uri("/").rstrip("/")
        links = [_make(replace(terms, identifiers=one), base) for one in _read_people(data["people"])]
        return Response({"expires_at": terms.expires_at, "links": links}, status=HTTP_201_CREATED)


def _may_vouch(request: Request) -> bool:
    caller: Any = request.user  # what the authentication class returned
    return bool(caller.may(VOUCH))


def _read_terms(data: dict[str, Any], at: datetime) -> LinkTerms:
    """Return what all of the links say, but for whom."""
    is_mailing = data["kind"] == MAILING
    days = timedelta(days=min(data.get("valid_for_days", _DAYS), MOST_DAYS))
    minutes = timedelta(minutes=data.get("valid_for_minutes", MOST_MINUTES))
    return LinkTerms(
        controller=data["controller"],
        trust=Trust.LINK if is_mailing else Trust.PROVEN,
        identifiers=(),
        expires_at=at.replace(microsecond=0) + (days if is_mailing else minutes),
        purpose=data["purpose"],
        works_once=not is_mailing,
    )


def _read_people(people: list[dict[str, Any]]) -> Iterator[tuple[Identifier, ...]]:
    """Yield the identifiers of each person.

    :raises ValidationError: with the place of the first that is none of its kind, and not with its value.
    """
    for number, person in enumerate(people):
        found: dict[Identifier, None] = {}
        for place, one in enumerate(person["identifiers"]):
            try:
                given = Identifier(IdentifierKind(one["kind"]), one["value"], one["verified"])
                found[normalise(given)] = None
            except MalformedIdentifier as error:
                path = f"people.{number}.identifiers.{place}.value"
                raise ValidationError({path: str(error)}) from None
        yield tuple(found)


def _make(terms: LinkTerms, base: str) -> dict[str, Any]:
    page = {"url": base + reverse("portal:choices_link", args=[make_link(terms)])}
    if terms.trust is not Trust.LINK:
        return page
    one_click = base + reverse("portal:one_click", args=[make_link(terms, use=LinkUse.ONE_CLICK)])
    headers = {
        "List-Unsubscribe": f"<{one_click}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return {**page, "one_click_url": one_click, "headers": headers}
