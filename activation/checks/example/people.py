"""The people of the example data: one for each outcome that an integration meets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from activation.decisions.reasons import Reason
from activation.decisions.types import Member, SubjectState
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName

SAID_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 12, tzinfo=UTC)
DOMAIN = "example.com"
CONTROLLER = "example"
EMAIL, NEWSLETTER, POST = "marketing.email", "marketing.newsletter", "marketing.post"
ADVERTISING, DELIVERY = "advertising.audience", "service.delivery"
MAILER, ADS = "example_mailer", "example_ads"
ADULT, CHILD = "1980-05-05", "2025-01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePerson:
    """One invented person, and what is answered about them."""

    slug: str
    """The `user_id`, the `customer_id`, and the part of the e-mail address before the @."""
    story: str
    state: SubjectState
    reason: Reason
    """What comes of the question that the next two ask."""
    purpose: str = EMAIL
    destination: str = MAILER

    @property
    def email(self) -> str:
        """The person's address."""
        return f"{self.slug}@{DOMAIN}"


def list_people() -> list[ExamplePerson]:
    """Return everybody, in the order of their names."""
    return [*_consenting(), *_opting_out(), *_others()]


def _consenting() -> Iterator[ExamplePerson]:
    """Yield those who are asked for consent to e-mail."""
    granted = _choice(Choice.GRANTED)
    withdrawn = _choice(Choice.WITHDRAWN, effective_at=LATER, version=2)
    expired = _choice(Choice.GRANTED, expires_at=LATER)
    outdated = _choice(Choice.GRANTED, notice_version=1)
    pending = _choice(Choice.PENDING, purpose=NEWSLETTER)
    yield _person("ada-granted", "agreed to e-mail", Reason.GRANTED, granted)
    yield _person("ben-refused", "refused e-mail", Reason.REFUSED, _choice(Choice.REFUSED))
    yield _person("cleo-withdrawn", "agreed, and withdrew it", Reason.WITHDRAWN, granted, withdrawn)
    yield _person("dora-expired", "agreed for a time that is over", Reason.EXPIRED, expired)
    yield _person("eli-outdated", "agreed to a notice that is too old", Reason.NOTICE_OUTDATED, outdated)
    yield _person("fay-silent", "is known, and was never asked", Reason.NO_RECORD)
    yield _person("gus-undecided", "was asked, and has not answered", Reason.NO_CHOICE, _choice(Choice.SHOWN))
    yield _person(
        "hana-pending",
        "has not confirmed the newsletter yet",
        Reason.PENDING_CONFIRMATION,
        pending,
        purpose=NEWSLETTER,
    )
    yield _person("ivo-minor", "agreed, and is too young", Reason.MINOR_PROHIBITED, granted, born=CHILD)
    yield _person("jo-ageless", "agreed, at an unknown age", Reason.AGE_UNKNOWN, granted, born=None)


def _opting_out() -> Iterator[ExamplePerson]:
    """Yield those who live in California, where advertising asks for no consent."""
    californian = partial(_person, purpose=ADVERTISING, destination=ADS, lives="US-CA")
    opted_out = _choice(Choice.OPTED_OUT, purpose=ADVERTISING)
    signal = _choice(Choice.SIGNAL, purpose=ADVERTISING)
    yield californian("kim-optedout", "opted out of advertising", Reason.OPTED_OUT, opted_out)
    yield californian("lee-signal", "sends Global Privacy Control", Reason.OPT_OUT_SIGNAL, signal)
    yield californian("mia-notoptedout", "said nothing against advertising", Reason.NOT_OPTED_OUT)


def _others() -> Iterator[ExamplePerson]:
    """Yield those about whom something else decides."""
    granted, objected = _choice(Choice.GRANTED), _choice(Choice.OBJECTED, purpose=POST)
    ordered, restricted = (FactName.CONTRACT_ACTIVE, "yes"), (FactName.RESTRICTED, "yes")
    yield _person("ned-objected", "objected to letters", Reason.OBJECTED, objected, purpose=POST)
    yield _person(
        "olga-customer", "ordered something", Reason.BASIS_NOT_CONSENT, purpose=DELIVERY, fact=ordered
    )
    yield _person(
        "pia-restricted",
        "agreed, and then had processing restricted",
        Reason.SUBJECT_RESTRICTED,
        granted,
        fact=restricted,
    )
    yield _person("quinn-erased", "was erased", Reason.SUBJECT_ERASED, erased_at=LATER)
    one, other = (Member(subject_ref=f"rex-{number}", version=1) for number in (1, 2))
    several = SubjectState(asked=frozenset({one.subject_ref, other.subject_ref}), members=(one, other))
    yield ExamplePerson(
        slug="rex-ambiguous",
        story="shares an identifier with somebody else",
        state=several,
        reason=Reason.IDENTITY_AMBIGUOUS,
    )
    yield ExamplePerson(
        slug="sue-unavailable",
        story="cannot be read just now",
        state=SubjectState(available=False),
        reason=Reason.STATE_UNAVAILABLE,
    )


def _person(
    slug: str,
    story: str,
    reason: Reason,
    *choices: ChoiceRecord,
    purpose: str = EMAIL,
    destination: str = MAILER,
    lives: str = "DE",
    born: str | None = ADULT,
    fact: tuple[FactName, str] | None = None,
    erased_at: datetime | None = None,
) -> ExamplePerson:
    said = [
        (FactName.RESIDENCE, lives),
        *([(FactName.BORN_ON, born)] if born else []),
        *([fact] if fact else []),
    ]
    member = Member(
        subject_ref=slug,
        version=len(choices) + 1,
        choices=tuple(
            replace(choice, subject_ref=slug, record_id=f"rec_{slug}_{choice.version}") for choice in choices
        ),
        facts=tuple(_fact(slug, name, value) for name, value in said),
        erased_at=erased_at,
    )
    state = SubjectState(asked=frozenset({slug}), members=(member,))
    return ExamplePerson(
        slug=slug, story=story, state=state, reason=reason, purpose=purpose, destination=destination
    )


def _choice(
    choice: Choice,
    *,
    purpose: str = EMAIL,
    notice_version: int = 2,
    effective_at: datetime = SAID_AT,
    expires_at: datetime | None = None,
    version: int = 1,
) -> ChoiceRecord:
    return ChoiceRecord(
        record_id="",
        subject_ref="",
        version=version,
        purpose=purpose,
        choice=choice,
        effective_at=effective_at,
        recorded_at=effective_at,
        controller=CONTROLLER,
        notice="privacy",
        notice_version=notice_version,
        expires_at=expires_at,
    )


def _fact(slug: str, name: FactName, value: str) -> Fact:
    return Fact(
        subject_ref=slug, name=name, value=value, effective_at=SAID_AT, recorded_at=SAID_AT, version=1
    )
