"""Why a message of an agent is not acted on. Each is named for the check that it failed."""

from consent.kernel.errors import AccordantError


class DrpClosed(AccordantError):
    """This installation takes part in no network of the protocol."""

    code = "drp_closed"
    status = 404


class TokenRefused(AccordantError):
    """There is no bearer token, or it is none that stands."""

    code = "token_refused"
    status = 401


class NotDecodable(AccordantError):
    """The body is not Base64 of a signature and a message."""

    code = "not_decodable"
    status = 400


class SignatureRefused(AccordantError):
    """The agent's key has not signed this."""

    code = "signature_refused"
    status = 403


class AnotherAgent(AccordantError):
    """The message is another agent's than the one that presents it."""

    code = "another_agent"
    status = 403


class AnotherBusiness(AccordantError):
    """The message is meant for another business."""

    code = "another_business"
    status = 403


class NotYetIssued(AccordantError):
    """By its own words the message was not written yet."""

    code = "not_yet_issued"
    status = 400


class MessageExpired(AccordantError):
    """The message is over, or would be good for too long."""

    code = "message_expired"
    status = 400


class VersionUnknown(AccordantError):
    """The message is of another version of the protocol."""

    code = "version_unknown"
    status = 400


class MessageReplayed(AccordantError):
    """The message was acted on before."""

    code = "message_replayed"
    status = 409


class NobodyNamed(AccordantError):
    """The message names no address and no number that a person could be found by."""

    code = "nobody_named"
    status = 400


class NotYourRequest(AccordantError):
    """There is no such request of this agent. One answer for both."""

    code = "not_your_request"
    status = 403
