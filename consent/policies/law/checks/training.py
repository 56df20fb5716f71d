"""Do third parties train models only on people whose notice named them?"""

from collections.abc import Iterator
from dataclasses import dataclass

from consent.policies.law.case import PolicyCase, RuleCase, spoken, warn
from consent.policies.law.topics import is_under
from consent.policies.types import PolicyWarning

UNNAMED_TRAINER = "unnamed_trainer"

_TRAINING = "train_ai_system"
"""The fideslang data use of training."""
_BY_HABIT = "ml.training"
"""What such a purpose is called, whatever its data use."""


@dataclass(frozen=True, slots=True)
class _Guidance:
    """What the table has no row for, because it holds wherever somebody relies on it."""

    citation: str = "Regulation (EU) 2016/679 Art. 13(1)(e); EDPB Guidelines 05/2020 par. 65"
    check_before_use: bool = True


def find_unnamed_trainers(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each rule that lets third parties train on people whose notice need not name them.

    Whether a notice names the recipient is looked at on the basis consent alone (DESIGN section 4, row 14).
    On consent without a notice of its own, a notice that names it in another matter will do.
    """
    for rule in case.rules:
        training = tuple(slug for slug in rule.purposes if _is_training(case, slug))
        trainers = list(_third_parties(case, training))
        if not trainers or (rule.asks_consent and "notice" in rule.entry):
            continue
        who = f"{', '.join(training)} at {', '.join(trainers)}, as third party"
        if rule.asks_consent:
            yield _warning(rule, "notice", f"found no notice for {who}; {_ANY_NOTICE}", training, trainers)
        else:
            found = f"found {spoken(rule.basis)} for {who}; {_NO_NOTICE}"
            yield _warning(rule, "basis", found, training, trainers)


_NO_NOTICE = (
    "only on the basis consent is it looked at whether people's notice names the recipient: ask for consent,"
    " on a notice that names it, or let it train as processor"
)
_ANY_NOTICE = (
    "a consent given on any notice that names the recipient will do, even one that does not speak of"
    " training: name the notice that does"
)


def _is_training(case: PolicyCase, slug: str) -> bool:
    return is_under(case.purpose(slug)["data_use"], _TRAINING) or is_under(slug, _BY_HABIT)


def _third_parties(case: PolicyCase, purposes: tuple[str, ...]) -> Iterator[str]:
    """Yield the third parties that may get data for any of `purposes`."""
    for slug, entry in sorted(case.document["destinations"].items()):
        if entry["role"] == "third_party" and not set(purposes).isdisjoint(entry["purposes"]):
            yield slug


def _warning(
    rule: RuleCase, field: str, message: str, training: tuple[str, ...], trainers: list[str]
) -> PolicyWarning:
    return warn(
        UNNAMED_TRAINER,
        rule.rule_id,
        rule.path(field),
        message,
        rows=[_Guidance()],
        facts=[rule.basis, training, trainers],
    )
