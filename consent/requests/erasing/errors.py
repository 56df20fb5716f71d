"""Why an erasure, or a legal hold, does not go on."""

from consent.kernel.errors import AccordantError


class SecondPersonNeeded(AccordantError):
    """Who proposed an erasure cannot approve it."""

    code = "second_person_needed"
    status = 403


class MayNotApprove(AccordantError):
    """The officer has not the permission to approve erasures."""

    code = "may_not_approve"
    status = 403


class EarlierStepsOpen(AccordantError):
    """Keys are destroyed last: an earlier step of the request has not ended."""

    code = "earlier_steps_open"
    status = 409


class HoldNotFound(AccordantError):
    """There is no such legal hold, or nothing that it could stand on."""

    code = "hold_not_found"
    status = 404


class MalformedHold(AccordantError):
    """A legal hold needs a reference, a ground, and an end that is not before its begin."""

    code = "malformed_hold"
    status = 400


class AlreadyLifted(AccordantError):
    """The legal hold was lifted before."""

    code = "already_lifted"
    status = 409
