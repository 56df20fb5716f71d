"""TC strings made from a seed: the same in every process, and of every shape."""

from datetime import UTC, datetime, timedelta
from random import Random

from consent.signals.intervals import IdSet
from consent.signals.tcf.fields import HIGHEST_VENDOR
from consent.signals.tcf.types import PublisherTC, Restriction, RestrictionType, TCString

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 2**36 - 1
LEGITIMATE = (2, *range(7, 25))
"""The purposes for which IAB's own writer leaves legitimate interest as it is."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def make_string(seed: int, most: int = 1500) -> TCString:
    """Return a string of any values, with the segments that any string may have, and vendors up to `most`."""
    chance = Random(seed)  # noqa: S311 - it shall be the same each time
    created = _make_time(chance)
    return TCString(
        created=created,
        last_updated=created if chance.random() < 0.7 else _make_time(chance),
        cmp_id=chance.randrange(2, 4096),
        cmp_version=chance.randrange(4096),
        consent_screen=chance.randrange(64),
        consent_language="".join(chance.choices(_LETTERS, k=2)),
        vendor_list_version=chance.randrange(4096),
        policy_version=chance.randrange(64),
        is_service_specific=chance.random() < 0.8,
        use_non_standard_texts=chance.random() < 0.5,
        special_feature_opt_ins=_pick(chance, range(1, 13)),
        purposes_consent=_pick(chance, range(1, 25)),
        purposes_legitimate_interest=_pick(chance, LEGITIMATE),
        purpose_one_treatment=chance.random() < 0.3,
        publisher_country_code="".join(chance.choices(_LETTERS, k=2)),
        vendor_consents=make_vendors(chance, most),
        vendor_legitimate_interests=make_vendors(chance, most),
        publisher_restrictions=_make_restrictions(chance, min(most, 150)),
        disclosed_vendors=make_vendors(chance, most),
        allowed_vendors=make_vendors(chance, most) if chance.random() < 0.2 else None,
        publisher_tc=_make_publisher(chance) if chance.random() < 0.6 else None,
    )


def make_vendors(chance: Random, most: int) -> IdSet:
    """Return vendors: none, few, most, runs, or single ones up to the highest number there can be."""
    highest = min(chance.choice([0, 1, 44, 45, 46, 47, 150, 700, 1500, 1500]), most)
    if chance.random() < 0.01:
        highest = HIGHEST_VENDOR
    if not highest:
        return IdSet()
    shape = chance.randrange(4)
    if shape == 0:
        return IdSet.of(chance.sample(range(1, highest + 1), min(highest, chance.randrange(12))))
    if shape == 1:
        return IdSet.of_intervals(_make_runs(chance, highest))
    if shape == 2 or highest == HIGHEST_VENDOR:
        return IdSet(((chance.randrange(1, highest + 1), highest),))
    share = chance.random()
    return IdSet.of(number for number in range(1, highest + 1) if chance.random() < share)


def make_typical(seed: int) -> TCString:
    """Return a string as it is met in the wild: midnight, some 900 of 1,500 vendors, few restrictions."""
    chance = Random(seed)  # noqa: S311 - it shall be the same each time
    day = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=chance.randrange(200))
    disclosed = [number for number in range(1, 1501) if chance.random() < 0.6]
    consents = [number for number in disclosed if chance.random() < 0.9]
    interests = [number for number in disclosed if chance.random() < 0.4]
    return TCString(
        created=day,
        last_updated=day,
        cmp_id=300,
        cmp_version=chance.randrange(1, 9),
        consent_screen=1,
        consent_language=chance.choice(["EN", "DE", "FR", "IT"]),
        vendor_list_version=chance.randrange(100, 160),
        policy_version=5,
        is_service_specific=True,
        use_non_standard_texts=False,
        special_feature_opt_ins=_pick(chance, (1, 2)),
        purposes_consent=IdSet(((1, 11),)),
        purposes_legitimate_interest=IdSet(((2, 2), (7, 11))),
        purpose_one_treatment=False,
        publisher_country_code=chance.choice(["DE", "FR", "IT"]),
        vendor_consents=IdSet.of(consents),
        vendor_legitimate_interests=IdSet.of(interests),
        publisher_restrictions=(
            Restriction(2, RestrictionType.REQUIRE_CONSENT, IdSet.of(chance.sample(disclosed, 5))),
        ),
        disclosed_vendors=IdSet.of(disclosed),
        publisher_tc=PublisherTC(IdSet(((1, 4),)), IdSet(((7, 9),))),
    )


def _make_time(chance: Random) -> datetime:
    days = chance.randrange(LATEST // 864_000)
    if chance.random() < 0.7:
        return EPOCH + timedelta(days=days)
    return EPOCH + timedelta(milliseconds=100 * chance.randrange(LATEST + 1))


def _pick(chance: Random, numbers: range | tuple[int, ...]) -> IdSet:
    return IdSet.of(number for number in numbers if chance.random() < 0.5)


def _make_runs(chance: Random, highest: int) -> list[tuple[int, int]]:
    firsts = [chance.randrange(1, highest + 1) for _ in range(chance.randrange(1, 9))]
    return [(first, min(highest, first + chance.randrange(40))) for first in firsts]


def _make_restrictions(chance: Random, most: int) -> tuple[Restriction, ...]:
    pairs = [(purpose, kind) for purpose in range(1, 25) for kind in RestrictionType]
    chosen = chance.sample(pairs, chance.choice([0, 0, 0, 1, 2, 5]))
    return tuple(Restriction(purpose, kind, _make_restricted(chance, most)) for purpose, kind in chosen)


def _make_restricted(chance: Random, most: int) -> IdSet:
    """Return at least one vendor: IAB's own writer leaves out a restriction of none."""
    return make_vendors(chance, most) or IdSet(((7, 7),))


def _make_publisher(chance: Random) -> PublisherTC:
    count = chance.choice([0, 0, 1, 3, 63])
    return PublisherTC(
        purposes_consent=_pick(chance, range(1, 25)),
        purposes_legitimate_interest=_pick(chance, range(1, 25)),
        number_of_custom_purposes=count,
        custom_purposes_consent=_pick(chance, range(1, count + 1)),
        custom_purposes_legitimate_interest=_pick(chance, range(1, count + 1)),
    )
