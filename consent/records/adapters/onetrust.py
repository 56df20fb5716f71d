"""OneTrust consent receipts (OneTrust developer docs, "Create Consent Receipts" and its guide
"Implementing the Collection Point with REST API").

A receipt names the person (`identifier`, of the type in `identifierType`; more in
`additionalIdentifiers` and `dsDataElements`), the moment (`interactionDate`), and for each of `purposes`
its `Id` and what happened (`TransactionType`; `Status` where a receipt is exported). Names of fields are
taken in any case: the request and the exports differ in it. A test receipt says nothing.
"""

from typing import Any

from consent.records.adapters.telling import Telling, join, not_an_object
from consent.records.adapters.types import ImportMapping, Translated
from consent.records.types import NO, Choice, FaultCode

_GENERIC_NO = frozenset({"NOTGIVEN", "NO_CONSENT"})
_MEANS: dict[str, Choice | None] = {
    "CONFIRMED": Choice.GRANTED,
    "ACTIVE": Choice.GRANTED,
    "OPT_OUT": Choice.OPTED_OUT,
    "HARD_OPT_OUT": Choice.OPTED_OUT,
    "WITHDRAWN": Choice.WITHDRAWN,
    "PENDING": Choice.PENDING,
    "NO_CHOICE": Choice.SHOWN,
    "IMPLICIT": Choice.SHOWN,  # nothing was done that affirms
    "EXPIRED": None,
    "EXTEND": None,  # the source's own bound was moved: the person said nothing
    "CHANGE_PREFERENCES": None,  # of topics below the purpose
    "ALWAYS_ACTIVE": None,
    "NONE": None,
}
"""What each transaction type or status is recorded as; None: nothing. Any other one is a fault."""


def read_message(message: Any, mapping: ImportMapping) -> Translated:
    """Return the row of one receipt, or the rows of a list of receipts, or their faults."""
    if isinstance(message, list):
        return join([_read_receipt(one, mapping, f"[{place}].") for place, one in enumerate(message)])
    return _read_receipt(message, mapping, "")


def _read_receipt(message: Any, mapping: ImportMapping, path: str) -> Translated:
    if not isinstance(message, dict):
        return not_an_object(path.rstrip("."))
    receipt = _by_lower_name(message)
    if receipt.get("test") is True:
        return Translated()
    told = Telling(mapping, path=path)
    purposes = receipt.get("purposes")
    if not isinstance(purposes, list):
        told.fault("purposes", FaultCode.WRONG_TYPE, "must be a list")
        return told.finish()
    told.identify(message)
    _identify_by_type(told, receipt)
    for place, purpose in enumerate(purposes):
        _read_purpose(told, receipt, purpose, f"purposes[{place}]")
    return told.finish()


def _identify_by_type(told: Telling, receipt: dict[str, Any]) -> None:
    """Take the identifier by its type too: in a mapping, `identifierType.Email` is the one of type Email."""
    named = receipt.get("identifiertype")
    if isinstance(named, str):
        told.identify({"identifierType": {named: receipt.get("identifier")}})


def _read_purpose(told: Telling, receipt: dict[str, Any], value: Any, path: str) -> None:
    if not isinstance(value, dict):
        told.fault(path, FaultCode.WRONG_TYPE, "must be an object")
        return
    purpose = _by_lower_name(value)
    name, status = purpose.get("id"), purpose.get("transactiontype") or purpose.get("status")
    if not isinstance(name, str) or not name:
        told.fault(f"{path}.Id", FaultCode.MISSING_FIELD, "must be given, as text")
    elif not isinstance(status, str):
        told.fault(f"{path}.TransactionType", FaultCode.MISSING_FIELD, "must be given, as text")
    elif (word := status.upper()) in _GENERIC_NO:
        _say(told, receipt, name, told.mapping.no_means, path)
    elif word not in _MEANS:
        told.fault(f"{path}.TransactionType", FaultCode.UNKNOWN_STATUS, "is not known")
    elif (choice := _MEANS[word]) is not None:
        _say(told, receipt, name, choice, path)


def _say(told: Telling, receipt: dict[str, Any], name: str, choice: Choice, path: str) -> None:
    instead = "withdrawndate" if choice in NO else "consentdate"
    at = told.time(receipt.get("interactiondate") or receipt.get(instead), "interactionDate")
    told.say(name, choice, at=at, path=f"{path}.Id")


def _by_lower_name(value: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): member for name, member in value.items()}
