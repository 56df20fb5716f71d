"""The words of the consent-check API: the one reader of its requests, and the one writer of its answers.

Pure: the web process and the check server both read and write by it, so that they cannot differ.
"""

from activation.checks.wire.answers import (
    MEDIA_TYPE,
    answer_check,
    answer_checks,
    answer_error,
    answer_evaluation,
    answer_evaluations,
    answer_search,
    is_last,
    write_answer,
    write_time,
)
from activation.checks.wire.batches import MAX_CHECKS_BYTES, MAX_SUBJECTS, read_checks
from activation.checks.wire.errors import (
    BodyTooLarge,
    ExplainNotPermitted,
    Fault,
    MalformedRequest,
    ShadowNotPermitted,
    TooManyItems,
)
from activation.checks.wire.evaluations import (
    MAX_EVALUATION_BYTES,
    MAX_EVALUATIONS,
    MAX_EVALUATIONS_BYTES,
    read_action_search,
    read_evaluation,
    read_evaluations,
    read_resource_search,
    read_subject_search,
)
from activation.checks.wire.refusals import (
    decide_nobody,
    read_normalised,
    refuse_unpermitted,
    register_for,
)
from activation.checks.wire.request_id import HEADER, read_request_id
from activation.checks.wire.types import (
    Asked,
    AskedBatch,
    AskedMany,
    AskedPage,
    AskedSearch,
    Checked,
    Data,
    ItemError,
    SearchPage,
    Semantic,
)

__all__ = [
    "HEADER",
    "MAX_CHECKS_BYTES",
    "MAX_EVALUATIONS",
    "MAX_EVALUATIONS_BYTES",
    "MAX_EVALUATION_BYTES",
    "MAX_SUBJECTS",
    "MEDIA_TYPE",
    "Asked",
    "AskedBatch",
    "AskedMany",
    "AskedPage",
    "AskedSearch",
    "BodyTooLarge",
    "Checked",
    "Data",
    "ExplainNotPermitted",
    "Fault",
    "ItemError",
    "MalformedRequest",
    "SearchPage",
    "Semantic",
    "ShadowNotPermitted",
    "TooManyItems",
    "answer_check",
    "answer_checks",
    "answer_error",
    "answer_evaluation",
    "answer_evaluations",
    "answer_search",
    "decide_nobody",
    "is_last",
    "read_action_search",
    "read_checks",
    "read_evaluation",
    "read_evaluations",
    "read_normalised",
    "read_request_id",
    "read_resource_search",
    "read_subject_search",
    "refuse_unpermitted",
    "register_for",
    "write_answer",
    "write_time",
]
