"""The page of choices as values: what is offered, what stands, and how it is grouped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from consent.portal.preferences import policy
from consent.portal.preferences.pages.heard import Heard, StringNote, read_heard
from consent.portal.preferences.pages.notices import Notice
from consent.portal.preferences.pages.offers import Offer, Way, list_offers
from consent.portal.preferences.pages.person import Person, read_person
from consent.portal.preferences.pages.places import Document
from consent.portal.preferences.pages.states import Because, Says, Standing, find_standing
from consent.portal.types import Visitor

CHANNELS = ("email", "sms", "phone", "post", "push")
"""Ways to reach somebody, as the second word of a purpose: `marketing.email.newsletter`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One purpose with what stands."""

    offer: Offer
    standing: Standing
    covers: tuple[str, ...]
    """What the other purposes are called that a no here covers, too."""
    requires: tuple[str, ...]
    """What the purposes are called without a yes to which this one is not done."""
    above: str
    """What the purpose is called at which an inherited no was said; empty if it is not named."""
    conflicts: bool
    """Whether a yes is in conflict with what the browser asks: the page says so."""
    string: StringNote | None = None
    """What a consent string of a site had to do with what stands."""

    @property
    def is_on(self) -> bool:
        """Whether it is done, as far as the person has a say in it."""
        goes_on = self.offer.way is not Way.ASKED and self.standing.says is not Says.NO
        return goes_on or self.standing.says is Says.YES

    @property
    def says_yes(self) -> bool:
        """Whether the person's own yes is what was said last."""
        return self.standing.says in {Says.YES, Says.WAITING}

    @property
    def says_no(self) -> bool:
        """Whether a no stands."""
        return self.standing.says is Says.NO

    @property
    def token(self) -> str:
        """What the row's buttons send: the purpose, and what the person was shown of it."""
        return f"{self.offer.slug} {self.offer.shown}{'c' if self.conflicts else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of one channel, or those of a group that are of none."""

    channel: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that belong together by the first word of their purposes."""

    slug: str
    title: str
    """As the policy calls it; empty if it does not."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """All that the page of choices says of a visitor."""

    controller: str
    document: Document
    person: Person
    rows: tuple[Row, ...]
    always: tuple[Offer, ...]
    tops: tuple[str, ...]
    is_signalled: bool

    def groups(self) -> Iterator[Group]:
        """Yield the rows in their groups."""
        for slug, rows in groupby(self.rows, key=lambda row: row.offer.slug.partition(".")[0]):
            parts = groupby(rows, key=lambda row: _channel(row.offer.slug))
            declared = self.document["purposes"].get(slug, {})
            yield Group(
                slug=slug,
                title=declared.get("title", ""),
                parts=tuple(Part(channel=channel, rows=tuple(found)) for channel, found in parts),
            )

    def notices(self) -> tuple[Notice, ...]:
        """Return each notice that the choices rest on, once."""
        found = (row.offer.notice for row in self.rows)
        return tuple({(one.key, one.version): one for one in found if one}.values())

    def find(self, slug: str) -> Row | None:
        """Return the row of a purpose; None if it is not offered."""
        return next((row for row in self.rows if row.offer.slug == slug), None)

    @property
    def all_said_at(self) -> datetime | None:
        """When the person said no to all, if that stands for something here."""
        times = [
            row.standing.at
            for row in self.rows
            if row.standing.because is Because.ALL and row.standing.at is not None
        ]
        return max(times, default=None)

    @property
    def taken_away(self) -> tuple[Row, ...]:
        """What only the no to all keeps off: what an undo brings back."""
        return tuple(
            row
            for row in self.rows
            if row.standing.because is Because.ALL
            and row.says_no
            and (row.standing.earlier_yes_at or row.offer.way is not Way.ASKED)
        )

    @property
    def spared(self) -> tuple[Row, ...]:
        """What a no to all does not speak of: uses that rest on an interest or a task, and market nothing."""
        return tuple(
            row for row in self.rows if not any(policy.covers(top, row.offer.slug) for top in self.tops)
        )

    @property
    def is_opted_out(self) -> bool:
        """Whether nothing that is a sale or a sharing is done."""
        sales = [row for row in self.rows if row.offer.heeds_signal]
        return bool(sales) and all(row.says_no for row in sales)


def open_choices(visitor: Visitor, *, language: str, is_signalled: bool, at: datetime) -> Opened:
    """Return what the page says at `at`."""
    document = policy.get_document(at=at)
    person = read_person(visitor, heeding=policy.heeds_signals(document), at=at)
    offers = list_offers(
        document, controller=visitor.controller, places=person.places, language=language, at=at
    )
    chosen, tops = [one for one in offers if one.is_chosen], policy.find_tops(document, visitor.controller)
    standings = {one.slug: find_standing(one, person.choices, tops=tops, at=at) for one in chosen}
    titles = {one.slug: one.title for one in offers}
    heard = read_heard(person, standings.values(), controller=visitor.controller)
    return Opened(
        controller=policy.list_controllers(document).get(visitor.controller, visitor.controller),
        document=document,
        person=person,
        rows=tuple(
            _row(one, _with_yes(standings[one.slug], one, person), chosen, titles, is_signalled, heard)
            for one in chosen
        ),
        always=tuple(one for one in offers if not one.is_chosen),
        tops=tops,
        is_signalled=is_signalled,
    )


def _with_yes(standing: Standing, offer: Offer, person: Person) -> Standing:
    """Return a signal's no with the yes that it took the place of."""
    before = person.yeses_before.get(offer.slug)
    if standing.because is not Because.SIGNAL or before is None:
        return standing
    return replace(standing, earlier_yes_at=before)


def _row(
    offer: Offer,
    standing: Standing,
    chosen: Sequence[Offer],
    titles: Mapping[str, str],
    is_signalled: bool,
    heard: Heard,
) -> Row:
    below = (one.title for one in chosen if one.slug.startswith(f"{offer.slug}."))
    return Row(
        offer=offer,
        standing=standing,
        covers=tuple(below),
        requires=tuple(titles[slug] for slug in offer.requires if slug in titles),
        above=titles.get(standing.above, ""),
        conflicts=offer.heeds_signal and (is_signalled or standing.because is Because.SIGNAL),
        string=heard.find(offer.slug, standing),
    )


def _channel(slug: str) -> str:
    words = slug.split(".")
    return words[1] if len(words) > 1 and words[1] in CHANNELS else ""
