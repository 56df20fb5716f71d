"""What can be wrong with a question to the graph, or with an event for it."""

from lineage.errors import LineageError


class NodeUnknown(LineageError):
    """No dataset or job has this key."""

    code = "node_unknown"
    status = 404


class RunUnknown(LineageError):
    """No event told of a run with this id, or it is gone by its time."""

    code = "run_unknown"
    status = 404


class MalformedCursor(LineageError):
    """What a page should go on from is not what a page before ended with."""

    code = "malformed_cursor"
    status = 400


class EventRefused(LineageError):
    """An event from outside is not taken in. `faults` names each place: `$.run.runId: what is wrong`."""

    faults: tuple[str, ...] = ()


class ReservedNamespace(EventRefused):
    """An event from outside claims to be one of ours: it could draw a gate where none is."""

    code = "reserved_namespace"
    status = 403


class InvalidEvent(EventRefused):
    """The event is not one that the graph takes."""

    code = "invalid_event"
    status = 400

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The event is not a valid OpenLineage event.")
        self.faults = tuple(faults)


class MalformedDeclaration(LineageError):
    """What an officer declared is too long, or lacks what it must hold."""

    code = "malformed_declaration"
    status = 400
