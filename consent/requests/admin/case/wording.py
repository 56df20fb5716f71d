"""What steps do, in words."""

from consent.requests.types import StepAction

ACTION_WORDS = {
    StepAction.COLLECT: "collect the person's data",
    StepAction.RECTIFY: "correct the person's data",
    StepAction.RESTRICT: "mark the person's data as restricted",
    StepAction.ERASE: "erase the person's data",
    StepAction.VERIFY_GONE: "ask again what is still there",
    StepAction.RECORD: "record the choice in the ledger",
    StepAction.TELL_RECIPIENTS: "tell the recipients",
    StepAction.DESTROY_KEYS: "destroy the keys of the ledger's private parts",
    StepAction.ASSESS: "look into it, and answer",
}
