"""What a policy says of the names in an event, as a receipt repeats it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from consent.kernel import canonical
from consent.verifier.digests import digest_bytes
from consent.verifier.envelopes import Envelope, has_types

_TEXT = (str, type(None))
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "policy": (str,),
    "version": (int,),
    "digest": (str,),
    "purpose_title": _TEXT,
    "purpose_term": _TEXT,
    "legal_bases": (list,),
    "personal_data": (list,),
    "controller_title": _TEXT,
    "notice_title": _TEXT,
    "notice_texts": (dict,),
    "recipients": (list,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """The policy version that a receipt rests on, and its words for what the event names by slug."""

    policy: str
    """The policy's key."""
    version: int
    digest: str
    """`sha256:` and 64 hex digits over the version's canonical JSON."""
    purpose_title: str | None = None
    purpose_term: str | None = None
    """The purpose's IRI in the DPV, where the policy names one."""
    legal_bases: tuple[str, ...] = ()
    """Every basis that a rule of the policy names for the purpose, wherever the rule holds."""
    personal_data: tuple[str, ...] = ()
    controller_title: str | None = None
    notice_title: str | None = None
    notice_texts: Mapping[str, str]
    """The SHA-256 of the text of the notice version, by language."""
    recipients: tuple[str, ...] = ()
    """The third parties that the notice version names."""


def describe(document: bytes, *, version: int, envelope: Envelope) -> PolicyTerms:
    """Return what a policy version's `document` (its canonical JSON) says of the choice in `envelope`.

    :raises MalformedJson: if `document` is not JSON.
    """
    policy, body = canonical.loads(document), envelope.body
    purpose = policy.get("purposes", {}).get(body["purpose"], {})
    controller = policy.get("controllers", {}).get(body["controller"], {})
    notice = policy.get("notices", {}).get(body["notice"], {})
    shown = notice.get("versions", {}).get(str(body["notice_version"]), {})
    categories = policy.get("data_categories", {})
    return PolicyTerms(
        policy=policy["policy"],
        version=version,
        digest=digest_bytes(document),
        purpose_title=purpose.get("title"),
        purpose_term=purpose.get("dpv"),
        legal_bases=tuple(sorted(set(_bases(policy, body["purpose"])))),
        personal_data=tuple(categories[slug]["title"] for slug in purpose.get("data_categories", ())),
        controller_title=controller.get("title"),
        notice_title=notice.get("title"),
        notice_texts={
            language: digest_bytes(text.encode()) for language, text in shown.get("texts", {}).items()
        },
        recipients=tuple(shown.get("recipients", ())),
    )


def write_terms(terms: PolicyTerms) -> dict[str, Any]:
    """Return `terms` as a receipt holds them."""
    plain = asdict(terms)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def read_terms(value: Any) -> PolicyTerms | None:
    """Return the terms that a receipt holds as `value`; None if they are not written as terms are."""
    if not has_types(value, _FIELDS):
        return None
    lists = (value[name] for name in ("legal_bases", "personal_data", "recipients"))
    texts = [*value["notice_texts"].values(), *(one for found in lists for one in found)]
    if not all(isinstance(one, str) for one in texts):
        return None
    plain: dict[str, Any] = {
        name: tuple(found) if isinstance(found, list) else found for name, found in value.items()
    }
    return PolicyTerms(**plain)


def _bases(policy: Mapping[str, Any], purpose: str) -> Iterator[str]:
    for rule in policy.get("rules", ()):
        if any(purpose == named or purpose.startswith(f"{named}.") for named in rule["purposes"]):
            yield rule["basis"]
