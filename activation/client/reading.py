"""Reading the service's answer to a batch. What is not just as it should be is no answer."""

import re
from typing import Any

from activation.client.answers import Answer, Source, judge
from activation.client.errors import QuestionRefused, ServiceUnavailable
from activation.decisions.types import Obligation
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.times import read_time

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_OBLIGATION = {"kind", "field", "value"}
_EFFECTS = {"allow": True, "deny": False}


def read_answers(status: int, body: bytes, *, count: int, honours: frozenset[str]) -> list[Answer]:
    """Return one answer for each of the `count` subjects asked about.

    :raises QuestionRefused: if the service refused the question.
    :raises ServiceUnavailable: if it failed, or answered anything that is no whole answer.
    """
    value = _load(body)
    if 400 <= status < 500 and _CODE.fullmatch(str(value.get("code"))):
        raise QuestionRefused(value["code"])
    results, watermark = value.get("results"), value.get("watermark")
    if status != 200 or value.get("historic") is not False or "advisory" in value:
        raise ServiceUnavailable("the service did not answer the question")
    if not isinstance(results, list) or len(results) != count or type(watermark) is not int:
        raise ServiceUnavailable("the answer is not one for each subject")
    return [_read(result, watermark, honours) for result in results]


def _load(body: bytes) -> dict[str, Any]:
    try:
        value = canonical.loads(body)
    except AccordantError as error:
        raise ServiceUnavailable("the answer is no JSON") from error
    if not isinstance(value, dict):
        raise ServiceUnavailable("the answer is no object")
    return value


def _read(result: Any, watermark: int, honours: frozenset[str]) -> Answer:
    """Return one subject's answer.

    :raises ServiceUnavailable: if a member is missing or malformed: an obligation could be among them.
    """
    try:
        effect, reason, until = _EFFECTS[result["effect"]], result["reason"], result["valid_until"]
        obligations = [_read_obligation(one) for one in result["obligations"]]
    except (KeyError, TypeError) as error:
        raise ServiceUnavailable("an answer lacks what every answer has") from error
    ends_at = None if until is None else read_time(until) if type(until) is str else None
    if type(reason) is not str or "advisory" in result or (until is not None and ends_at is None):
        raise ServiceUnavailable("an answer is not as answers are")
    verdict = judge(allowed=effect, reason=reason, obligations=obligations, honours=honours)
    return Answer(*verdict, watermark, Source.SERVICE, ends_at)


def _read_obligation(value: Any) -> Obligation:
    if (
        not isinstance(value, dict)
        or value.keys() != _OBLIGATION
        or not all(type(text) is str for text in value.values())
    ):
        raise TypeError("an obligation has a kind, a field and a value")
    return Obligation(value["kind"], value["field"], value["value"])
