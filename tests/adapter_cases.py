"""Messages as vendors send them, and the choices that each is worth."""

# ruff: noqa: E501 - a table reads by the row

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from consent.records.adapters import mparticle, onetrust, segment, transcend
from consent.records.adapters.mapping import read_mapping
from consent.records.adapters.types import ImportMapping, Translated
from consent.records.types import FaultCode

Said = tuple[str, str, str | None, str | None]
"""A purpose, a choice, the controller it is given to, and the time it was said."""

AT = "2023-01-01T00:00:00.000Z"
MS = 1672531200000
MS_AT = "2023-01-01T00:00:00+00:00"
ADS, MAIL, SALE = "advertising", "marketing.email", "advertising.sale"
_CLAIMS = "controller: acme\nnotice: privacy\nnotice_version: 1\nmethod: cmp_dialog\n"


def make_mapping(body: str, *, more: str = "") -> ImportMapping:
    """Return the mapping that `body` and the usual claims make."""
    return read_mapping(f"schema: accordant/import-mapping/1\n{_CLAIMS}{body}{more}")


SEGMENT = """
identifiers: {userId: user_id, anonymousId: cookie_id, context.device.advertisingId: advertising_id, traits.email: email}
purposes: {Advertising: advertising, Email: marketing.email}
not_ours: [Functional]
"""
ONETRUST = """
identifiers: {identifier: email, additionalIdentifiers.CustomerId: customer_id}
purposes: {1ccd1f6b-0b7d-4a29-a4b5-5b1bd2f3e9a1: marketing.email, P-2: advertising}
"""
TRANSCEND = """
identifiers: {userId: customer_id, identifiers.email: email}
purposes: {Advertising: advertising, Marketing: marketing.email, Marketing/SaleOfData: advertising.sale}
"""
MPARTICLE = """
identifiers: {user_identities.email: email, user_identities.customer_id: customer_id, mpid: user_id, device_info.ios_advertising_id: advertising_id}
purposes: {gdpr/location: advertising, gdpr/email: marketing.email, ccpa/data_sale_opt_out: advertising.sale}
no_means: withdrawn
"""
UUID = "1ccd1f6b-0b7d-4a29-a4b5-5b1bd2f3e9a1"


def segment_event(preferences: object, **changes: Any) -> dict[str, Any]:
    """Return the event that tells of a choice, with `changes`."""
    return {
        "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
        "type": "track",
        "event": segment.PREFERENCE_EVENT,
        "userId": "u123",
        "timestamp": AT,
        "context": {
            "device": {"advertisingId": "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"},
            "consent": {"categoryPreferences": preferences},
        },
        **changes,
    }


def receipt(*purposes: object, **changes: Any) -> dict[str, Any]:
    """Return a consent receipt, with `changes`."""
    return {
        "requestInformation": "eyJhbGciOiJSUzUxMiJ9.e30.c2ln",
        "identifier": "ana@customers.example",
        "identifierType": "Email",
        "additionalIdentifiers": {"CustomerId": "00056"},
        "interactionDate": AT,
        "language": "en-GB",
        "purposes": list(purposes),
        **changes,
    }


def purpose_of(status: str, name: str = UUID) -> dict[str, Any]:
    """Return one purpose of a receipt."""
    return {"Id": name, "TransactionType": status}


def preference(*purposes: object, **changes: Any) -> dict[str, Any]:
    """Return a record of the preference store, with `changes`."""
    return {
        "partition": "ee1a0845-694e-4820-9d51-50c7d0a23467",
        "userId": "00056",
        "identifiers": [{"name": "email", "value": "ana@customers.example"}],
        "timestamp": AT,
        "purposes": list(purposes),
        **changes,
    }


def batch(gdpr: object = None, ccpa: object = None, **changes: Any) -> dict[str, Any]:
    """Return an event batch, with `changes`."""
    state = {name: value for name, value in (("gdpr", gdpr), ("ccpa", ccpa)) if value is not None}
    return {
        "schema_version": 2,
        "environment": "production",
        "mpid": 7346244611012968789,
        "user_identities": {"email": "ana@customers.example", "customer_id": "00056"},
        "device_info": {"platform": "iOS", "ios_advertising_id": "00000000-0000-0000-0000-000000000000"},
        "events": [],
        "consent_state": state,
        **changes,
    }


def consented(value: object, **changes: Any) -> dict[str, Any]:
    """Return one purpose of a batch."""
    told = {"timestamp_unixtime_ms": MS, "document": "privacy_v3", "location": "https://shop.example/"}
    return {"consented": value, **told, "hardware_id": "IDFV:a5d934n0-232f-4afc-2e9a-3832d95zc702", **changes}


