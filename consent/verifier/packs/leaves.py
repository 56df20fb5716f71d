"""The entries in a pack: each in the log, at its index, and of no subject's one missing in between."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from consent.kernel.checkpoints import Checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.verifier.checks import Check
from consent.verifier.envelopes import Envelope, read_envelope
from consent.verifier.packs import layout
from consent.verifier.packs.content import PackKind
from consent.verifier.packs.each import check_each, naming
from consent.verifier.packs.reading import PackFiles


class Misplaced(AccordantError):
    """Something in a pack does not belong to the rest of it."""

    code = "misplaced_in_pack"


@dataclass(frozen=True, slots=True)
class PackedLeaf:
    """What the rest of a pack is held against."""

    index: int
    hash: bytes
    commitment: str | None


@dataclass(slots=True)
class PackedLeaves:
    """The entries found in order so far."""

    kind: PackKind
    by_event: dict[str, PackedLeaf] = field(default_factory=dict)
    versions: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, index: int, envelope: Envelope) -> None:
        """Note one entry.

        :raises Misplaced: if its event stands in the pack already.
        """
        if envelope.event_id in self.by_event:
            raise Misplaced(f"the event {envelope.event_id} stands in another leaf too")
        self.by_event[envelope.event_id] = PackedLeaf(index, envelope.leaf_hash, envelope.private)
        if envelope.subject_ref is not None and envelope.subject_version is not None:
            self.versions[envelope.subject_ref].add(envelope.subject_version)

    def find(self, event_id: str) -> PackedLeaf:
        """Return the entry of that event.

        :raises Misplaced: if there is none.
        """
        if event_id not in self.by_event:
            raise Misplaced("no leaf in this pack is its event")
        return self.by_event[event_id]


def check_leaves(
    files: PackFiles, chain: KeyChain, newest: Checkpoint, leaves: PackedLeaves
) -> Iterator[Check]:
    """Yield the checks of every leaf and proof; entries that hold are added to `leaves`."""
    names = layout.list_names("leaf", files.names)
    if not names:
        yield Check(None, "the pack holds no entry of the log")

    def check(name: str) -> None:
        index = name.removeprefix("leaves/").removesuffix(".json")
        envelope = read_envelope(files.read(name))
        proof = layout.proof_name(index)
        with naming(proof):
            logged = chain.verify_proof(files.read(proof), leaf=envelope.leaf_hash)
            if logged.index != int(index):
                raise Misplaced(f"it is of the leaf {logged.index}")
            if (logged.checkpoint.size, logged.checkpoint.root) != (newest.size, newest.root):
                raise Misplaced("it is under another checkpoint than checkpoint.note")
        leaves.add(logged.index, envelope)

    yield from check_each(names.values(), check, "{} entries are in the log, each at its index")
    for index, name in layout.list_names("proof", files.names).items():
        if index not in names:
            yield Check(passed=False, statement=f"{name}: there is no leaf of this index")
    if leaves.kind is PackKind.SUBJECT:
        yield from _check_versions(leaves)


def _check_versions(leaves: PackedLeaves) -> Iterator[Check]:
    """A subject's entries are numbered from 1 as they are recorded, so that a gap shows."""

    def check(subject: str) -> None:
        for expected, found in enumerate(sorted(leaves.versions[subject]), 1):
            if found != expected:
                raise Misplaced(f"its entry number {expected} is missing")

    told = "of the entries of {} subjects, none is missing up to the last one here"
    yield from check_each(sorted(leaves.versions), check, told)
