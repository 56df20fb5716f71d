"""Receipts and private parts in a pack: each belongs to an entry in it, and says what that commits to."""

import hmac
from collections.abc import Iterator

from consent.kernel import canonical
from consent.kernel.checkpoints import read_checkpoint
from consent.kernel.handover import KeyChain
from consent.kernel.merkle import leaf_hash
from consent.kernel.notes import read_note
from consent.kernel.proofs import read_proof
from consent.kernel.sealing import OpenedPart, commit
from consent.verifier.checks import Check
from consent.verifier.envelopes import has_types
from consent.verifier.packs import layout
from consent.verifier.packs.each import check_each
from consent.verifier.packs.history import History
from consent.verifier.packs.layout import MalformedPack
from consent.verifier.packs.leaves import Misplaced, PackedLeaves
from consent.verifier.packs.reading import PackFiles
from consent.verifier.packs.writing import write_private
from consent.verifier.receipts.signing import read_receipt
from consent.verifier.receipts.verification import verify_receipt_by_chain


def check_receipts(
    files: PackFiles, chain: KeyChain, leaves: PackedLeaves, history: History
) -> Iterator[Check]:
    """Yield the checks of every receipt: by itself, and against its entry and the newest checkpoint."""
    untied = list[str]()

    def check(name: str) -> None:
        content = files.read(name)
        for one in verify_receipt_by_chain(content, chain):
            if one.passed is False:
                raise Misplaced(one.statement)
        receipt = read_receipt(content, *chain.keys).receipt
        leaf = leaves.find(name.removeprefix("receipts/").removesuffix(".jws"))
        proof = read_proof(receipt.proof)
        if (leaf.hash, leaf.index) != (leaf_hash(receipt.envelope), proof.index):
            raise Misplaced("it is of another event than the leaf that bears its name")
        stated = read_checkpoint(read_note(proof.checkpoint).text)
        if history.roots.get(stated.size, stated.root) != stated.root:
            raise Misplaced(f"the log has another root at {stated.size} leaves: it was forked")
        if stated.size not in history.tied:
            untied.append(name)

    names = layout.list_names("receipt", files.names).values()
    yield from check_each(names, check, "{} receipts are signed, and say what their entries say")
    for name in untied:
        yield Check(None, f"{name} rests on a checkpoint that no proof here ties to the newest")


def check_private_parts(files: PackFiles, leaves: PackedLeaves) -> Iterator[Check]:
    """Yield the checks of every private part against the commitment in its entry."""

    def check(name: str) -> None:
        leaf = leaves.find(name.removeprefix("private/").removesuffix(".json"))
        part = _read_private(files.read(name))
        if leaf.commitment is None or not hmac.compare_digest(
            commit(part.private, part.salt).hex(), leaf.commitment
        ):
            raise Misplaced("its entry commits to something else")

    names = layout.list_names("private", files.names).values()
    yield from check_each(names, check, "{} private parts are what their entries commit to")


def _read_private(content: bytes) -> OpenedPart:
    try:
        found = canonical.loads(content)
        if not has_types(found, {"private": (dict,), "salt": (str,)}):
            raise MalformedPack("it is not a private part with its salt")
        part = OpenedPart(found["private"], bytes.fromhex(found["salt"]))
    except (canonical.MalformedJson, ValueError) as error:
        raise MalformedPack("it is not a private part with its salt") from error
    if write_private(part) != content:
        raise MalformedPack("it is not written as a private part is")
    return part
