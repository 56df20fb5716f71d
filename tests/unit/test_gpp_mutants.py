"""Bugs planted in the codec of GPP strings: the tests' own checks must see each of them."""

from collections.abc import Callable

import pytest

from consent.signals import gpp
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.gpp import fibonacci, header, padding, segments
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.kinds import TwoBitList, Whole
from consent.signals.gpp.quick import TwoBits
from consent.signals.gpp.sections import SectionCodec
from consent.signals.gpp.vendors import Restrictions, Vendors
from consent.signals.intervals import IdSet
from tests.unit.test_gpp_refusals import BAD, SHORT, changes_of, faithful

Plant = Callable[[pytest.MonkeyPatch], None]
SOME = 5
"""One in so many changes is enough to see a bug."""
CHECKED = ("7-1", "8-1", "25-1", "canada", "two")


def flaws() -> list[str]:
    """Return what is wrong with texts that are correct, changed in one character, or bad."""
    correct = [name for name in CHECKED if not _is_read(SHORT[name])]
    texts = [text for name in CHECKED for text in list(changes_of(SHORT[name]))[::SOME]]
    changed = [text for text in texts if not _is_right(text)]
    return [*correct, *changed, *(name for name in BAD if not _is_refused(*BAD[name]))]


def _is_read(text: str) -> bool:
    try:
        return gpp.encode(gpp.decode(text)) == text
    except MalformedSignal:
        return False


def _is_right(text: str) -> bool:
    try:
        return faithful(text)
    except (KeyError, AttributeError, IndexError, TypeError):
        return False


def _is_refused(text: str, reason: str, position: int) -> bool:
    try:
        gpp.decode(text)
    except MalformedSignal as error:
        return (error.fault.reason, error.fault.position) == (reason, position)
    return False


def _leave_out(reason: str) -> Plant:
    """Return what makes readers pass over a reason to refuse."""
    ignore = Cursor.ignore

    def plant(patch: pytest.MonkeyPatch) -> None:
        def without(self: Cursor, found: str, detail: str, bit: int | None = None) -> None:
            if found != reason:
                ignore(self, found, detail, bit)

        patch.setattr(Cursor, "ignore", without)
        header._read_known.cache_clear()

    return plant


def _fill_what_is_cut(patch: pytest.MonkeyPatch) -> None:
    def take(self: Cursor, width: int) -> str:
        taken = self.bits[self.at : self.at + width]
        self.at = min(self.at + width, len(self.bits))
        return taken.ljust(width, "0")

    patch.setattr(Cursor, "take", take)
    header._read_known.cache_clear()


def _read_any_number(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Whole, "read", lambda self, cursor: cursor.number(self.bits))


def _read_any_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TwoBitList, "read", lambda self, cursor: tuple(map(int, cursor.take(2 * self.count)[::2])))


def _take_any_length(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(padding, "lengths", lambda _: range(99_999))
    header._read_known.cache_clear()


def _forget_where_it_stands(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Fault, "at", lambda self, _: self)


def _place_one_too_far(patch: pytest.MonkeyPatch) -> None:
    fault = Cursor.fault
    patch.setattr(Cursor, "fault", lambda self, *told: fault(self, *told).at(1))
    header._read_known.cache_clear()


def _count_groups_short(patch: pytest.MonkeyPatch) -> None:
    number = fibonacci.from_codeword
    patch.setattr(fibonacci, "from_codeword", lambda bits: max(1, number(bits) - 1))


def _read_whole_without_care(patch: pytest.MonkeyPatch) -> None:
    read = TwoBits.read
    patch.setattr(TwoBits, "read", lambda self, text: read(self, text[:7] + "A" + text[8:]))


def _lose_restrictions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Restrictions, "read", lambda _, cursor: cursor.take(12) and ())


def _lose_the_last_vendor(patch: pytest.MonkeyPatch) -> None:
    read = Vendors.read

    def without_last(self: Vendors, cursor: Cursor) -> object:
        ids = read(self, cursor)
        return IdSet.of(list(ids)[:-1]) if isinstance(ids, IdSet) else ids

    patch.setattr(Vendors, "read", without_last)


def _take_every_version(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SectionCodec, "_version", lambda *_: 1)


def _write_without_filling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(segments, "to_text", lambda bits: padding.to_text(bits)[:-2])


MUTANTS: dict[str, Plant] = {
    "a one behind the last field is passed over": _leave_out("not_zero_padding"),
    "zeros behind the last field are passed over": _leave_out("overlong"),
    "ids that touch and longer forms are passed over": _leave_out("not_shortest"),
    "a wrong highest id is passed over": _leave_out("wrong_maximum"),
    "what is cut off is taken for zeros": _fill_what_is_cut,
    "any number is read": _read_any_number,
    "any list is read": _read_any_list,
    "any length is taken": _take_any_length,
    "places are those of the part": _forget_where_it_stands,
    "places are one too far": _place_one_too_far,
    "groups are counted short": _count_groups_short,
    "a segment is read whole without its eighth character": _read_whole_without_care,
    "restrictions are lost": _lose_restrictions,
    "the last vendor is lost": _lose_the_last_vendor,
    "every version is read as the first": _take_every_version,
    "the last characters are not written": _write_without_filling,
}


def test_without_a_bug_nothing_is_seen() -> None:
    assert flaws() == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        MUTANTS[name](patch)
        seen = flaws()
    header._read_known.cache_clear()

    assert seen
