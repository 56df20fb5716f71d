"""The addresses of OpenDSR 2.0, below `/opendsr/v2/`, and of OpenGDPR 1, below `/opengdpr/v1/`."""

import base64
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.kernel.errors import AccordantError
from consent.requests.limits.counting import spend
from consent.requests.limits.networks import find_network
from consent.requests.limits.protocols import BY_VISITOR
from consent.requests.protocols.opendsr import hearing, signing, statuses, taking
from consent.requests.protocols.opendsr.identities import list_supported
from consent.requests.protocols.schemas import check_form, read_object
from consent.requests.raw_body import RawParser

MOST_BYTES = 64 * 1024
VOUCH = "requests:vouch"
TYPES = ("access", "portability", "erasure")


class RequestParser(RawParser):
    """The body as it was sent: it is sent back whole, in Base64."""

    media_type, most_bytes = "application/json", MOST_BYTES


class OpenDsrView(APIView):
    """What all addresses of the protocol do: open only if we can sign, errors in the protocol's form."""

    required_scope = "requests"
    parser_classes = [RequestParser]
    is_old = False
    """Under the names of OpenGDPR."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the call in. `OpenDsrClosed` rises if we could not sign the answer to who has a key."""
        super().initial(request, *args, **kwargs)
        signing.read_identity()

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # no Response of the framework
        """Return the error in the protocol's form."""
        if isinstance(exc, AccordantError):
            return tell_error(exc.status, exc.code, str(exc))
        if isinstance(exc, APIException):
            answer = tell_error(exc.status_code, str(exc.default_code), str(exc.default_detail))
            if exc.status_code == 401:
                answer["WWW-Authenticate"] = 'Bearer realm="accordant"'
            return answer
        told: HttpResponse = super().handle_exception(exc)
        return told

    def name(self, request: Request) -> str:
        """Return what the caller's key is called."""
        caller: Any = request.user  # what the authentication class returned
        return str(caller.name)


class RequestsView(OpenDsrView):
    """Requests that controllers pass on."""

    @extend_schema(
        operation_id="opendsr_make_request",
        request=OpenApiTypes.OBJECT,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take in a request; sent again, it is the same one. The answer is signed."""
        content = _read_bytes(request)
        body = read_object(content)
        if self.is_old:
            body = {"regulation": "gdpr", **body}
        check_form(body, "opendsr", "request")
        caller: Any = request.user  # what the authentication class returned
        asked = taking.take(
            self.name(request), body, content, is_vouched=bool(caller.may(VOUCH)), at=timezone.now()
        )
        encoded = base64.b64encode(content).decode()
        return tell_signed(statuses.tell_created(asked, encoded=encoded), status=201)


class OneRequestView(OpenDsrView):
    """One request that a controller passed on."""

    @extend_schema(operation_id="opendsr_get_request", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, subject_request_id: UUID) -> HttpResponse:
        """Return where the request stands, signed."""
        asked = taking.find_request(self.name(request), subject_request_id)
        return tell_signed(statuses.tell_status(asked), status=200)

    @extend_schema(operation_id="opendsr_cancel_request", responses={202: OpenApiTypes.OBJECT})
    def delete(self, request: Request, subject_request_id: UUID) -> HttpResponse:
        """End a request that is pending; later, it is too late."""
        asked = taking.cancel_request(self.name(request), subject_request_id)
        return tell_signed(statuses.tell_cancelled(asked, at=timezone.now()), status=202)


class OpenView(OpenDsrView):
    """What everybody may read."""

    authentication_classes = []
    permission_classes = []


class DiscoveryView(OpenView):
    """What we take as a processor."""

    @extend_schema(operation_id="opendsr_discover", auth=[], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponse:
        """Return what we take, and where our certificate is."""
        base = settings.PUBLIC_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
        told = {
            "api_version": statuses.VERSION,
            "supported_identities": list_supported(),
            "supported_subject_request_types": list(TYPES),
            "processor_certificate": f"{base}/opendsr/v2/certificate.pem",
        }
        return tell_signed(told, status=200)


class CertificateView(OpenView):
    """The certificate that our answers and call-backs are signed with."""

    @extend_schema(operation_id="opendsr_certificate", auth=[], responses={200: OpenApiTypes.STR})
    def get(self, _request: Request) -> HttpResponse:
        """Return the certificate, in PEM."""
        return HttpResponse(signing.read_identity().certificate, content_type="application/x-pem-file")


class OldRequestsView(RequestsView):
    """The same, under the names of OpenGDPR."""

    schema = None
    is_old = True


class OldOneRequestView(OneRequestView):
    """The same, under the names of OpenGDPR."""

    schema = None


class OldDiscoveryView(DiscoveryView):
    """The same, under the names of OpenGDPR."""

    schema = None


class CallbackView(OpenDsrView):
    """Call-backs of processors that we sent requests to."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the call in: whether we can sign plays no part here. `TooMany` rises if there are too many."""
        APIView.initial(self, request, *args, **kwargs)
        spend(BY_VISITOR, find_network(request.META), at=timezone.now())

    @extend_schema(
        operation_id="opendsr_call_back",
        auth=[],
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, step_id: UUID) -> HttpResponse:
        """Have the processor asked how far it is, if it signed this."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        hearing.hear(step_id, _read_bytes(request), headers, at=timezone.now())
        return HttpResponse(b"{}", content_type="application/json")


def tell_signed(body: dict[str, Any], *, status: int) -> HttpResponse:
    """Return the answer, with the signature of its very bytes."""
    content = json.dumps(body).encode()
    headers = {"Cache-Control": "no-store", **signing.sign_headers(content)}
    return HttpResponse(content, status=status, content_type="application/json", headers=headers)


def _read_bytes(request: Request) -> bytes:
    """Return the body; nothing at all is parsed as nothing."""
    content: Any = request.data
    return content if isinstance(content, bytes) else b""


def tell_error(status: int, code: str, message: str) -> HttpResponse:
    """Return an error in the protocol's form (section 7.6)."""
    told = {
        "code": status,
        "message": message,
        "errors": [{"domain": "accordant", "reason": code, "message": message}],
    }
    content = json.dumps({"error": told}).encode()
    return HttpResponse(
        content, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
