"""Small worlds for the mapping of signals: what was heard, what is on record, and where the person is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

from consent.signals.gpp.types import GppString, Section
from consent.signals.intervals import IdSet
from consent.signals.mapping.types import (
    Framework,
    FrameworkTerms,
    Mapping,
    OptOut,
    Received,
    Row,
    Standing,
    Where,
)
from consent.signals.tcf.types import TCString

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
STRING_DAY = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
PURPOSE = "ads.targeted"
GERMANY = Where(jurisdictions=("DE", "EU", "EEA"))
CALIFORNIA = Where(jurisdictions=("US-CA", "US"))
SOMEWHERE = Where()
BARRED = Where(jurisdictions=("DE", "EU", "EEA", "BR"), barred=frozenset({"tcf"}))


def make_string(consents: tuple[int, ...] = (1, 3), **fields: Any) -> TCString:
    """Return a valid string that consents to `consents`, made on `STRING_DAY`."""
    string = TCString(
        created=STRING_DAY,
        last_updated=STRING_DAY,
        cmp_id=10,
        cmp_version=1,
        consent_screen=1,
        consent_language="EN",
        vendor_list_version=100,
        policy_version=5,
        is_service_specific=True,
        use_non_standard_texts=False,
        special_feature_opt_ins=IdSet(),
        purposes_consent=IdSet.of(consents),
        purposes_legitimate_interest=IdSet(),
        purpose_one_treatment=False,
        publisher_country_code="DE",
        vendor_consents=IdSet(),
        vendor_legitimate_interests=IdSet(),
        disclosed_vendors=IdSet.of([7]),
    )
    return replace(string, **fields)


def make_section(number: int = 7, prefix: str = "usnat", **fields: object) -> Section:
    """Return a section of a GPP string."""
    return Section(number, prefix, 1, fields)


def make_gpp(*sections: Section) -> GppString:
    """Return a GPP string of `sections`."""
    return GppString({section.id: section for section in sections})


def make_mapping(*, vendor: int | None = None, **rows: Row) -> Mapping:
    """Return a mapping of `rows`, named with `__` for a dot; TCF's yes is heard in the EEA."""
    return Mapping(
        version="test",
        digest="0" * 64,
        frameworks={
            "tcf": Framework(grants_in=frozenset({"EEA"}), vendor=vendor),
            "gpp:5": Framework(grants_in=frozenset({"CA"}), vendor=vendor),
        },
        purposes={name.replace("__", "."): row for name, row in rows.items()},
    )


MAPPING = make_mapping(
    ads__targeted=Row(tcf=FrameworkTerms(purposes=(1, 3)), opt_out=frozenset(OptOut)),
)


@dataclass(frozen=True, slots=True)
class World:
    """One question to the mapping."""

    tcf: str
    """`yes`, `no`, or empty: no string."""
    gpc: bool
    sale: int | None
    """What SaleOptOut of section 7 holds; None: no string."""
    standing: tuple[Standing, ...]
    where: Where

    @property
    def received(self) -> Received:
        """What was received."""
        consents = (1, 3) if self.tcf == "yes" else (1,)
        return Received(
            tcf=make_string(consents) if self.tcf else None,
            gpp=None if self.sale is None else make_gpp(make_section(SaleOptOut=self.sale)),
            gpc=self.gpc,
        )

    def with_more_no(self) -> Iterator["World"]:
        """Yield the worlds in which one more no is said."""
        if not self.gpc:
            yield replace(self, gpc=True)
        if self.sale != 1:
            yield replace(self, sale=1)
        if self.tcf == "yes":
            yield replace(self, tcf="no")
        for no in NOES:
            if no not in self.standing:
                yield replace(self, standing=(*self.standing, no))


def _at(purpose: str, source: str, choice: str) -> list[Standing]:
    """Return a choice before the string's day, on it, and after it."""
    days = (STRING_DAY - DAY, STRING_DAY, STRING_DAY + DAY)
    return [Standing(purpose=purpose, source=source, choice=choice, effective_at=day) for day in days]


NOES = [
    *_at(PURPOSE, "explicit", "withdrawn"),
    *_at("ads", "explicit", "objected"),
    *_at("*", "gpc", "opt_out_signal"),
    *_at(PURPOSE, "tcf", "refused"),
    *_at(PURPOSE, "gpp:2", "refused"),
    *_at(PURPOSE, "usp", "opted_out"),
]
YESES = [*_at(PURPOSE, "explicit", "granted"), *_at(PURPOSE, "tcf", "granted")]


def list_worlds(*, most: int = 2, where: tuple[Where, ...] = (GERMANY, CALIFORNIA)) -> Iterator[World]:
    """Yield every world with at most `most` choices on record."""
    atoms = [*NOES, *YESES]
    records = [record for size in range(most + 1) for record in combinations(atoms, size)]
    for tcf, gpc, sale, place, record in product(
        ("", "yes", "no"), (False, True), (None, 1, 2), where, records
    ):
        yield World(tcf, gpc, sale, record, place)
