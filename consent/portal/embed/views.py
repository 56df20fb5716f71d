"""The addresses that the script speaks to. The device's id is in bodies only."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from consent.kernel import canonical
from consent.portal.embed import limits
from consent.portal.embed.cross_origin import CrossOriginView
from consent.portal.embed.reading import QUESTION, STATEMENT, read_device, read_fields, read_statement
from consent.portal.embed.recording import record
from consent.portal.embed.serializers import (
    HoldingSerializer,
    QuestionSerializer,
    SiteSerializer,
    StatementSerializer,
    StatementTakenSerializer,
)
from consent.portal.embed.sites import find_site, note
from consent.portal.embed.state import get_holding, get_terms
from consent.portal.embed.types import EmbeddedSite
from consent.records.api.faults import refusal
from consent.records.rules.fields import Fields
from consent.records.services import answer_once
from consent.requests.limits.networks import find_network
from consent.signals import gpc

_KEPT = "public, max-age=300"
_LONGEST_KEY = 43


class SiteView(CrossOriginView):
    """What a site asks for."""

    takes = "GET"

    @extend_schema(
        operation_id="embed_get_site",
        auth=[],
        responses={200: SiteSerializer},
        parameters=[
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="What is known already."
            )
        ],
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """Return the site's configuration, for its own pages. It changes seldom, and names nobody."""
        at = timezone.now()
        site = find_site(key, origin=request.headers.get("Origin"), at=at)
        note(key, "loaded_at", at=at)
        body = canonical.dumps(_describe(site, request))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": _KEPT}
        if tag in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


class ChoicesView(CrossOriginView):
    """What is said on a site."""

    takes = "POST"
    varies = f"Origin, {gpc.HEADER}"

    @extend_schema(
        operation_id="embed_record_choices",
        auth=[],
        request=StatementSerializer,
        responses={201: StatementTakenSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="The same key and body again are answered as before, and written once.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Record what a device's user chose. Sent again, it is written once."""
        at = timezone.now()
        heard, fields, site = _open(request, STATEMENT)
        statement = read_statement(heard, fields, site=site, is_in_header=_is_signalled(request), at=at)
        if isinstance(statement, list):
            raise refusal(statement)

        def write() -> dict[str, Any]:
            recorded = record(statement, site=site, at=at)
            if isinstance(recorded, list):
                raise refusal(recorded)
            return {"receipts": list(recorded)}

        same = {
            name: value for name, value in heard.items() if name != "seconds_ago"
        }  # it grows with each try
        key = request.headers.get("Idempotency-Key", "")
        written = answer_once(caller=f"site:{site.slug}", key=key, body=same, write=write)
        note(site.key, "recorded_at", at=at)
        receipts = written.body["receipts"]
        held = get_holding(site=site, device=statement.device, at=timezone.now())
        told = {"receipt": next(iter(receipts), None), "receipts": receipts, **held.describe()}
        headers = {"Idempotent-Replayed": "true"} if written.repeated else {}
        return Response(told, status=201, headers=headers)


class StateView(CrossOriginView):
    """What holds for a device."""

    takes = "POST"

    @extend_schema(
        operation_id="embed_get_state",
        auth=[],
        request=QuestionSerializer,
        responses={200: HoldingSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return what holds for a device on a site now. What is not named was not decided, which means no."""
        _, fields, site = _open(request, QUESTION)
        device = read_device(fields)
        if fields.faults:
            raise refusal(fields.faults)
        return Response(get_holding(site=site, device=device, at=timezone.now()).describe())


def _open(request: Request, known: frozenset[str]) -> tuple[dict[str, Any], Fields, EmbeddedSite]:
    """Return the body, its fields, and the site that they name, if the page may speak for it."""
    at = timezone.now()
    limits.spend_network(find_network(request.META), at=at)
    heard = _hear(request, known)
    fields = read_fields(heard, known)
    if isinstance(fields, list):
        raise refusal(fields)
    key = fields.text("site", required=True)
    if fields.faults or key is None:
        raise refusal(fields.faults)
    site = find_site(key[: _LONGEST_KEY + 1], origin=request.headers.get("Origin"), at=at)
    limits.spend_site(site.slug, at=at)
    return heard, fields, site


def _hear(request: Request, known: frozenset[str]) -> Any:
    """Return the body; a browser that sends the signal itself is heard whatever the page says."""
    body: Any = request.data
    if "gpc" in known and isinstance(body, dict) and _is_signalled(request):
        return {**body, "gpc": True}
    return body


def _is_signalled(request: Request) -> bool:
    return gpc.is_signalled(request.headers.get(gpc.HEADER))


def _describe(site: EmbeddedSite, request: Request) -> dict[str, Any]:
    at = timezone.now()
    terms = get_terms(at=at)
    base = settings.PUBLIC_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    return {
        "controller": site.controller,
        "notice": site.notice,
        "notice_version": terms.version_in_force(site.notice, at=at),
        "categories": {name: list(purposes) for name, purposes in site.categories.items()},
        "purposes": list(site.purposes),
        "signals": dict(site.signals),
        "signalled": sorted(terms.signalled & set(site.purposes)),
        "preferences": f"{base}{reverse('portal:start')}choices/",
    }
