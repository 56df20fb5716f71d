"""Addresses under which the ledger is followed and proved."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.ledger import queries
from consent.ledger.api.serializers import FeedQuery, FeedSerializer, LogKeysSerializer
from consent.ledger.types import NotSealedYet, Stream

_TEXT = "text/plain; charset=utf-8"


class ChangesView(APIView):
    """The change feed."""

    required_scope = "changes:read"

    @extend_schema(operation_id="list_changes", parameters=[FeedQuery], responses=FeedSerializer)
    def get(self, request: Request) -> Response:
        """Return the next entries of the ledger, in order. Nothing is ever skipped, changed or repeated."""
        asked = FeedQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        after, stream = asked.validated_data["after"], asked.validated_data.get("stream")
        size = queries.get_size()
        changes = queries.list_changes(
            after=after, limit=asked.validated_data["limit"], stream=Stream(stream) if stream else None
        )
        following = changes[-1].index + 1 if changes else max(after, size if stream else after)
        return Response(FeedSerializer({"changes": changes, "next": following, "size": size}).data)


class CheckpointView(APIView):
    """The newest checkpoint."""

    required_scope = "ledger:read"

    @extend_schema(operation_id="get_checkpoint", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, _request: Request) -> HttpResponse:
        """Return the signed size and root of the ledger (C2SP checkpoint)."""
        checkpoint = queries.get_checkpoint()
        if checkpoint is None:
            raise NotSealedYet("nothing is signed yet: write something, and ask again in a second")
        return HttpResponse(checkpoint.note, content_type=_TEXT)


class ProofView(APIView):
    """The proof of one entry."""

    required_scope = "ledger:read"

    @extend_schema(operation_id="get_proof", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, _request: Request, index: int) -> HttpResponse:
        """Return the proof (C2SP `.tlog-proof`) that the entry stands in the ledger."""
        proof = queries.get_proof(index)
        if proof is None:
            raise NotSealedYet(
                f"no signed checkpoint covers entry {index}: ask again in a second if it was just written"
            )
        return HttpResponse(proof, content_type=_TEXT)


class LogKeysView(APIView):
    """The keys that sign."""

    required_scope = "ledger:read"

    @extend_schema(operation_id="list_log_keys", responses=LogKeysSerializer)
    def get(self, _request: Request) -> Response:
        """Return the log's keys from the first one on, each with the note that handed over to it."""
        keys = queries.list_log_keys()
        return Response(LogKeysSerializer({"origin": queries.get_origin(), "keys": keys}).data)
