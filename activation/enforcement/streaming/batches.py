"""From a batch of events to what leaves: read each, decide all by one moment, write each."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Message

from activation.enforcement.streaming.deciding import Answer, Decider
from activation.enforcement.streaming.events import Person, PersonReader, Unusable, read_event
from activation.enforcement.streaming.holding import ToldPeople, members_of
from activation.enforcement.streaming.outgoing import Outgoing, Writer
from activation.enforcement.streaming.readiness import Basis
from activation.enforcement.streaming.tally import Place, Tally
from activation.enforcement.streaming.types import EventFault

logger = logging.getLogger(__name__)


class Batcher:
    """Decides batches. An event that cannot be dealt with is denied; none stops the others."""

    def __init__(
        self,
        *,
        people: PersonReader,
        decider: Decider,
        writer: Writer,
        told: ToldPeople,
        is_followed: bool,
        refused: Mapping[Place, EventFault],
    ) -> None:
        """Take the parts. `is_followed`: somebody is to be told whom the stream sends.

        `refused` are events that the brokers did not take when they were allowed.
        """
        self._people, self._decider, self._writer, self._told = people, decider, writer, told
        self._refused, self._is_followed = refused, is_followed

    def work(
        self, basis: Basis, messages: Sequence[Message], tally: Tally
    ) -> Iterator[tuple[int, Place, Outgoing]]:
        """Yield what leaves for each message, its partition and place with it, and count it.

        :raises NotReady: if some people cannot be decided now; then nothing was yielded.
        """
        read = [self._read(message) for message in messages]
        answers = iter(
            self._decider.decide(basis, [one[1] for one in read if not isinstance(one, EventFault)])
        )
        tally.rest_on(basis)
        for message, one in zip(messages, read, strict=True):
            place = (message.partition() or 0, message.offset() or 0)
            if isinstance(one, EventFault):
                answer = self._decider.fault(basis, one)
            else:
                event, person = one
                answer = next(answers)
                if answer.allowed:
                    try:
                        outgoing = self._allow(message, event, person, answer, place, tally)
                    except Unusable as unusable:
                        answer = self._decider.fault(basis, unusable.fault)
                    else:
                        tally.allow(answer)
                        yield place[0], place, outgoing
                        continue
                else:
                    self._told.deny(person)
            tally.denied[answer.reason] += 1
            yield place[0], place, self._writer.deny(*place, answer)

    def deny(self, basis: Basis, place: Place, fault: EventFault, tally: Tally) -> Outgoing:
        """Return the denial of an event that was counted as allowed, and is refused."""
        tally.take_back(fault.value)
        return self._writer.deny(*place, self._decider.fault(basis, fault))

    def _read(self, message: Message) -> tuple[dict[str, Any], Person] | EventFault:
        try:
            event = read_event(message.value())
            return event, self._people.read(event)
        except Unusable as unusable:
            return unusable.fault
        except Exception as error:  # noqa: BLE001 - one event stops no others
            return _tell_of(error)

    def _allow(
        self,
        message: Message,
        event: dict[str, Any],
        person: Person,
        answer: Answer,
        place: Place,
        tally: Tally,
    ) -> Outgoing:
        if self._refused and place in self._refused:
            raise Unusable(self._refused[place])
        is_new = self._is_followed and self._is_new(person, answer, tally)
        try:
            outgoing = self._writer.allow(message, event, answer, with_identifiers=is_new)
            if is_new:
                asked = self._people.named(person)
                tally.members += members_of(answer, outgoing.identifiers or {}, asked)
                tally.people[person] = answer
        except Unusable:
            raise
        except Exception as error:  # noqa: BLE001 - one event stops no others
            raise Unusable(_tell_of(error)) from None
        return outgoing

    def _is_new(self, person: Person, answer: Answer, tally: Tally) -> bool:
        tally.sent.add(person)
        return not self._told.is_told(person, answer) and tally.people.get(person) != answer


def _tell_of(error: Exception) -> EventFault:
    """Log an error by its name alone: what it says may be what the event holds."""
    logger.error("an event could not be dealt with and is denied: %s", type(error).__name__)
    return EventFault.FAILED
