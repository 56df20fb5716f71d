"""Older checkpoints in a pack: each signed, and tied to the newest by proofs that the log only grew."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from consent.kernel import canonical
from consent.kernel.checkpoints import Checkpoint
from consent.kernel.consistency import verify_consistency
from consent.kernel.handover import KeyChain
from consent.verifier.checks import Check
from consent.verifier.packs import layout
from consent.verifier.packs.each import check_each
from consent.verifier.packs.layout import MalformedPack
from consent.verifier.packs.leaves import Misplaced
from consent.verifier.packs.reading import PackFiles


@dataclass(slots=True)
class History:
    """The roots that are known by size, and which of them are tied to the newest."""

    newest: Checkpoint
    roots: dict[int, bytes] = field(init=False)
    tied: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.roots = {self.newest.size: self.newest.root}
        self.tied = {self.newest.size}

    def add(self, checkpoint: Checkpoint) -> None:
        """Note one older checkpoint.

        :raises Misplaced: if it is not older, or the log would have two roots at one size.
        """
        known = self.roots.setdefault(checkpoint.size, checkpoint.root)
        if known != checkpoint.root:
            raise Misplaced(f"the log has another root at {checkpoint.size} leaves: it was forked")
        if checkpoint.size > self.newest.size:
            raise Misplaced("it is newer than checkpoint.note")


def check_history(files: PackFiles, chain: KeyChain, history: History) -> Iterator[Check]:
    """Yield the checks of older checkpoints and of what ties them; they are added to `history`."""

    def check_checkpoint(name: str) -> None:
        checkpoint = chain.verify_checkpoint(files.read(name))
        if name != layout.checkpoint_name(checkpoint.size):
            raise Misplaced(f"it is a checkpoint of {checkpoint.size} leaves")
        history.add(checkpoint)

    names = layout.list_names("checkpoint", files.names).values()
    yield from check_each(names, check_checkpoint, "{} older checkpoints are signed")
    links = set[tuple[int, int]]()

    def check_link(name: str) -> None:
        links.add(_verify_link(files, name, history))

    names = layout.list_names("consistency", files.names).values()
    yield from check_each(names, check_link, "{} proofs show that the log only grew")
    for first, second in sorted(links, key=lambda link: -link[1]):
        if second in history.tied:
            history.tied.add(first)
    for size in sorted(history.roots.keys() - history.tied):
        told = f"no proof ties it to the newest: {layout.checkpoint_name(size)}"
        yield Check(passed=False, statement=told)


def _verify_link(files: PackFiles, name: str, history: History) -> tuple[int, int]:
    numbers = name.removeprefix("consistency/").removesuffix(".json")
    first, second = (int(part) for part in numbers.split("-"))
    if not {first, second} <= history.roots.keys():
        raise Misplaced("this pack holds no checkpoints of these sizes")
    is_consistent = verify_consistency(
        first=first,
        second=second,
        first_root=history.roots[first],
        second_root=history.roots[second],
        path=_read_path(files.read(name)),
    )
    if not is_consistent:
        raise Misplaced(f"the first {first} of {second} leaves are not those of the older checkpoint")
    return first, second


def _read_path(content: bytes) -> list[bytes]:
    try:
        document: Any = canonical.loads(content)
        path = [bytes.fromhex(one) for one in document["path"]]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedPack("it is not a path of hashes") from error
    if canonical.dumps({"path": [one.hex() for one in path]}) != content:
        raise MalformedPack("it is not written as a path is")
    return path
