"""The ledger: what was checked, what a witness holds, and whether the sequencer keeps up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from activation.desk.home.addresses import address_of, count_of
from activation.desk.home.types import Advice, Asked, Figure, Need, Panel, Tone
from activation.enforcement.suppression.admin.wording import tell_duration
from consent.ledger.services import get_standing
from consent.ledger.types import LedgerStanding, Witnessing

PERMISSIONS = ("consent_ledger.view_checkpoint",)
VERIFIED_WITHIN = timedelta(days=31)
WITNESSED_WITHIN = timedelta(minutes=15)
_CHECKPOINTS = "consent_ledger_checkpoint_changelist"
_CHECKS = "consent_ledger_ledgerverification_changelist"
_WITNESSES = "consent_ledger_witnessnote_changelist"
_PENDING = "consent_ledger_pendingevent_changelist"


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    found = get_standing()
    return Panel(
        key="ledger",
        title="Ledger",
        address=address_of(_CHECKPOINTS),
        sentence=_tell_verified(found, asked.at),
        figures=(
            count_of("Entries", found.size, _if(asked, "view_leaf", "consent_ledger_leaf_changelist")),
            count_of("Signed", found.signed_size, address_of(_CHECKPOINTS)),
            _tell_check(asked, found),
            *(_tell_witness(asked, one) for one in found.witnesses),
            _tell_pending(asked, found),
        ),
        needs=tuple(_list_needs(asked, found)),
        advice=_advise(found),
    )


def _list_needs(asked: Asked, found: LedgerStanding) -> Iterator[Need]:
    if found.verified and found.verified.findings:
        yield Need("The last check of the ledger found something wrong", _address(asked, _CHECKS))
    if _is_unchecked(found, asked.at):
        words = f"The ledger was not verified for more than {VERIFIED_WITHIN.days} days"
        yield Need(words, _address(asked, _CHECKS))
    for one in found.witnesses:
        if _is_behind(one, asked.at):
            yield Need(f"The witness “{one.name}” lacks signed entries", _address(asked, _WITNESSES))
    if _is_late(found.pending_since, asked.at):
        yield Need("Events wait for their place: the sequencer does not work", _address(asked, _PENDING))


def _is_unchecked(found: LedgerStanding, at: datetime) -> bool:
    last = found.verified.verified_at if found.verified else found.begun_at
    return last is not None and at - last > VERIFIED_WITHIN


def _is_behind(witness: Witnessing, at: datetime) -> bool:
    return witness.lacks_since is not None and at - witness.lacks_since > WITNESSED_WITHIN


def _is_late(since: datetime | None, at: datetime) -> bool:
    return since is not None and at - since > settings.FRESHNESS_BOUND


def _tell_verified(found: LedgerStanding, at: datetime) -> str:
    if not found.size:
        return ""
    if found.verified is None:
        return "It was never verified as a whole."
    verified = found.verified
    result = f"{verified.findings:,} things were wrong" if verified.findings else "nothing was wrong"
    published = "" if verified.key_given else ", by the key that the database names"
    return (
        f"Verified {tell_duration(at - verified.verified_at)} ago up to entry {verified.signed_size:,}"
        f"{published}: {result}."
    )


def _tell_check(asked: Asked, found: LedgerStanding) -> Figure:
    address = _if(asked, "view_ledgerverification", _CHECKS)
    if found.verified is None:
        tone = Tone.WRONG if _is_unchecked(found, asked.at) else Tone.CALM
        return Figure("Last verified", "never", address, tone)
    is_wrong = bool(found.verified.findings) or _is_unchecked(found, asked.at)
    age = f"{tell_duration(asked.at - found.verified.verified_at)} ago"
    return Figure("Last verified", age, address, Tone.WRONG if is_wrong else Tone.CALM)


def _tell_witness(asked: Asked, witness: Witnessing) -> Figure:
    told = f"{tell_duration(asked.at - witness.told_at)} ago" if witness.told_at else "never told"
    holds = "holds all" if witness.lacks_since is None and witness.told_at else f"holds {witness.size:,}"
    tone = Tone.WRONG if _is_behind(witness, asked.at) else Tone.CALM
    address = _if(asked, "view_witnessnote", _WITNESSES)
    return Figure(f"Witness “{witness.name}”", f"{holds}, {told}", address, tone)


def _tell_pending(asked: Asked, found: LedgerStanding) -> Figure:
    address = _if(asked, "view_pendingevent", _PENDING)
    if found.pending_since is None:
        return Figure("Waits for its place", "nothing", address)
    tone = Tone.WRONG if _is_late(found.pending_since, asked.at) else Tone.CALM
    return Figure(
        "Waits for its place", f"for {tell_duration(asked.at - found.pending_since)}", address, tone
    )


def _advise(found: LedgerStanding) -> Advice | None:
    if not found.size:
        return Advice("Nothing is in the ledger yet. The first choice that is recorded begins it.")
    if not found.witnesses:
        return Advice(
            "No witness keeps checkpoints: whoever had the signing key could rewrite history. Have an"
            " engineer set ACCORDANT_WITNESSES."
        )
    return None


def _address(asked: Asked, page: str) -> str:
    """Return the list if the officer may open it; else the checkpoints, which they may."""
    model = page.removeprefix("consent_ledger_").removesuffix("_changelist")
    return _if(asked, f"view_{model}", page) or address_of(_CHECKPOINTS)


def _if(asked: Asked, permission: str, page: str) -> str:
    return address_of(page) if asked.may(f"consent_ledger.{permission}") else ""
