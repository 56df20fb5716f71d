"""What a stream tells the membership, and hears of those who are taken out: rows in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import close_old_connections, connection

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression.types import SuppressionState
from consent.subjects.types import IdentifierKind

_BEING_TAKEN_OUT = """
    SELECT DISTINCT subject_ref FROM activation_enforcement_suppression
    WHERE subject_ref = ANY(%s) AND destination = %s AND holding_id = %s AND state = ANY(%s)
"""
_SUPPRESSED = """
    SELECT pg_snapshot_xmin(now.seen)::text::bigint, pg_snapshot_xmax(now.seen)::text::bigint,
        suppression.id, suppression.subject_ref
    FROM (SELECT pg_current_snapshot()) AS now (seen)
    LEFT JOIN activation_enforcement_suppression AS suppression
        ON suppression.id > %s AND suppression.holding_id = %s
    ORDER BY suppression.id
"""
_NEWEST = "SELECT COALESCE(MAX(id), 0) FROM activation_enforcement_suppression"
_UNFINISHED = [SuppressionState.WAITING.value, SuppressionState.PARKED.value]


@dataclass(slots=True)
class _Heard:
    """Which suppressions were seen. Their numbers become visible in no order: transactions overlap."""

    floor: int
    """Nothing up to here can appear any more."""
    seen: set[int] = field(default_factory=set)
    """Above the floor."""
    following: tuple[int, int] | None = None
    """The next floor, and the transaction before which all must have ended for that."""

    def note(self, ids: Sequence[int], *, xmin: int, xmax: int) -> None:
        """Remember what was seen by a look that had this snapshot."""
        self.seen.update(ids)
        if self.following is not None and self.following[1] <= xmin:
            self.floor, self.following = self.following[0], None
            self.seen = {one for one in self.seen if one > self.floor}
        if self.following is None and self.seen:
            self.following = max(self.seen), xmax


class MembershipKeeper:
    """Keeps a stream's people as members of one holding."""

    is_followed = True

    def __init__(
        self,
        *,
        destination: str,
        audience: str,
        purpose: str,
        controller: str,
        columns: Mapping[IdentifierKind, str],
    ) -> None:
        """Open the holding. `columns` are the names under which identifiers leave.

        :raises KeysUnavailable: if the key of a new holding cannot be sealed now.
        """
        self._asked = {
            "destination": destination,
            "audience": audience,
            "purpose": purpose,
            "controller": controller,
        }
        self._columns = columns
        self.holding_id = membership.open_holding(**self._asked)
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST)
            self._heard = _Heard(floor=cursor.fetchone()[0])

    def keep(self, members: Sequence[Member], *, world: str) -> Collection[str]:
        """Commit that they are held, and return who of them is being taken out just now.

        :raises DatabaseError, KeyUnreadable, KeysUnavailable: if it cannot be written. Nothing may pass then.
        """
        close_old_connections()
        membership.add_members(**self._asked, members=members, world=world, columns=self._columns)
        refs = [member.ref for member in members if member.ref]
        with connection.cursor() as cursor:
            place = self._asked["destination"], self.holding_id
            cursor.execute(_BEING_TAKEN_OUT, [refs, *place, _UNFINISHED])
            return [ref for (ref,) in cursor.fetchall()]

    def list_suppressed(self) -> Collection[str]:
        """Return of whom suppressions were written since the last call, as far as they can be seen.

        :raises DatabaseError: if nothing can be read. Nothing may pass then.
        """
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute(_SUPPRESSED, [self._heard.floor, self.holding_id])
            found = cursor.fetchall()
        rows = [row[2:] for row in found if row[2] is not None and row[2] not in self._heard.seen]
        xmin, xmax = found[0][:2]
        self._heard.note([number for number, _ in rows], xmin=xmin, xmax=xmax)
        return [ref for _, ref in rows]
