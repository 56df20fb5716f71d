"""A folder's digest tells of each file that was added, taken away, changed or renamed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.verifier.digests import digest_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "part-1").write_bytes(b"one")
    (tmp_path / "day=2").mkdir()
    (tmp_path / "day=2" / "part-2").write_bytes(b"two")
    return tmp_path


def test_the_digest_is_over_the_list_of_files_as_it_is_documented(folder: Path) -> None:
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
    listed = f"accordant/folder/1\n{two}  day=2/part-2\n{one}  part-1\n"

    assert digest_path(folder) == f"sha256:{hashlib.sha256(listed.encode()).hexdigest()}"
    assert digest_path(folder / "part-1") == f"sha256:{one}"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / ".hidden").write_bytes(b""),
        lambda folder: (folder / "part-1").unlink(),
        lambda folder: (folder / "part-1").write_bytes(b"other"),
        lambda folder: (folder / "part-1").rename(folder / "part-0"),
        lambda folder: (folder / "part-1").rename(folder / "day=2" / "part-1"),
    ],
    ids=["added", "taken away", "changed", "renamed", "moved"],
)
def test_no_change_goes_unseen(change: Callable[[Path], object], folder: Path) -> None:
    before = digest_path(folder)

    change(folder)

    assert digest_path(folder) != before
