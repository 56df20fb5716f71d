"""Why an erasure does not go on."""

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
