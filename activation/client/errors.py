"""What can be wrong with a client's set-up, and with what the service sends. No check raises any of it."""

from consent.kernel.errors import AccordantError


class PlainHttpRefused(AccordantError):
    """The address is not https: the key, and what is known of people, would be open to read on the way."""

    code = "plain_http_refused"


class FolderTaken(AccordantError):
    """Another client keeps its snapshot in this folder."""

    code = "folder_taken"
    status = 409


class ServiceUnavailable(AccordantError):
    """The service did not answer, or not as it answers."""

    code = "state_unavailable"
    status = 503


class QuestionRefused(AccordantError):
    """The service did not take the question; `code` is the service's own."""

    def __init__(self, code: str) -> None:
        super().__init__("the service refused the question")
        self.code = code


class CallerRefused(AccordantError):
    """The service does not let this key read snapshots."""

    code = "caller_refused"
    status = 403


class SnapshotOutdated(AccordantError):
    """The snapshot is not of this ledger or of these keys: it must be fetched anew."""

    code = "snapshot_outdated"
    status = 409
