"""The certificate of a request, as it is handed out."""

from uuid import UUID

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.requests.models import Certificate
from consent.verifier.certificates.document import ErasureCertificate, from_document
from consent.verifier.certificates.signing import write_file


class CertificateNotFound(AccordantError):
    """The request has no certificate: it is no erasure, or it is not finished."""

    code = "certificate_not_found"
    status = 404


def get_certificate_file(request_id: UUID | str) -> bytes:
    """Return the certificate's JSON file, which verifies offline: the same bytes each time.

    :raises CertificateNotFound: if there is none.
    """
    row = _get(request_id)
    return write_file(row.body.encode(), key_name=row.key_name, signature=row.signature)


def get_certificate(request_id: UUID | str) -> ErasureCertificate:
    """Return what the certificate states.

    :raises CertificateNotFound: if there is none.
    """
    return from_document(canonical.loads(_get(request_id).body.encode()))


def _get(request_id: UUID | str) -> Certificate:
    row = Certificate.objects.filter(request_id=request_id).order_by("pk").first()
    if row is None:
        raise CertificateNotFound("this request has no certificate")
    return row
