"""What a change of each field of a rule does, in words for a privacy officer."""

from collections.abc import Callable, Mapping

from consent.policies.diff.field_words import gained, lost
from consent.policies.diff.names import BASES, Names, listed, period
from consent.policies.diff.orders import treated
from consent.policies.diff.people import OLDEST, UNKNOWN_AGE, effect_at
from consent.policies.diff.rule_fields import Pair, asks_for_a_yes

_SIGNS = {"eq": "is", "ne": "is not", "in": "is one of", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}
_EFFECTS = {
    "guardian": "a guardian must have said yes",
    "own_consent": "they must have said yes themselves, or a guardian for them",
    "barred": "nobody may be included",
    "": "the rule's own basis holds",
}

_SIGNALS = {"tcf": "TCF string", "gpp": "GPP string", "usp": "US Privacy string"}
"""What each kind of string is called in sentences."""


def words_of(pair: Pair, name: str, names: Names) -> str:
    """Return the sentence on the field `name`, which differs."""
    return _WORDS[name](pair, names)


def _basis(pair: Pair, names: Names) -> str:
    old, new = pair.both("basis")
    where, use = names.places(pair.after["jurisdictions"]), names.uses(pair.after["purposes"])
    if old == "consent" and new == "opt_out":
        return (
            f"Without a no, people in {where} may now be included in {use}: before, only those who said yes."
        )
    return f"In {where}, {use} may now reach {BASES[new]}; before, {BASES[old]}."


def _direct_marketing(pair: Pair, _: Names) -> str:
    if pair.after.get("direct_marketing"):
        return "Every no now counts, whatever the basis, and no objection can be overruled."
    return "It is no longer marked as direct marketing: an objection can be overruled with a ground."


def _validity(pair: Pair, _: Names) -> str:
    old, new = map(period, pair.both("validity"))
    return f"A yes lasts {new}; before, {old}."


def _double_opt_in(pair: Pair, _: Names) -> str:
    if pair.after.get("double_opt_in"):
        words = "A yes now counts only once it was confirmed."
        again = " Where a later yes was not confirmed, an earlier one that was confirmed speaks again."
        return words + (again if asks_for_a_yes(pair.before) else "")
    return "A yes counts without being confirmed, and the latest one speaks, confirmed or not."


def _notice(pair: Pair, names: Names) -> str:
    old, new = pair.both("notice")
    if new is None:
        return "A yes counts whatever notice it was given on."
    title, version = names.title("notices", new["key"]), new["oldest_version"]
    if old is None:
        return f"A yes counts only if it was given on {title}, version {version} or later."
    if old["key"] != new["key"]:
        return f"A yes must have been given on {title}; before, on {names.title('notices', old['key'])}."
    if version > old["oldest_version"]:
        earlier = _versions(old["oldest_version"], version - 1)
        return f"A yes given on {earlier} of {title} no longer counts: these people must be asked again."
    return f"A yes given on {_versions(version, old['oldest_version'] - 1)} of {title} now counts too."


def _versions(first: int, last: int) -> str:
    return f"version {first}" if first == last else f"versions {first} to {last}"


def _age(pair: Pair, _: Names) -> str:
    spans: list[tuple[int, int, str, str]] = []
    for age in (UNKNOWN_AGE, *range(OLDEST + 1)):
        old, new = effect_at(pair.before, age), effect_at(pair.after, age)
        if old == new:
            continue
        if spans and spans[-1][1:] == (age - 1, old, new) and age > 0:
            spans[-1] = (spans[-1][0], age, old, new)
        else:
            spans.append((age, age, old, new))
    if not spans:
        return "Ages are written in another way, and ask for the same."
    return " ".join(_span(*span) for span in spans)


def _span(first: int, last: int, old: str, new: str) -> str:
    who = f"For people of {first}" + (f" to {last}" if last > first else "")
    if first == UNKNOWN_AGE:
        who = "For people whose age is not known"
    return f"{who}: {_EFFECTS[new]}; before, {_EFFECTS[old]}."


def _data_categories(pair: Pair, names: Names) -> str:
    old, new = pair.both("data_categories", ())
    sentences = []
    if more := gained(old, new):
        sentences.append(f"{names.titles('data_categories', more)} may now be used too.")
    if fewer := lost(old, new):
        taken = names.titles("data_categories", fewer)
        sentences.append(f"{taken} may no longer be used: a question that includes it is denied.")
    return " ".join(sentences)


