"""Addresses under which people are looked up, with what they chose.

Whoever may call them learns whether a person is known, and what they said: the scope is for systems that
show people their own choices, or answer for them. Whether data may be used is asked of a check.
"""

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.records import people
from consent.records.api.faults import refusal
from consent.records.api.parsers import QuestionParser
from consent.records.api.serializers import IdentifierSerializer
from consent.records.asking_again import list_quiet_times
from consent.records.people import Person
from consent.records.rules.asking_again import QuietTime
from consent.records.rules.questions import MAX_SUBJECTS, read_choices_question, read_lookup
from consent.records.types import Choice

Data = dict[str, object]


class SubjectIdentifiersSerializer(serializers.Serializer[Data]):
    """The identifiers of one person."""

    identifiers = IdentifierSerializer(many=True)


class LookupQuestionSerializer(serializers.Serializer[Data]):
    """One person's identifiers, or several people in `subjects`; not both."""

    identifiers = IdentifierSerializer(many=True, required=False)
    subjects = SubjectIdentifiersSerializer(
        many=True, required=False, help_text=f"At most {MAX_SUBJECTS:,} people, answered in this order."
    )


class ChoicesQuestionSerializer(LookupQuestionSerializer):
    """Who, and for which time. Neither time may lie in the future."""

    as_of = serializers.DateTimeField(required=False, help_text="What was in force then. Default: now.")
    known_at = serializers.DateTimeField(
        required=False, help_text="By what had been recorded until then. Default: now."
    )


class MemberSerializer(serializers.Serializer[Data]):
    """One subject of a group that links join."""

    subject_ref = serializers.CharField(source="ref")
    version = serializers.IntegerField(help_text="How many events are on record about the subject.")
    erased = serializers.SerializerMethodField()

    def get_erased(self, member: object) -> bool:
        """Return whether the subject was erased."""
        return getattr(member, "erased_at", None) is not None


class FoundSerializer(serializers.Serializer[Person]):
    """Whom the identifiers lead to. An unknown person has empty lists."""

    subject_refs = serializers.SerializerMethodField(help_text="Those the identifiers lead to directly.")
    group = MemberSerializer(
        source="members", many=True, help_text="Those, and all that links in force join to them."
    )

    def get_subject_refs(self, person: Person) -> list[str]:
        """Return the references, in order."""
        return sorted(person.asked)


class LookupAnswerSerializer(serializers.Serializer[Data]):
    """One entry for each person asked about, in the order asked."""

    subjects = FoundSerializer(many=True)


class ChoiceInForceSerializer(serializers.Serializer[Data]):
    """What a subject's records of one purpose, controller and destination come to."""

    subject_ref = serializers.CharField(help_text="The member of the group that it comes from.")
    record_id = serializers.CharField()
    purpose = serializers.CharField()
    choice = serializers.ChoiceField(choices=[choice.value for choice in Choice])
    controller = serializers.CharField(allow_null=True)
    destination = serializers.CharField(allow_null=True)
    notice = serializers.CharField(allow_null=True)
    notice_version = serializers.IntegerField(allow_null=True)
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When a yes ceases to count.")
    back_dated = serializers.BooleanField()


class QuietTimeSerializer(serializers.Serializer[QuietTime]):
    """A no whose person is not to be asked again yet, for its purpose or any below it."""

    purpose = serializers.CharField()
    controller = serializers.CharField(allow_null=True, help_text="Null: whichever.")
    ask_again_from = serializers.DateTimeField(help_text="Until then no form or prompt asks for it.")
    citation = serializers.CharField(help_text="The law, or the regulator's advice, that says so.")


class ChosenSerializer(FoundSerializer):
    """Whom the identifiers lead to, and what each of them chose."""

    choices = ChoiceInForceSerializer(many=True)
    ask_again = serializers.SerializerMethodField(
        help_text="What they must not be asked for now, though they could say yes; empty: nothing."
    )

    @extend_schema_field(QuietTimeSerializer(many=True))
    def get_ask_again(self, person: Person) -> object:
        """Return the noes that are left alone."""
        return QuietTimeSerializer(self.context["quiet"][person], many=True).data


class ChoicesAnswerSerializer(serializers.Serializer[Data]):
    """One entry for each person asked about, in the order asked."""

    subjects = ChosenSerializer(many=True)


class LookupView(APIView):
    """Whom identifiers lead to."""

    required_scope = "subjects:read"
    parser_classes = [QuestionParser]

    @extend_schema(
        operation_id="look_up_subjects",
        request=LookupQuestionSerializer,
        responses={200: LookupAnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return people's pseudonyms, with the group that each belongs to. Nothing is made or changed."""
        question = read_lookup(request.data)
        if isinstance(question, list):
            raise refusal(question)
        found = people.look_up(identifier_sets=question.identifier_sets, at=timezone.now())
        return Response(LookupAnswerSerializer({"subjects": found}).data)


class ChoicesView(APIView):
    """What people chose."""

    required_scope = "subjects:read"
    parser_classes = [QuestionParser]

    @extend_schema(
        operation_id="list_choices",
        request=ChoicesQuestionSerializer,
        responses={200: ChoicesAnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        """Return what people's records come to, now or at any time; what they said, not a decision."""
        at = timezone.now()
        question = read_choices_question(request.data, at=at)
        if isinstance(question, list):
            raise refusal(question)
        found = people.list_people_choices(
            identifier_sets=question.identifier_sets,
            at=at,
            as_of=question.as_of,
            known_at=question.known_at,
        )
        now = question.as_of or at
        quiet = dict(zip(found, list_quiet_times(found, at=now), strict=True))
        return Response(ChoicesAnswerSerializer({"subjects": found}, context={"quiet": quiet}).data)
