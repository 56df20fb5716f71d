"""A shop's banner sends consent strings, and a browser says no to what somebody had said yes to."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.demo.calls import Api
from config.demo.evidence import StoryFailed
from config.demo.people import HARBOR, NORTHWIND
from config.demo.telling import Teller
from consent.records.queries import list_records_by_id
from consent.records.types import NO, YES
from consent.signals import gpp, tcf
from consent.signals.intervals import IdSet
from consent.signals.tcf.types import TCString

ADS = "advertising.audience"
NOTICE = {"notice": "privacy", "notice_version": 3}
_ACCEPTED = IdSet.of((1, 3, 8))
"""Storage, a profile for advertising, and measuring contents; advertising by the profile is refused."""
_SHOP = IdSet.of((1,))


def send(api: Api, *, at: datetime, teller: Teller) -> dict[str, Any]:
    """Send a TC string, a GPP string, and the signal of a browser against a yes. Return what came of them.

    :raises StoryFailed: if they do not come to what they must.
    """
    told = {
        "tc_string": _send_tc_string(api, at=at, teller=teller),
        "gpp_string": _send_gpp_string(api, teller=teller),
        "gpc": _send_gpc(api, teller=teller),
    }
    teller.say("Officers see each, with what it says, under Consent, Signals, and on the person's page.")
    return told


def _send_tc_string(api: Api, *, at: datetime, teller: Teller) -> dict[str, int]:
    lives = {"name": "residence", "value": "DE", "effective_at": at.isoformat()}
    signals = {"controller": NORTHWIND, **NOTICE, "tcf": _make_tc_string(at)}
    answer = _post(api, _new_visitor(), facts=[lives], signals=signals)
    said = _count(answer["records"])
    if not (said["yes"] and said["no"]):
        raise StoryFailed("a TC string that says yes and no did not come to both")
    teller.say("A visitor in Berlin accepts a part of what the shop's banner asks. It sends a TC string:")
    teller.say(f"  {said['yes']} purposes granted, {said['no']} refused, by the mapping of signals.")
    return said


def _send_gpp_string(api: Api, *, teller: Teller) -> dict[str, int]:
    answer = _post(api, _new_visitor(), signals={"controller": HARBOR, "gpp": _make_gpp_string()})
    said = _count(answer["records"])
    if said["yes"] or not said["no"]:
        raise StoryFailed("an opt-out in a GPP string did not come to a no alone")
    teller.say("A visitor in Oakland opts out of sale and sharing. It comes as a GPP string, section usca:")
    teller.say(f"  {said['no']} purposes opted out of; such a string never grants.")
    return said


def _send_gpc(api: Api, *, teller: Teller) -> dict[str, Any]:
    """Say yes as a person, then no as their browser: it is followed, and kept as a conflict."""
    visitor = _new_visitor()
    yes = {"purpose": ADS, "choice": "granted", "controller": HARBOR, "method": "checkbox", **NOTICE}
    _post(api, visitor, choices=[yes])
    answer = _post(api, visitor, signals={"controller": HARBOR, "gpc": "1"})
    found: Sequence[Mapping[str, str]] = answer["signals"][0]["conflicts"]
    if [(one["purpose"], one["won"]) for one in found] != [(ADS, "heard")]:
        raise StoryFailed("a browser's no against an earlier yes was not kept as a conflict that it won")
    teller.say("Another had said yes to Harbor's advertising. Now their browser sends the GPC signal:")
    teller.say(f"  followed, since {found[0]['explanation']}; the conflict is on record, and shown to them.")
    return {"visitor": visitor["value"], "conflicts": len(found), "won": found[0]["won"]}


def _post(api: Api, visitor: Mapping[str, str], **said: object) -> dict[str, Any]:
    try:
        return api.post("/api/v1/consents", {"identifiers": [visitor], **said})
    except OSError as error:
        raise StoryFailed(f"a banner's signals were not taken: {type(error).__name__}") from None


def _new_visitor() -> Mapping[str, str]:
    """Return somebody whom nobody knows yet: each telling has visitors of its own."""
    return {"kind": "email", "value": f"visitor-{secrets.token_hex(6)}@people.example"}


def _count(record_ids: Sequence[str]) -> dict[str, int]:
    choices = Counter(one.choice for one in list_records_by_id(record_ids))
    return {
        "yes": sum(choices[one] for one in sorted(YES)),
        "no": sum(choices[one] for one in sorted(NO)),
    }


def _make_tc_string(at: datetime) -> str:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return tcf.encode(
        TCString(
            created=day,
            last_updated=day,
            cmp_id=31,
            cmp_version=1,
            consent_screen=1,
            consent_language="DE",
            vendor_list_version=126,
            policy_version=5,
            is_service_specific=True,
            use_non_standard_texts=False,
            special_feature_opt_ins=IdSet(),
            purposes_consent=_ACCEPTED,
            purposes_legitimate_interest=IdSet(),
            purpose_one_treatment=False,
            publisher_country_code="DE",
            vendor_consents=_SHOP,
            vendor_legitimate_interests=IdSet(),
            disclosed_vendors=_SHOP,
        )
    )


def _make_gpp_string() -> str:
    told = dict.fromkeys(("SaleOptOutNotice", "SharingOptOutNotice", "SensitiveDataLimitUseNotice"), 1)
    fields: dict[str, object] = {
        **told,
        "SaleOptOut": 1,
        "SharingOptOut": 1,
        "SensitiveDataProcessing": (0,) * 9,
        "KnownChildSensitiveDataConsents": (0, 0),
        "PersonalDataConsents": 0,
        "MspaCoveredTransaction": 2,
        "MspaOptOutOptionMode": 0,
        "MspaServiceProviderMode": 0,
    }
    return gpp.encode(gpp.GppString({8: gpp.Section(8, "usca", 1, fields)}))
