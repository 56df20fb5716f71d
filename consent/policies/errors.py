"""What can be refused about policies."""

from collections.abc import Sequence

from consent.kernel.errors import AccordantError
from consent.policies.types import Fault, PolicyWarning


class PolicyRefused(AccordantError):
    """The document has faults; nothing was written."""

    code = "policy_refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        listed = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
        super().__init__(f"{len(faults)} faults: {listed}" if len(faults) > 1 else listed)
        self.faults = tuple(faults)
        """All that is wrong, not only the first."""


class WarningsUnanswered(AccordantError):
    """The text is laxer than the law table in places that nobody has answered for."""

    code = "policy_warnings_unanswered"
    status = 409

    def __init__(self, warnings: Sequence[PolicyWarning]) -> None:
        listed = "; ".join(f"{warning.path}: {warning.message}" for warning in warnings)
        super().__init__(f"{len(warnings)} warnings must be mended, or acknowledged with a reason: {listed}")
        self.warnings = tuple(warnings)
        """Those that are open."""


class WarningNotFound(AccordantError):
    """The text gives no such warning, or it was answered already."""

    code = "policy_warning_not_found"
    status = 404


class ReasonMissing(AccordantError):
    """The step is kept with a reason, and none was given."""

    code = "policy_reason_missing"


class VersionNotFound(AccordantError):
    """There is no such version."""

    code = "policy_version_not_found"
    status = 404


class VersionAmbiguous(AccordantError):
    """Several policies have a version of that number."""

    code = "policy_version_ambiguous"


class WrongStatus(AccordantError):
    """The version is not where this step begins; somebody else may have taken the step already."""

    code = "policy_wrong_status"
    status = 409


class SelfApproval(AccordantError):
    """Who wrote a text, or a part of it, cannot approve it."""

    code = "policy_self_approval"
    status = 403


class DigestChanged(AccordantError):
    """The text, or what it would change, is another than was seen."""

    code = "policy_digest_changed"
    status = 409


class NotSimulated(AccordantError):
    """Nobody has seen what the text would change."""

    code = "policy_not_simulated"
    status = 409


class EffectiveTimeRefused(AccordantError):
    """The version cannot take effect then."""

    code = "policy_effective_time_refused"
    status = 409


class NewerVersionPublished(AccordantError):
    """A later version is published already, so this one would undo it unseen."""

    code = "policy_newer_version_published"
    status = 409
