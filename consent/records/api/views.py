"""Addresses under which choices are written."""

from typing import Any

from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from consent.records import queries, services
from consent.records.api.faults import refusal
from consent.records.api.forms import MappedFileParser, read_form
from consent.records.api.parsers import CsvParser, NdjsonParser, StrictJsonParser, UploadedFile
from consent.records.api.serializers import (
    ImportReportSerializer,
    MappedFileSerializer,
    RecordedSerializer,
    RowSerializer,
)
from consent.records.api.signals import describe, refuse_signals
from consent.records.rules.permitted import refuse_unpermitted
from consent.records.rules.rows import read_row
from consent.records.types import MAX_SOURCE, Fault
from consent.subjects.types import WriteToken


class ConsentsView(APIView):
    """One person's choices."""

    required_scope = "consents:write"
    parser_classes = [StrictJsonParser]

    @extend_schema(
        operation_id="record_consents",
        request=RowSerializer,
        responses={201: RecordedSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="The same key and body again are answered as before, and written once.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Record what one person chose, what is known about them, and the signals that came with it."""
        body, source = request.data, _name_source(request)
        caller: Any = request.user  # what the authentication class returned: it says for what it may write

        def write() -> dict[str, Any]:
            return _record(body, source, caller.writable_purposes)

        if (key := request.headers.get("Idempotency-Key")) is None:
            return Response(write(), status=HTTP_201_CREATED)
        answer = services.answer_once(caller=source, key=key, body=body, write=write)
        headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
        return Response(answer.body, status=HTTP_201_CREATED, headers=headers)


class ImportView(APIView):
    """Many persons' choices."""

    required_scope = "consents:import"
    parser_classes = [NdjsonParser, CsvParser, MappedFileParser]

    @extend_schema(
        operation_id="import_consents",
        request={
            NdjsonParser.media_type: OpenApiTypes.BINARY,
            CsvParser.media_type: OpenApiTypes.BINARY,
            MappedFileParser.media_type: MappedFileSerializer,
        },
        responses={200: ImportReportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Record rows of choices: one JSON object a line, or CSV whose first row names the fields.

        A file that others wrote comes as a form, with its mapping. A row with a fault is rejected alone.
        """
        upload: object = request.data
        if isinstance(upload, QueryDict):
            upload = read_form(upload)
        if not isinstance(upload, UploadedFile):
            raise ParseError("Send the rows in the body, with its Content-Length.")
        with upload.file as file:
            report = services.import_file(
                file=file,
                file_format=upload.file_format,
                mapping_text=upload.mapping_text,
                digest=upload.digest,
                source=_name_source(request),
                at=timezone.now(),
            )
        return Response(ImportReportSerializer(report).data)


def _record(body: object, source: str, purposes: frozenset[str] | None) -> dict[str, Any]:
    """Write the row in `body`, and return the answer.

    :raises ValidationError: with every fault of the row. :raises SignalsRefused: if a signal cannot be read.
    :raises PurposeNotPermitted: if it holds more than choices for `purposes`, unless that is None.
    """
    at = timezone.now()
    row = read_row(body, vocabulary=queries.get_vocabulary(at=at), at=at, is_act=True)
    if isinstance(row, list):
        refuse_signals(row)
        raise refusal(row)
    refuse_unpermitted(row, purposes=purposes)
    [unknown] = services.find_unknown_records(rows=[row])
    if unknown:
        raise refusal(unknown)
    [recorded] = services.record_rows(rows=[row], source=source, at=at)
    if isinstance(recorded, Fault):
        raise refusal([recorded])
    token = services.sign_token(WriteToken(recorded.subject_ref, recorded.version))
    answer = {"token": token, "records": list(recorded.record_ids)}
    return answer if row.signals is None else {**answer, "signals": describe(recorded.signals)}


def _name_source(request: Request) -> str:
    caller: Any = request.user  # what the authentication class returned: it has a name
    return f"api:{caller.name}"[:MAX_SOURCE]
