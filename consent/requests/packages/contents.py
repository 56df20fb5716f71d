"""What goes into a package, and in which order it is written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.requests.models import Package, Request, Step
from consent.requests.packages.archive import Archive
from consent.requests.packages.collected import read_dataset, survey
from consent.requests.packages.storing import PackageSink
from consent.requests.packages.types import CollectedStep
from consent.requests.types import StepAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that a package is made of, found out before its first byte is written. Rows are not in it."""

    request: Request
    key: bytes = field(repr=False)
    package: Package
    steps: tuple[tuple[Step, CollectedStep], ...]

    @property
    def rows(self) -> int:
        """How many rows were collected."""
        return sum(collected.rows for _, collected in self.steps)

    @property
    def counts(self) -> Mapping[str, int]:
        """What the timeline is told."""
        return {"rows": self.rows, "systems": len(self.steps)}


def gather(request: Request, key: bytes, package: Package) -> Contents:
    """Find out what the package is made of."""
    steps = Step.objects.filter(request=request, action=StepAction.COLLECT, parts__gt=0)
    in_order = steps.select_related("system").order_by("system__order", "system__slug", "pk")
    return Contents(
        request=request,
        key=key,
        package=package,
        steps=tuple((step, survey(request, key, step)) for step in in_order),
    )


def write_contents(contents: Contents, sink: PackageSink) -> None:
    """Write the package's files, from the first to the last."""
    archive = Archive(sink, made_at=contents.package.created_at)
    for number, (step, collected) in enumerate(contents.steps, 1):
        for place, dataset in enumerate(collected.datasets, 1):
            with archive.file(f"json/{number:02d}-{place:03d}.json") as file:
                file.write("[")
                rows = read_dataset(contents.request, contents.key, step, collected, dataset)
                for count, row in enumerate(rows):
                    file.write((",\n" if count else "\n") + json.dumps(row.values, ensure_ascii=False))
                    sink.tell_of(1)
                file.write("\n]\n")
    archive.close()
