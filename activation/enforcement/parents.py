"""The run of somebody's that a run of ours is a part of, as OpenLineage's integrations hand it on."""

import re
from uuid import UUID

from consent.kernel.errors import AccordantError
from lineage.events.types import ParentRun

LONGEST_PARENT = 500
_FORM = re.compile(
    r"(?P<namespace>[A-Za-z0-9_.:/-]{1,200})/(?P<name>[A-Za-z0-9_.:-]{1,200})/(?P<run>[0-9a-fA-F-]{36})",
    re.ASCII,
)


class MalformedParentRun(AccordantError):
    """What was given names no run: it stands in events, so it is held to a form that can name no person."""

    code = "malformed_parent_run"


def read_parent(text: str) -> ParentRun | None:
    """Return the run that `namespace/name/run_id` names, as in `OPENLINEAGE_PARENT_ID`; None if it is empty.

    :raises MalformedParentRun: if it is not of that form.
    """
    if not text:
        return None
    found = _FORM.fullmatch(text)
    try:
        if found and len(text) <= LONGEST_PARENT:
            return ParentRun(
                run_id=UUID(found["run"]), job_name=found["name"], job_namespace=found["namespace"]
            )
    except ValueError:
        pass
    raise MalformedParentRun(
        "a parent run is written namespace/name/run_id: letters, digits and _ . : -, the id a UUID"
    )
