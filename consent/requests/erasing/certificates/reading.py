"""The certificate of a request, as it is handed out."""

from uuid import UUID

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.requests.erasing.certificates.forms import FORMS
from consent.requests.models import Certificate
from consent.verifier.certificates.document import ErasureCertificate, from_document
from consent.verifier.certificates.signing import SignedFile, write_file


class CertificateNotFound(AccordantError):
    """The request has no certificate: it is no erasure, or it is not finished."""

    code = "certificate_not_found"
    status = 404


def get_certificate_file(request_id: UUID | str, ending: str = "json") -> bytes:
    """Return the certificate as `json`, which verifies offline, `html` or `pdf`; always the same bytes.

    :raises CertificateNotFound: if there is none, or not in such a form.
    :raises FontMissing: if the PDF needs a character that no font of this machine has.
    """
    if ending not in FORMS:
        raise CertificateNotFound("certificates are json, html and pdf")
    row = _get(request_id)
    content = write_file(row.body.encode(), key_name=row.key_name, signature=row.signature)
    signed = SignedFile(
        certificate=from_document(canonical.loads(row.body.encode())),
        key_name=row.key_name,
        signature=row.signature,
        digest=row.digest,
        content=content,
    )
    return FORMS[ending].write(signed)


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
