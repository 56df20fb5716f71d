"""A question about everybody in one place, with what the policy says of it. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from activation.decisions.compiled import CompiledPolicy, DestinationPolicy
from activation.decisions.register import Register, deny_recipient
from activation.decisions.resolution import Resolution, resolve

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedQuestion:
    """May a controller use data of people somewhere for a purpose at a destination?"""

    policy: CompiledPolicy
    document: Document
    """The policy as it was written: it holds the titles that people know things by."""
    purpose: str
    controller: str
    jurisdiction: str | None
    """None stands for people of whom no jurisdiction is known."""
    destination: str
    resolution: Resolution

    @classmethod
    def ask(
        cls,
        policy: CompiledPolicy,
        document: Document,
        register: Register,
        *,
        purpose: str,
        controller: str,
        jurisdiction: str | None,
        destination: str,
        at: datetime,
    ) -> Self:
        """Return the question with the policy's answer; the register is looked at as it is at `at`."""
        resolution = resolve(
            policy,
            purpose=purpose,
            controller=controller,
            jurisdiction=jurisdiction,
            destination=destination,
            register_denial=deny_recipient(register, destination, at),
        )
        return cls(
            policy=policy,
            document=document,
            purpose=purpose,
            controller=controller,
            jurisdiction=jurisdiction,
            destination=destination,
            resolution=resolution,
        )

    @property
    def recipient(self) -> DestinationPolicy | None:
        """What the policy permits the destination; None if it does not declare it."""
        return self.policy.destinations.get(self.destination)

    def named(self, section: str, slug: str) -> str:
        """Return `slug` with its title, where the document's `section` gives one: `US-CA (California)`."""
        entry = self.document.get(section, {}).get(slug)
        return f"{slug} ({entry['title']})" if entry else slug