@dataclass(frozen=True, slots=True)
class Case:
    """One message, and what it is worth: choices, or the codes of its faults."""

    name: str
    adapter: ModuleType
    mapping: str
    message: Any
    said: tuple[Said, ...] = ()
    faults: tuple[FaultCode, ...] = ()

    def run(self, adapter: ModuleType | None = None) -> Translated:
        """Return what the adapter, or one in its place, makes of the message."""
        translated: Translated = (adapter or self.adapter).read_message(
            self.message, make_mapping(self.mapping)
        )
        return translated

    def holds(self, found: Translated) -> bool:
        """Return whether `found` is what the message is worth."""
        return read_said(found) == self.said and tuple(one.code for one in found.faults) == self.faults


def read_said(found: Translated) -> tuple[Said, ...]:
    """Return the choices of all rows."""
    return tuple(
        (one["purpose"], one["choice"], one.get("controller"), one.get("effective_at"))
        for row in found.rows
        for one in row["choices"]
    )


def yes(purpose: str, at: str = AT) -> Said:
    """Return a grant to the mapping's controller."""
    return (purpose, "granted", "acme", at)


def no(purpose: str, choice: str = "refused", at: str = AT) -> Said:
    """Return a no to everyone."""
    return (purpose, choice, None, at)


CASES = [
    Case("segment: a choice", segment, SEGMENT, segment_event({"Advertising": True, "Email": False}), (yes(ADS), no(MAIL))),
    Case("segment: what is not ours", segment, SEGMENT, segment_event({"Functional": False, "Email": True}), (yes(MAIL),)),
    Case("segment: an unmapped yes", segment, SEGMENT, segment_event({"DataSharing": True, "Email": True}), (yes(MAIL),)),
    Case("segment: an unmapped no", segment, SEGMENT, segment_event({"DataSharing": False}), (), (FaultCode.UNMAPPED_PURPOSE,)),
    Case("segment: an unmapped no, kept wide", segment, SEGMENT + "unmapped_no: '*'\n", segment_event({"DataSharing": False, "New": True}), (no("*"),)),
    Case("segment: a stamp's yes", segment, SEGMENT, segment_event({"Advertising": True}, event="Order Completed"), ()),
    Case("segment: a stamp's no", segment, SEGMENT, segment_event({"Advertising": False, "Email": True}, type="identify", event=None, traits={"email": "ana@customers.example"}), (no(ADS),)),
    Case("segment: an identify of that name", segment, SEGMENT, segment_event({"Advertising": True}, type="identify"), ()),
    Case("segment: an empty object", segment, SEGMENT, segment_event({}), (no(ADS), no(MAIL))),
    Case("segment: no consent object", segment, SEGMENT, segment_event({}, context={"ip": "198.51.100.7"}), ()),
    Case("segment: no time", segment, SEGMENT, segment_event({"Advertising": True}, timestamp=None), (), (FaultCode.MISSING_FIELD,)),
    Case("segment: a time without offset", segment, SEGMENT, segment_event({"Email": True}, timestamp="2023-01-01T00:00:00"), (), (FaultCode.MALFORMED_TIME,)),
    Case("segment: a word for a boolean", segment, SEGMENT, segment_event({"Advertising": "true"}), (), (FaultCode.WRONG_TYPE,)),
    Case("segment: a list", segment, SEGMENT, segment_event(["Advertising"]), (), (FaultCode.WRONG_TYPE,)),
    Case("segment: no object", segment, SEGMENT, [], (), (FaultCode.WRONG_TYPE,)),
    *(
        Case(f"onetrust: {status}", onetrust, ONETRUST, receipt(purpose_of(status)), said)
        for status, said in {
            "CONFIRMED": (yes(MAIL),),
            "ACTIVE": (yes(MAIL),),
            "OPT_OUT": (no(MAIL, "opted_out"),),
            "HARD_OPT_OUT": (no(MAIL, "opted_out"),),
            "WITHDRAWN": (no(MAIL, "withdrawn"),),
            "NOTGIVEN": (no(MAIL),),
            "NO_CONSENT": (no(MAIL),),
            "PENDING": ((MAIL, "pending", "acme", AT),),
            "NO_CHOICE": ((MAIL, "shown", "acme", AT),),
            "IMPLICIT": ((MAIL, "shown", "acme", AT),),
            "EXPIRED": (),
            "EXTEND": (),
            "CHANGE_PREFERENCES": (),
            "ALWAYS_ACTIVE": (),
        }.items()
    ),
    Case("onetrust: a status nobody knows", onetrust, ONETRUST, receipt(purpose_of("CANCEL")), (), (FaultCode.UNKNOWN_STATUS,)),
    Case("onetrust: no status", onetrust, ONETRUST, receipt({"Id": UUID}), (), (FaultCode.MISSING_FIELD,)),
    Case("onetrust: an exported one", onetrust, ONETRUST, {"Identifier": "ana@customers.example", "InteractionDate": AT, "Purposes": [{"ID": "P-2", "Status": "Withdrawn"}]}, (no(ADS, "withdrawn"),)),
    Case("onetrust: an unmapped yes", onetrust, ONETRUST, receipt(purpose_of("CONFIRMED", "P-9")), ()),
    Case("onetrust: an unmapped no", onetrust, ONETRUST, receipt(purpose_of("OPT_OUT", "P-9")), (), (FaultCode.UNMAPPED_PURPOSE,)),
    Case("onetrust: a withdrawal's own date", onetrust, ONETRUST + "time_zone: UTC\n", receipt(purpose_of("WITHDRAWN"), interactionDate=None, consentDate="2017-01-01T00:00:00Z", withdrawnDate="2018-03-01T09:00:00"), (no(MAIL, "withdrawn", "2018-03-01T09:00:00+00:00"),)),
    Case("onetrust: no date", onetrust, ONETRUST, receipt(purpose_of("CONFIRMED"), interactionDate=None), (), (FaultCode.MISSING_FIELD,)),
    Case("onetrust: a test", onetrust, ONETRUST, receipt(purpose_of("CONFIRMED"), test=True), ()),
    Case("onetrust: many at once", onetrust, ONETRUST, [receipt(purpose_of("CONFIRMED")), receipt(purpose_of("WITHDRAWN"))], (yes(MAIL), no(MAIL, "withdrawn"))),
    Case("transcend: a record", transcend, TRANSCEND, preference({"purpose": "Advertising", "enabled": False}, {"purpose": "Marketing", "enabled": True}), (no(ADS), yes(MAIL))),
    Case("transcend: a request", transcend, TRANSCEND, {"records": [preference({"purpose": "Advertising", "enabled": True})]}, (yes(ADS),)),
    Case("transcend: an answer", transcend, TRANSCEND, {"nodes": [preference({"purpose": "Advertising", "enabled": False})], "cursor": None}, (no(ADS),)),
    Case("transcend: a topic", transcend, TRANSCEND, preference({"purpose": "Marketing", "enabled": True, "preferences": [{"topic": "SaleOfData", "choice": {"booleanValue": False}}, {"topic": "Frequency", "choice": {"selectValue": "Weekly"}}]}), (yes(MAIL), no(SALE))),
    Case("transcend: a topic of a purpose refused", transcend, TRANSCEND, preference({"purpose": "Marketing", "enabled": False, "preferences": [{"topic": "SaleOfData", "choice": {"booleanValue": True}}]}), (no(MAIL),)),
    Case("transcend: the consent manager's", transcend, TRANSCEND, preference(purposes={"Advertising": True, "Marketing": False}, confirmed=True), (yes(ADS), no(MAIL))),
    Case("transcend: defaults", transcend, TRANSCEND, preference(purposes={"Advertising": True, "Marketing": False}, confirmed=False), (no(MAIL),)),
    Case("transcend: left open", transcend, TRANSCEND, preference(purposes={"Advertising": "Auto", "Marketing": None}, confirmed=True), ()),
    Case("transcend: an unmapped no", transcend, TRANSCEND, preference({"purpose": "Sale", "enabled": False}), (), (FaultCode.UNMAPPED_PURPOSE,)),
    Case("transcend: no time", transcend, TRANSCEND, preference({"purpose": "Advertising", "enabled": True}, timestamp=None), (), (FaultCode.MISSING_FIELD,)),
    Case("mparticle: gdpr", mparticle, MPARTICLE, batch({"location": consented(True), "email": consented(False)}), (yes(ADS, MS_AT), no(MAIL, "withdrawn", MS_AT))),
    Case("mparticle: opted out of sale", mparticle, MPARTICLE, batch(ccpa={"data_sale_opt_out": consented(True)}), (no(SALE, "opted_out", MS_AT),)),
    Case("mparticle: not opted out of sale", mparticle, MPARTICLE, batch(ccpa={"data_sale_opt_out": consented(False)}), ()),
    Case("mparticle: an unmapped yes", mparticle, MPARTICLE, batch({"parental": consented(True)}), ()),
    Case("mparticle: an unmapped no", mparticle, MPARTICLE, batch({"parental": consented(False)}), (), (FaultCode.UNMAPPED_PURPOSE,)),
    Case("mparticle: no time", mparticle, MPARTICLE, batch({"location": {"consented": True}}), (), (FaultCode.MISSING_FIELD,)),
    Case("mparticle: a time in words", mparticle, MPARTICLE, batch({"location": consented(True, timestamp_unixtime_ms=AT)}), (), (FaultCode.MALFORMED_TIME,)),
    Case("mparticle: nothing known", mparticle, MPARTICLE, batch(consent_state=None), ()),
    Case("mparticle: a law nobody knows", mparticle, MPARTICLE, batch(consent_state={"lgpd": {}}), (), (FaultCode.UNKNOWN_FIELD,)),
]  # fmt: skip
