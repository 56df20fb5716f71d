"""Asks lanes what the engine is asked, and tells where their answers differ."""

from dataclasses import replace
from datetime import datetime

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from activation.snapshots.compact.general import decode_general, encode_general
from activation.snapshots.compact.refs import pack_ref
from activation.snapshots.compact.states import encode_state
from activation.snapshots.compact.times import to_micros
from activation.snapshots.compact.tokens import MOST_TOKENS, Token
from activation.snapshots.lanes.lane import Unsettled
from activation.snapshots.lanes.world import World


class MemoryDictionary:
    """A dictionary of tokens in memory."""

    def __init__(self, *, most: int = MOST_TOKENS) -> None:
        self.most = most
        self.tokens: list[Token] = []
        self.numbers: dict[Token, int] = {}

    def number_of(self, token: Token) -> int | None:
        if token not in self.numbers and len(self.tokens) < self.most:
            self.numbers[token] = len(self.tokens)
            self.tokens.append(token)
        return self.numbers.get(token)

    def token(self, number: int) -> Token:
        return self.tokens[number]


class Lanes:
    """The lanes under one policy and register, with a dictionary that all share."""

    def __init__(self, policy: CompiledPolicy, register: Register) -> None:
        self.policy, self.register = policy, register
        self.dictionary = MemoryDictionary()
        self.world = World(policies=[policy], register=register, dictionary=self.dictionary)

    def answer(self, state: SubjectState, question: Question, at: datetime) -> Decision | None:
        """Return the lane's answer; None if it leaves the question to the ledger."""
        now = to_micros(at)
        lane = self.world.segment(now).lane(question)
        try:
            if not state.asked:
                outcome, times = lane.nobody(now)
            elif len(state.asked) > 1:
                text = encode_general(state.members, state.links)
                outcome, times = lane.answer_state(decode_general(text, asked=state.asked), now)
            else:
                [ref] = state.asked
                outcome, times = lane.answer(pack_ref(ref), encode_state(state, self.dictionary), now)
        except Unsettled:
            return None
        return outcome.to_decision(times, watermark=state.watermark)

    def difference(self, state: SubjectState, question: Question, at: datetime) -> str:
        """Return how the lane's answer differs from the engine's; empty if it does not."""
        ours = self.answer(state, question, at)
        theirs = replace(decide(self._policy_at(at), self.register, state, question, at), record_id=None)
        return "" if ours in (None, theirs) else f"\n{ours}\nis not\n{theirs}\nfor {state}\nat {at}"

    def _policy_at(self, at: datetime) -> CompiledPolicy:
        """Return what `get_policy_in_force` finds: nothing before the policy takes effect."""
        return self.policy if self.policy.in_force_from <= at else NO_POLICY


def is_about_now(question: Question, state: SubjectState) -> bool:
    """Return whether lanes answer such a question: not about the past, and not about freshness."""
    unasked = (question.as_of, question.known_at, question.max_staleness, question.at_least)
    return unasked == (None,) * 4 and state.available
