"""What is put down beside an audience's rows when its delivery is complete."""

from typing import IO
from uuid import UUID

import msgspec

_REMEMBERED = 500


class Done(msgspec.Struct, frozen=True):
    """The last file of a delivery: it names the run whose rows lie beside it."""

    run_id: str
    rows: int
    object: str
    manifest: str
    earlier: tuple[str, ...] = ()
    """Runs that were complete before, the last first: repeated, they must not come back."""

    def knows(self, run_id: UUID) -> bool:
        """Return whether the run was delivered, be it that another took its place."""
        return str(run_id) in (self.run_id, *self.earlier)

    def after(self) -> tuple[str, ...]:
        """Return what the next delivery must remember."""
        return (self.run_id, *self.earlier)[:_REMEMBERED]

    def encoded(self) -> bytes:
        """Return the file's bytes."""
        return msgspec.json.encode(self)


def read_done(file: IO[bytes] | None) -> Done | None:
    """Return what the file says, which is closed; None if there is none, or it says nothing of the kind."""
    if file is None:
        return None
    with file:
        try:
            return msgspec.json.decode(file.read(), type=Done)
        except msgspec.DecodeError:
            return None  # whoever changed it: the delivery is made anew