def _special_condition(pair: Pair, _: Names) -> str:
    old, new = pair.both("special_condition")
    if bool(old) == bool(new):
        return f"The condition for special categories is now called {new}; before, {old}."
    if new:
        return f"Special categories may be used without an explicit yes, under {new}."
    return f"Special categories now need an explicit yes; before, they were used under {old}."


def _transfer_countries(pair: Pair, names: Names) -> str:
    old, new = pair.both("transfer_countries", ())
    if "*" in new:
        return f"Data may go to any country; before, to {names.places(old)} only."
    if "*" in old:
        return f"Data may go to {names.places(new)} only; before, to any country."
    sentences = []
    if more := gained(old, new):
        sentences.append(f"Data may now go to {names.places(more)} too.")
    if fewer := lost(old, new):
        sentences.append(f"{names.places(fewer)} is no longer named as a place that data may go to.")
    return " ".join(sentences)


def _conditions(pair: Pair, _: Names) -> str:
    old, new = (
        [f"{one['property']} {_SIGNS[one['operator']]} {_value(one['value'])}" for one in listing]
        for listing in pair.both("conditions", ())
    )
    more, fewer = gained(old, new), lost(old, new)
    sentences = [f"A request must now meet: {listed(more)}." if more else ""]
    sentences.append(f"No longer asked: {listed(fewer)}." if fewer else "")
    return " ".join(filter(None, sentences)) or "Conditions are written in another way."


def _value(value: object) -> str:
    return " / ".join(map(_value, value)) if isinstance(value, list) else str(value)


def _signals(pair: Pair, _: Names) -> str:
    if "gpc" in pair.after.get("signals", ("gpc",)):
        return "A browser's opt-out signal (Global Privacy Control) now counts as a no."
    return "A browser's opt-out signal (Global Privacy Control) is no longer honoured."


def _assessment(pair: Pair, _: Names) -> str:
    old, new = (text or "none" for text in pair.both("assessment"))
    return f"It rests on the assessment {new}; before, {old}. No answer changes by that."


def _unknown_subject(pair: Pair, _: Names) -> str:
    now = pair.after.get("unknown_subject", "deny") == "allow"
    return f"People of whom nothing is known are {'no longer denied for that' if now else 'now denied'}."


def _survives(pair: Pair, name: str, what: str) -> str:
    if pair.after.get(name):
        return f"It now holds {what} too."
    return f"It no longer holds {what}."


def _obligations(pair: Pair, _: Names) -> str:
    old, new = pair.both("obligations", {})
    before, after = treated(old), treated(new)
    how = {0: "sent as it is", 1: "sent as a digest", 2: "left out"}
    sentences = [
        f"{column} is now {how[after.get(column, 0)]}; before, {how[before.get(column, 0)]}."
        for column in sorted({*before, *after})
        if before.get(column, 0) != after.get(column, 0)
    ]
    sentences += [
        f"{column} is now set to {value!r}." if value is not None else f"{column} is no longer set."
        for column, value in sorted(_resettings(old.get("set", {}), new.get("set", {})).items())
    ]
    sentences += [
        f"{column} now carries the person's {_SIGNALS[kind]}; whoever has none that holds is not sent."
        if kind is not None
        else f"{column} no longer carries a string of the person's."
        for column, kind in sorted(_resettings(old.get("signal", {}), new.get("signal", {})).items())
    ]
    return " ".join(sentences) or "Obligations are written in another way."


def _resettings(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str | None]:
    return {column: new.get(column) for column in {*old, *new} if old.get(column) != new.get(column)}


_WORDS: Mapping[str, Callable[[Pair, Names], str]] = {
    "basis": _basis,
    "direct_marketing": _direct_marketing,
    "validity": _validity,
    "double_opt_in": _double_opt_in,
    "notice": _notice,
    "age": _age,
    "data_categories": _data_categories,
    "special_condition": _special_condition,
    "transfer_countries": _transfer_countries,
    "conditions": _conditions,
    "signals": _signals,
    "assessment": _assessment,
    "unknown_subject": _unknown_subject,
    "survives_erasure": lambda pair, _: _survives(pair, "survives_erasure", "after an erasure"),
    "survives_restriction": lambda pair, _: _survives(
        pair, "survives_restriction", "while processing is restricted"
    ),
    "obligations": _obligations,
}
