"""A manifest is read only if every byte is what was signed."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.signing import BadSignature, SigningKey
from consent.verifier.keys import WrongKey
from consent.verifier.manifests.fields import MalformedManifest
from consent.verifier.manifests.manifest import (
    AppliedObligation,
    FileSummary,
    Manifest,
    Membership,
    check_signature,
    read_manifest,
    write_manifest,
)
from consent.verifier.manifests.verification import verify_signed

KEY = SigningKey.from_seed("accordant.example/test", bytes(range(32)))
OTHER_KEY = SigningKey.from_seed("accordant.example/test", bytes(32))
HASH = "ab" * 32


def make_manifest() -> Manifest:
    """Return a small manifest whose counts add up."""
    return Manifest(
        run_id="r",
        tool="t",
        purpose="p",
        destination="d",
        controller="c",
        policy_key="k",
        policy_version=1,
        policy_digest=f"sha256:{HASH}",
        watermark=9,
        states_watermark=9,
        decided_at="2026-01-05T10:00:00.000000Z",
        not_after=None,
        input=FileSummary(format="csv", digest=f"sha256:{HASH}", rows=5),
        output=FileSummary(format="csv", digest=f"sha256:{HASH}", rows=2),
        allowed=2,
        denied=3,
        denied_by_reason={"no_record": 1, "withdrawn": 2},
        legal_bases={"consent": 2},
        obligations=(AppliedObligation(kind="drop", field="phone", value="", rows=2),),
        identifier_kinds=("email",),
        canaries=0,
        membership=Membership(
            key_commitment=HASH,
            evidence_digest=f"sha256:{HASH}",
            allowed_members=2,
            allowed_root=HASH,
            denied_members=3,
            denied_root=HASH,
        ),
    )


FILE = write_manifest(make_manifest(), KEY)


def edit(*path: str, value: Any) -> bytes:
    """Return the file with the field at `path` set to `value`, canonical, and not signed again."""
    document = json.loads(FILE)
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return canonical.dumps(document) + b"\n"


def is_verified(content: bytes) -> bool:
    """Return whether the whole check of a manifest's file lets `content` through."""
    try:
        verify_signed(content, KEY.verify_key)
    except AccordantError:
        return False
    return True


def test_what_was_written_is_read_back() -> None:
    assert verify_signed(FILE, KEY.verify_key) == make_manifest()


def make_mutants() -> Iterator[bytes]:
    """Yield the file with one byte changed: each bit of each byte, and structural bytes to every value.

    Every value of every byte was tried too; what it adds is hundreds of thousands of letters in strings,
    which all end in the same check of the same signature.
    """
    for position, byte in enumerate(FILE):
        is_structural = not chr(byte).isalnum()
        others = set(range(256)) if is_structural else {byte ^ (1 << bit) for bit in range(8)}
        for other in others - {byte}:
            yield FILE[:position] + bytes([other]) + FILE[position + 1 :]


def test_every_mutant_of_one_byte_is_refused() -> None:
    accepted = [mutant for mutant in make_mutants() if is_verified(mutant)]

    assert not accepted


def test_every_deletion_and_doubling_of_one_byte_is_refused() -> None:
    for position in range(len(FILE)):
        assert not is_verified(FILE[:position] + FILE[position + 1 :])
        assert not is_verified(FILE[: position + 1] + FILE[position:])


@pytest.mark.parametrize("length", [0, 1, 100, len(FILE) - 1])
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(MalformedManifest):
        read_manifest(FILE[:length])


def test_something_after_the_end_is_refused() -> None:
    with pytest.raises(MalformedManifest):
        read_manifest(FILE + b"\n")


@pytest.mark.parametrize(
    "path", [("note",), ("manifest", "note"), ("manifest", "membership", "note"), ("signature", "n")]
)
def test_an_unknown_field_is_refused(path: tuple[str, ...]) -> None:
    with pytest.raises(MalformedManifest, match="does not know"):
        read_manifest(edit(*path, value="x"))


@pytest.mark.parametrize("name", sorted(json.loads(FILE)["manifest"]))
def test_a_missing_field_is_refused(name: str) -> None:
    document = json.loads(FILE)
    del document["manifest"][name]

    with pytest.raises(MalformedManifest):
        read_manifest(canonical.dumps(document) + b"\n")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("manifest", "allowed"), 3),
        (("manifest", "allowed"), True),
        (("manifest", "allowed"), -2),
        (("manifest", "allowed"), "2"),
        (("manifest", "denied_by_reason"), {"no_record": 3, "withdrawn": 2}),
        (("manifest", "denied_by_reason"), {"no_record": 4, "withdrawn": -1}),
        (("manifest", "legal_bases"), {"consent": 1}),
        (("manifest", "obligations"), [{"kind": "drop", "field": "phone", "value": "", "rows": 3}]),
        (("manifest", "input", "rows"), 6),
        (("manifest", "output", "rows"), 3),
        (("manifest", "output", "digest"), "sha256:xyz"),
        (("manifest", "membership", "allowed_root"), HASH.upper()),
        (("manifest", "identifier_kinds"), [1]),
        (("manifest", "not_after"), 5),
        (("manifest", "schema"), "accordant/manifest/1"),
        (("manifest", "states_watermark"), 10),
        (("manifest", "canaries"), -1),
        (("manifest",), []),
        (("signature", "value"), "?"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused_before_its_signature(
    path: tuple[str, ...], value: Any
) -> None:
    with pytest.raises(MalformedManifest):
        read_manifest(edit(*path, value=value))


def test_a_changed_statement_breaks_the_signature() -> None:
    signed = read_manifest(edit("manifest", "purpose", value="q"))

    with pytest.raises(BadSignature):
        check_signature(signed, KEY.verify_key)


def test_another_key_of_the_same_name_is_told_apart() -> None:
    with pytest.raises(WrongKey):
        verify_signed(FILE, OTHER_KEY.verify_key)


def test_a_forger_who_names_our_key_is_refused() -> None:
    forged = json.loads(write_manifest(replace(make_manifest(), purpose="q"), OTHER_KEY))
    forged["signature"]["key"] = json.loads(FILE)["signature"]["key"]

    with pytest.raises(BadSignature):
        verify_signed(canonical.dumps(forged) + b"\n", KEY.verify_key)


def test_a_signature_over_the_bare_statement_is_refused() -> None:
    document = json.loads(FILE)
    bare = KEY.sign(canonical.dumps(document["manifest"]))
    document["signature"]["value"] = base64.b64encode(bare).decode()

    with pytest.raises(BadSignature):
        verify_signed(canonical.dumps(document) + b"\n", KEY.verify_key)
