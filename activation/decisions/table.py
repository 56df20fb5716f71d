"""The decision table in words, row by row: what is tested, and the reasons it speaks with.

The page docs/reference/decision-table.md is written from it.
"""

from dataclasses import dataclass

from activation.decisions.reasons import ALLOWING, Reason


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the test in words, and its reasons in the same order."""

    test: str
    reasons: tuple[Reason, ...]


TABLE = (
    Row("no published policy in force, or its text has another digest", (Reason.POLICY_UNAVAILABLE,)),
    Row(
        "the purpose is not in the policy / is retired / requires a purpose that is itself denied",
        (Reason.PURPOSE_UNKNOWN, Reason.PURPOSE_INACTIVE, Reason.REQUIRED_PURPOSE_DENIED),
    ),
    Row(
        "the destination is not registered, or is of another type than the caller says / is suspended"
        " / is not permitted the purpose",
        (Reason.DESTINATION_UNKNOWN, Reason.DESTINATION_SUSPENDED, Reason.DESTINATION_NOT_PERMITTED),
    ),
    Row(
        "the state is older than the caller asks / the store cannot be read, or the future is asked about",
        (Reason.STATE_STALE, Reason.STATE_UNAVAILABLE),
    ),
    Row(
        "the person is erased / processing is restricted (GDPR Art. 18), and not every applicable rule"
        " survives that",
        (Reason.SUBJECT_ERASED, Reason.SUBJECT_RESTRICTED),
    ),
    Row(
        "the identifiers lead to several people whom no link joins / to nobody, or cannot be identifiers",
        (Reason.IDENTITY_AMBIGUOUS, Reason.SUBJECT_UNKNOWN),
    ),
    Row(
        "no jurisdiction of the person is known, and not every rule allows, one of them everywhere; or the"
        " applicable rules ask for what cannot be done together",
        (Reason.JURISDICTION_UNRESOLVED,),
    ),
    Row("no rule for the purpose in one of the jurisdictions", (Reason.NO_RULE,)),
    Row(
        "the rule's age band asks for a guardian's consent that is not there / bars the person / the age is"
        " unknown",
        (Reason.MINOR_WITHOUT_GUARDIAN, Reason.MINOR_PROHIBITED, Reason.AGE_UNKNOWN),
    ),
    Row("the rule does not permit data to go to the destination's country", (Reason.TRANSFER_NOT_PERMITTED,)),
    Row(
        "a data category is not permitted, or is special and not explicitly consented to",
        (Reason.DATA_CATEGORY_NOT_PERMITTED,),
    ),
    Row(
        "a condition on a request property is not met by what was sent, or by what is registered of the"
        " destination; or nothing is known of the property",
        (Reason.CONDITION_NOT_MET,),
    ),
    Row(
        "a no stands that the rule honours",
        (Reason.OBJECTED, Reason.OPTED_OUT, Reason.OPT_OUT_SIGNAL, Reason.REFUSED, Reason.WITHDRAWN),
    ),
    Row(
        "basis consent, and no grant: nothing on record / nothing chosen / nothing confirmed; or the latest"
        " grant is over / on a notice too old / invalidated / on a notice that does not name the recipient",
        (
            Reason.NO_RECORD,
            Reason.NO_CHOICE,
            Reason.PENDING_CONFIRMATION,
            Reason.EXPIRED,
            Reason.NOTICE_OUTDATED,
            Reason.INVALIDATED,
            Reason.RECIPIENT_NOT_COVERED,
        ),
    ),
    Row("basis consent, and the grant holds", (Reason.GRANTED,)),
    Row("basis opt-out", (Reason.NOT_OPTED_OUT,)),
    Row(
        "any other basis: its condition is on record / is not",
        (Reason.BASIS_NOT_CONSENT, Reason.BASIS_CONDITION_UNMET),
    ),
)


def write_table() -> str:
    """Return the table in Markdown."""
    rows = [
        f"| {number} | {row.test} | {' / '.join(map(_write_reason, row.reasons))} |"
        for number, row in enumerate(TABLE, 1)
    ]
    return "\n".join(["| # | test | reason |", "|---|---|---|", *rows])


def _write_reason(reason: Reason) -> str:
    return f"**allow** `{reason.value}`" if reason in ALLOWING else f"`{reason.value}`"
