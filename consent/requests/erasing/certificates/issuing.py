"""Signing a certificate, and keeping it as it was signed."""

from collections.abc import Sequence
from datetime import datetime

from consent.ledger import services as ledger
from consent.requests.erasing.certificates.gathering import gather
from consent.requests.models import Certificate, Request, Step
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, RequestState
from consent.verifier.certificates.signing import name_key, sign_body, write_body
from consent.verifier.digests import digest_bytes


def issue(request: Request, steps: Sequence[Step], *, outcome: RequestState, at: datetime) -> Certificate:
    """Sign the certificate of an erasure whose `steps` have all ended; its digest is told in the ledger.

    :raises StepsOpen: if it has not come to its last step.
    """
    body = write_body(gather(request, steps, outcome=outcome, at=at))
    key = ledger.get_signing_key()
    certificate = Certificate.objects.create(
        request=request,
        issued_at=at,
        body=body.decode(),
        signature=sign_body(body, key),
        key_name=name_key(key),
        digest=digest_bytes(body),
    )
    detail = {"digest": certificate.digest, "key": certificate.key_name}
    tell(request, EventKind.CERTIFIED, actor=Actor.SYSTEM, detail=detail)
    return certificate
