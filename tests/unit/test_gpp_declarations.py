"""What is declared of the sections of GPP, and that the page on them tells of it."""

import re
from pathlib import Path

import pytest

from config.launch.signals_gpp_reference import REASONS, signals_gpp_page
from consent.signals import gpp, us_privacy
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.kinds import TwoBitList

PREFIXES = {
    5: "tcfcav1",
    7: "usnat",
    8: "usca",
    9: "usva",
    10: "usco",
    11: "usut",
    12: "usct",
    13: "usfl",
    14: "usmt",
    15: "usor",
    16: "ustx",
    17: "usde",
    18: "usia",
    19: "usne",
    20: "usnh",
    21: "usnj",
    22: "ustn",
    23: "usmn",
    24: "usmd",
    25: "usin",
    26: "usky",
    27: "usri",
}
"""GPP "Section Information", Section IDs."""
LISTS = {
    (7, 1): (12, 2),
    (7, 2): (16, 3),
    (8, 1): (9, 2),
    (9, 1): (8,),
    (10, 1): (7,),
    (11, 1): (8,),
    (12, 1): (8, 3),
    (13, 1): (8, 3),
    (14, 1): (8, 3),
    (15, 1): (11, 3),
    (16, 1): (8,),
    (17, 1): (9, 5),
    (18, 1): (8,),
    (19, 1): (8,),
    (20, 1): (8, 3),
    (21, 1): (10, 5),
    (22, 1): (8,),
    (23, 1): (8,),
    (24, 1): (),
    (25, 1): (8,),
    (26, 1): (8,),
    (27, 1): (8,),
    (5, 1): (),
}
"""The lengths of the N-Bitfields of each section, in the order of its specification."""


def test_the_sections_have_the_ids_and_prefixes_of_the_specification() -> None:
    assert {id_: one.prefix for id_, one in DECLARATIONS.items()} == PREFIXES
    assert all(id_ == one.id for id_, one in DECLARATIONS.items())


@pytest.mark.parametrize(("id_", "version"), LISTS)
def test_the_lists_are_as_long_as_the_specification_says(id_: int, version: int) -> None:
    fields = [field for part in DECLARATIONS[id_].versions[version] for field in part.fields]
    kinds = [field.kind for field in fields]

    assert tuple(kind.count for kind in kinds if isinstance(kind, TwoBitList)) == LISTS[id_, version]
    assert len({field.name for field in fields}) == len(fields)


def test_every_version_is_pinned() -> None:
    assert set(LISTS) == {(id_, version) for id_, one in DECLARATIONS.items() for version in one.versions}


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("DBABLA~BVQqAAAAAgA.QA", "usnat", {"Version": 1, "SaleOptOut": 2, "Gpc": False}),
        ("DBABLA~CAAQAAAAAABA.YA", "usnat", {"Version": 2, "SaleOptOut": 1, "Gpc": True}),
        ("DBACNY~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", "uspv1", {"OptOutSale": "N"}),
    ],
)
def test_strings_that_are_met_say_what_they_say(text: str, prefix: str, expected: dict[str, object]) -> None:
    told = gpp.to_json(gpp.decode(text))["sections"][prefix]

    assert told.items() >= expected.items()


def test_the_page_tells_of_every_reason_and_of_no_other() -> None:
    files = [*Path(gpp.__file__).parent.glob("*.py"), Path(us_privacy.__file__)]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    places = r'(?:\.refuse|\.ignore|_refuse|Fault)\(\s*(?:"\w*", )?f?"(\w+)"'
    found = set(re.findall(places, source)) | {"unknown_type", "unknown_version"}

    assert found == set(REASONS)


def test_the_page_has_every_field_of_every_section() -> None:
    page = signals_gpp_page()

    for declaration in DECLARATIONS.values():
        _, _, section = page.partition(f"## {declaration.id} `{declaration.prefix}`")
        for part in next(iter(declaration.versions.values())):
            for field in part.fields:
                assert f"| `{field.name}` |" in section.partition("\n## ")[0]
