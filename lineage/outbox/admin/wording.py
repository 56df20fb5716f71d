"""What officers are told to do."""

from lineage.outbox.types import EventState

WHAT_TO_DO = {
    EventState.EMITTED: "Nothing: the transport has taken the event.",
    EventState.PENDING: (
        "Nothing: it is sent as soon as the transport takes it, however long that lasts, and after earlier"
        " events of its run. If it waits for long, look at the transport's own page."
    ),
    EventState.PARKED: (
        "The backend refuses the event as it is, and the later events of its run wait behind it. Look at the"
        " backend's own log for why; when that is mended, choose “Send again” in the list of deliveries."
    ),
}
WELL = "It takes what it is sent."
RESTS = (
    "It did not take what it was sent. Nothing is lost: it is tried again by itself, at least once a minute"
    " unless it asked for more, and all that waits is sent when it is well. Look at the error: a refused"
    " connection or a status of 500 and above is the backend's to mend; 401 and 403 mean that the API key is"
    " wrong or may not write; 404 or a redirection, that the address is."
)
NOT_CONFIGURED = (
    "The settings do not name it any more. What waits for it is kept, and sent if they name it again."
)
