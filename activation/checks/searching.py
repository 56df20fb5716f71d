"""Searches: who, where and for what a question would be answered with yes. Each page rests on one view."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from activation.checks.deciding import load_states, name_controller, open_token
from activation.checks.page_tokens import Cursor, MalformedPageToken, read_cursor, sign_cursor
from activation.checks.wire.refusals import read_normalised, register_for
from activation.checks.wire.types import AskedSearch, Data, SearchPage
from activation.decisions.engine import decide
from activation.decisions.reasons import Effect
from activation.decisions.types import Question, SubjectState
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.subjects.types import Identifier

MAX_RESULTS = 1_000
"""How many results a page holds at most, and if the caller names no limit."""

Candidates = Iterable[tuple[str, Sequence[Data]]]
"""Each candidate's key, in order, with the results it comes to: none if it is denied."""


@dataclass(frozen=True, slots=True)
class Search:
    """One page's question, and the view that it is answered from."""

    name: str
    asked: AskedSearch
    question: Question
    snapshot: Snapshot
    cursor: Cursor
    at: datetime

    def allows(self, state: SubjectState, question: Question) -> bool:
        """Return whether `question` about the person is answered with yes."""
        register = register_for(self.snapshot.register, question.destination, self.asked.resource_type)
        decision = decide(self.snapshot.policy, register, state, question, self.at)
        return decision.effect is Effect.ALLOW

    def answer(self, results: Sequence[Data], following: Cursor | None) -> SearchPage:
        """Return the page; `following` is where the next one begins, None if there is none."""
        policy, question = self.snapshot.policy, self.question
        token = ""
        if following is not None:
            entities = self.asked.entities
            token = sign_cursor(following, search=self.name, entities=entities, digest=policy.digest)
        return SearchPage(
            results=tuple(results),
            next_token=token,
            policy_version=policy.version,
            policy_digest=policy.digest,
            watermark=self.snapshot.watermark,
            historic=question.as_of is not None or question.known_at is not None,
        )


@contextmanager
def open_search(name: str, asked: AskedSearch, at: datetime) -> Iterator[Search]:
    """Give the question with everything that one page of its answer is made from.

    :raises ControllerMissing: if the policy has several controllers and the question names none.
    :raises MalformedToken: if no write of ours answered with the token.
    :raises MalformedPageToken: if the page token is not of this search.
    :raises PageTokenOutdated: if another policy is in force by now.
    """
    with open_snapshot(at=asked.question.as_of or at) as snapshot:
        question = open_token(name_controller(asked.question, snapshot), asked.token)
        cursor = _find_cursor(name, asked, snapshot.policy.digest)
        yield Search(name, asked, question, snapshot, cursor, at)


def search_resources(*, asked: AskedSearch, at: datetime) -> SearchPage:
    """Return a page of the destinations that the person's data may go to; raises as `open_search` does."""
    with open_search("resource", asked, at) as search:
        register, wanted = search.snapshot.register, asked.resource_type
        slugs = [slug for slug, entry in register.items() if entry.resource_type == wanted]
        questions = {slug: replace(search.question, destination=slug) for slug in slugs}
        allowed = _list_allowed(search, questions)
        found = ((slug, [{"type": wanted, "id": slug}] if yes else []) for slug, yes in allowed)
        return search.answer(*fill(found, search.cursor))


def search_actions(*, asked: AskedSearch, at: datetime) -> SearchPage:
    """Return a page of the purposes that are allowed; raises as `open_search` does."""
    with open_search("action", asked, at) as search:
        purposes = search.snapshot.policy.purposes
        questions = {slug: replace(search.question, purpose=slug) for slug in purposes}
        allowed = _list_allowed(search, questions)
        found = ((slug, [{"name": slug}] if yes else []) for slug, yes in allowed)
        return search.answer(*fill(found, search.cursor))


def fill(candidates: Candidates, cursor: Cursor) -> tuple[list[Data], Cursor | None]:
    """Return as many results as a page holds, and where to go on; None if the candidates ran out first."""
    found: list[Data] = []
    after, skip = cursor.after, cursor.skip
    for key, results in candidates:
        fresh, room = results[skip:], cursor.limit - len(found)
        found += fresh[:room]
        if len(fresh) > room:
            return found, Cursor(after, skip + room, cursor.limit)
        after, skip = key, 0
    return found, None


def _list_allowed(search: Search, questions: dict[str, Question]) -> Iterator[tuple[str, bool]]:
    """Yield the keys of `questions` behind the cursor, in order, each with whether it is allowed."""
    identifier = search.asked.identifier and read_normalised(search.asked.identifier)
    if not isinstance(identifier, Identifier):
        return  # it leads to nobody
    [state] = load_states(search.snapshot, [[identifier]])
    for key in sorted(questions):
        if key > search.cursor.after:
            yield key, search.allows(state, questions[key])


def _find_cursor(name: str, asked: AskedSearch, digest: str) -> Cursor:
    limit = None if asked.page.limit is None else min(asked.page.limit, MAX_RESULTS)
    if asked.page.token is None:
        return Cursor(limit=MAX_RESULTS if limit is None else limit)
    cursor = read_cursor(asked.page.token, search=name, entities=asked.entities, digest=digest)
    if limit not in {None, cursor.limit}:
        raise MalformedPageToken("the limit must stay as it was on the first page")
    return cursor
