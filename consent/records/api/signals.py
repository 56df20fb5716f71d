"""Signals in the API's terms: what became of those of a request, and a person's string for a CMP."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.ledger.types import rfc3339
from consent.records import people
from consent.records.api.faults import refusal
from consent.records.api.parsers import StrictJsonParser
from consent.records.api.serializers import IdentifierSerializer
from consent.records.rules.questions import read_signal_question
from consent.records.signals.errors import SignalsRefused
from consent.records.types import Fault, SignalFault, SignalKind, SignalTaken, SignalText

_STRINGS = [kind.value for kind in SignalKind if kind is not SignalKind.GPC]


class SignalQuestionSerializer(serializers.Serializer[dict[str, object]]):
    """Whose string is asked for, and of which kind."""

    identifiers = IdentifierSerializer(many=True)
    kind = serializers.ChoiceField(choices=_STRINGS)
    controller = serializers.CharField(
        required=False, allow_null=True, help_text="Only a string that was given to it, or to everybody."
    )


class SignalTextSerializer(serializers.Serializer[SignalText]):
    """A string as it was sent, and whether it still says what is on record."""

    text = serializers.CharField()
    kind = serializers.ChoiceField(choices=_STRINGS)
    event_id = serializers.CharField()
    controller = serializers.CharField(allow_null=True)
    effective_at = serializers.DateTimeField(help_text="When it was made, as far as that is known.")
    recorded_at = serializers.DateTimeField()
    holds = serializers.BooleanField(
        help_text="False: the person said no, by another way, to something that it does not say no to."
    )
    noes_since = serializers.ListField(
        child=serializers.CharField(), help_text="The purposes refused since by other ways; `*`: all."
    )


class SignalAnswerSerializer(serializers.Serializer[dict[str, object]]):
    """The latest string on record; null if there is none, or nobody is known."""

    signal = SignalTextSerializer(allow_null=True)


class SignalView(APIView):
    """A person's string, for a consent management platform."""

    required_scope = "subjects:read"
    parser_classes = [StrictJsonParser]

    @extend_schema(
        operation_id="get_signal",
        request=SignalQuestionSerializer,
        responses={200: SignalAnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return the latest TC, GPP or US Privacy string of a person, exactly as it was sent."""
        question = read_signal_question(request.data)
        if isinstance(question, list):
            raise refusal(question)
        found = people.find_signal_text(
            identifiers=question.identifiers,
            kind=question.kind,
            controller=question.controller,
            at=timezone.now(),
        )
        return Response(SignalAnswerSerializer({"signal": found}).data)


def refuse_signals(faults: Sequence[Fault]) -> None:
    """Let faults pass that are of no signal.

    :raises SignalsRefused: if one is: a signal that cannot be read has a place and a reason of its own.
    """
    found = [one for one in faults if isinstance(one, SignalFault)]
    if found:
        raise SignalsRefused(found)


def describe(signals: Iterable[SignalTaken]) -> list[dict[str, Any]]:
    """Return what became of signals, as the answer tells it."""
    return [
        {
            "kind": one.kind.value,
            "event_id": one.event_id,
            "repeated": one.repeated,
            "effective_at": rfc3339(one.effective_at),
            "conflicts": [asdict(conflict) for conflict in one.conflicts],
            "unread": [asdict(unread) for unread in one.unread],
        }
        for one in signals
    ]
