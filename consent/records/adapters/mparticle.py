"""mParticle event batches (mParticle docs, "JSON Reference", "Data Privacy Controls", and the SDKs'
`createCCPAConsent`).

`consent_state.gdpr` has an object for each purpose: `consented` is what the person said, and
`timestamp_unixtime_ms` when. `consent_state.ccpa` has `data_sale_opt_out`, which is worded the other way
round: `consented: true` is an opt-out of sale, `false` that the person did not opt out. The first is a
no; the second says nothing, for whoever was not stopped has not agreed. A mapping names them
`gdpr/PURPOSE` and `ccpa/data_sale_opt_out`.
"""

from typing import Any

from consent.records.adapters.telling import Telling, not_an_object, show
from consent.records.adapters.types import ImportMapping, Translated
from consent.records.types import Choice, FaultCode


def read_message(message: Any, mapping: ImportMapping) -> Translated:
    """Return the row that one batch holds, or its faults."""
    if not isinstance(message, dict):
        return not_an_object()
    state = message.get("consent_state")
    if state is None:
        return Translated()
    told = Telling(mapping)
    if not isinstance(state, dict):
        told.fault("consent_state", FaultCode.WRONG_TYPE, "must be an object")
        return told.finish()
    told.identify(message)
    for law in ("gdpr", "ccpa"):
        _read_law(told, law, state.get(law))
    if state.keys() - {"gdpr", "ccpa"}:
        told.fault("consent_state", FaultCode.UNKNOWN_FIELD, "holds a regulation that is not known")
    return told.finish()


def _read_law(told: Telling, law: str, purposes: Any) -> None:
    if purposes is None:
        return
    if not isinstance(purposes, dict):
        told.fault(f"consent_state.{law}", FaultCode.WRONG_TYPE, "must be an object")
        return
    for place, (name, value) in enumerate(purposes.items()):
        path = f"consent_state.{law}.{show(name, place)}"
        consented = value.get("consented") if isinstance(value, dict) else None
        if not isinstance(consented, bool):
            told.fault(f"{path}.consented", FaultCode.WRONG_TYPE, "must be true or false")
            continue
        at = told.milliseconds(value.get("timestamp_unixtime_ms"), f"{path}.timestamp_unixtime_ms")
        if law == "gdpr":
            told.say_bool(f"{law}/{name}", consented, at=at, path=path)
        elif consented:
            told.say(f"{law}/{name}", Choice.OPTED_OUT, at=at, path=path)
