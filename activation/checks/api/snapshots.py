"""`/api/v1/snapshots/…`: what a client needs that decides by itself. Each answer is signed.

Bodies are msgpack (`activation.snapshots.exchange.bodies`): bytes that a signature is over, and that no
reader can take in two ways.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.views import APIView

from activation.checks.api.evaluation import caller_of
from activation.checks.types import Scope
from activation.snapshots import serving
from activation.snapshots.exchange.bodies import MEDIA_TYPE, MOST_AT_A_TIME, Page, write_page
from activation.snapshots.exchange.sealing import HEADER, seal
from activation.snapshots.resolving import KINDS
from consent.kernel.errors import AccordantError
from consent.ledger.services import get_signing_key
from consent.subjects.types import IdentifierKind

Data = dict[str, Any]
_BODY = {(200, MEDIA_TYPE): OpenApiTypes.BINARY}
_KINDS = f"Also tell what stands for identifiers of these kinds: {', '.join(KINDS)}; needs `identifiers`."


class IdentifiersNotPermitted(AccordantError):
    """The caller asked for what stands for identifiers, and its key lacks the scope `identifiers`."""

    code = "identifiers_not_permitted"
    status = 403


class SnapshotQuery(serializers.Serializer[Data]):
    """What every one of these addresses takes."""

    nonce = serializers.RegexField(
        r"\A[A-Za-z0-9_-]{16,64}\Z", help_text="A random word of the caller's; the signature is over it too."
    )
    kinds = serializers.RegexField(
        r"\A[a-z_,]{0,200}\Z", required=False, allow_blank=True, default="", help_text=_KINDS
    )

    def validate_kinds(self, value: str) -> tuple[IdentifierKind, ...]:
        """Return the kinds.

        :raises ValidationError: if one is none that identifiers are kept under.
        """
        names = [name for name in value.split(",") if name]
        if not set(names) <= {kind.value for kind in KINDS}:
            raise serializers.ValidationError(
                f"Name kinds out of {', '.join(KINDS)}.", code="malformed_value"
            )
        return tuple(IdentifierKind(name) for name in names)

    def validate(self, attrs: Data) -> Data:
        """Return what was asked.

        :raises ValidationError: if there is a parameter that does not exist.
        """
        if unknown := self.initial_data.keys() - self.fields.keys():
            raise serializers.ValidationError(
                dict.fromkeys(unknown, "There is no such parameter."), code="unknown_field"
            )
        return attrs


class PeopleQuery(SnapshotQuery):
    """Which people."""

    after = serializers.RegexField(
        r"\A[A-Za-z0-9_.:-]{0,128}\Z",
        required=False,
        allow_blank=True,
        default="",
        help_text="`last_ref` of the page before; a reference to a subject.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_AT_A_TIME, default=500)


class ChangesQuery(SnapshotQuery):
    """Which changes."""

    after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, help_text="`position` of the page before: entries read already."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_AT_A_TIME, default=500)
    world = serializers.RegexField(
        r"\A([0-9a-f]{64})?\Z",
        required=False,
        allow_blank=True,
        default="",
        help_text="`world_digest` that the caller has, in hex: while it holds, policies are not sent again.",
    )


class SnapshotPeopleView(APIView):
    """Everybody, page by page."""

    required_scope = Scope.SNAPSHOTS_READ

    @extend_schema(operation_id="list_snapshot_people", request=PeopleQuery, responses=_BODY)
    def post(self, request: Request) -> HttpResponse:
        """Return the next people, as the database has them at one moment, with the feed's position then.

        Asked by POST, with every value a string, because a reference to a subject never stands in an address.
        """
        asked = _read(request, PeopleQuery)
        return _answer(
            request,
            "people",
            serving.read_people_page(after=asked["after"], limit=asked["limit"], kinds=asked["kinds"]),
        )


class SnapshotChangesView(APIView):
    """Everybody who changed."""

    required_scope = Scope.SNAPSHOTS_READ

    @extend_schema(operation_id="list_snapshot_changes", parameters=[ChangesQuery], responses=_BODY)
    def get(self, request: Request) -> HttpResponse:
        """Return everybody whom the feed speaks of behind a position, and how far the feed reaches."""
        asked = _read(request, ChangesQuery)
        page = serving.read_changes_page(
            position=asked["after"],
            limit=asked["limit"],
            kinds=asked["kinds"],
            world_digest=bytes.fromhex(asked["world"]),
        )
        return _answer(request, "changes", page)


class SnapshotKeysView(APIView):
    """The keys of identifiers."""

    required_scope = Scope.SNAPSHOTS_READ

    @extend_schema(operation_id="list_snapshot_keys", parameters=[SnapshotQuery], responses=_BODY)
    def get(self, request: Request) -> HttpResponse:
        """Return the keys with which the caller finds people by identifiers of the kinds it names."""
        return _answer(request, "keys", serving.read_keys_page(_read(request, SnapshotQuery)["kinds"]))


def _read(request: Request, query: Callable[..., SnapshotQuery]) -> Data:
    """Return what is asked.

    :raises IdentifiersNotPermitted: if it names kinds of identifiers, and the caller may not have them.
    """
    read = query(data=_sent(request))
    read.is_valid(raise_exception=True)
    asked: Data = read.validated_data
    if asked["kinds"] and not caller_of(request).may(Scope.IDENTIFIERS):
        raise IdentifiersNotPermitted("naming kinds of identifiers needs a key with the scope identifiers")
    return asked


def _answer(request: Request, address: str, page: Page) -> HttpResponse:
    body = write_page(page)
    note = seal(body, address=address, asked=_sent(request), key=get_signing_key())
    return HttpResponse(body, content_type=MEDIA_TYPE, headers={HEADER: note, "Cache-Control": "no-store"})


def _sent(request: Request) -> Mapping[str, str]:
    """Return what was sent: in the address, or in the body.

    :raises ParseError: if the body is no object of strings.
    """
    if request.method == "GET":
        return request.query_params.dict()
    sent: object = request.data
    if not isinstance(sent, dict) or not all(isinstance(value, str) for value in sent.values()):
        raise ParseError("Send a JSON object whose values are strings.")
    return sent
