"""Names that others chose are shown whole or cut, and never in a way that hides what they are."""

from hashlib import sha256
from pathlib import Path

import pytest

from activation.desk.lineage.naming import shorten, show

VENDOR = Path(__file__).parents[2] / "activation" / "desk" / "static" / "desk" / "vendor"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("invoice\u202egnp.exe", "invoice<U+202E>gnp.exe"),
        ("a\u200bb\u2066c\x00d\ne\ufefff", "a<U+200B>b<U+2066>c<U+0000>d<U+000A>e<U+FEFF>f"),
        ("👩\u200d👧 customers", "👩\u200d👧 customers"),
        ("קבוצה مجموعة 顧客", "קבוצה مجموعة 顧客"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\ud800", "<U+D800>"),
        ("", ""),
    ],
)
def test_characters_that_nobody_sees_are_written_out(name: str, shown: str) -> None:
    assert show(name) == shown


def test_a_long_name_keeps_its_ends_which_tell_names_apart() -> None:
    cut = shorten("exports/" + "n" * 4000 + "/2026-11", 25)

    assert len(cut) == 25
    assert cut.startswith("exports/")
    assert cut.endswith("/2026-11")
    assert "…" in cut


@pytest.mark.parametrize("length", [0, 1, 79, 80, 81, 399, 400, 401, 100_000])
def test_no_name_is_longer_than_asked(length: int) -> None:
    assert len(shorten("\u202e" * length)) <= 80
    assert shorten("n" * length) == "n" * length if length <= 80 else len(shorten("n" * length)) == 80


def test_the_scripts_of_others_are_those_that_the_list_of_digests_names_each_with_its_licence() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in map(str.split, lines)}
    scripts = sorted(VENDOR.glob("*.js"))

    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in scripts} == listed
    for path in scripts:
        assert (VENDOR / f"{path.name.removesuffix('.min.js')}.LICENSE").exists()
        assert f"`{path.name}`" in (VENDOR / "README.md").read_text()
