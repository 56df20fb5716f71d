"""Why a controller's request is not taken."""

from consent.kernel.errors import AccordantError


class OpenDsrClosed(AccordantError):
    """This installation takes nothing by this protocol: it could not sign its answers."""

    code = "opendsr_closed"
    status = 404


class ControllerNotMapped(AccordantError):
    """The client of the API is no controller that we process data for."""

    code = "controller_not_mapped"
    status = 403


class IdentityUnsupported(AccordantError):
    """Nobody is found by an identity of that type and format here."""

    code = "identity_unsupported"
    status = 400


class RequestIdReused(AccordantError):
    """There is another request of that id."""

    code = "request_id_reused"
    status = 400


class NotPending(AccordantError):
    """The request has begun: it cannot be cancelled any more."""

    code = "not_pending"
    status = 400
