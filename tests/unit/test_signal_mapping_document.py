"""The mapping document: read strictly, with every fault and its place, and fitted to a policy."""

import json
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from consent.policies.document.schema import load_schema
from consent.signals.mapping.document import SCHEMA, fit, parse, shipped
from consent.signals.mapping.form import MalformedMapping
from consent.signals.mapping.resolving import resolve
from consent.signals.mapping.sensitive import CATEGORIES
from consent.signals.mapping.types import Framework, FrameworkTerms, OptOut, Received, Row, Where
from tests.signal_worlds import NOON

FOLDER = files("consent.signals.mapping")
VALID: dict[str, Any] = {
    "schema": SCHEMA,
    "version": "ours-3",
    "about": "ours",
    "frameworks": {
        "tcf": {"grants_in": ["EEA", "GB", "US-CA"], "grants_if_unknown": True, "vendor": 7},
        "tcf_canada": {"grants_in": ["CA"], "vendor": None},
    },
    "purposes": {
        "ads.targeted": {
            "tcf": {"purposes": [1, 3], "special_features": [1], "basis": "consent", "grants": False},
            "tcf_canada": {"purposes": [1], "special_features": [2], "grants": True},
            "opt_out": ["sale"],
            "sensitive": ["health"],
            "app_tracking": True,
        },
        "ads.measured": {"tcf": {"purposes": [7], "basis": "legitimate_interest"}},
    },
}
_DELETE = object()


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return the valid document with one thing in it changed."""
    document = deepcopy(VALID)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is _DELETE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


ROW = ("purposes", "ads.targeted")
TERMS = (*ROW, "tcf")
FAULTY: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("schema",), "accordant/signal-mapping/2", "schema"),
    (("schema",), _DELETE, "schema"),
    (("version",), _DELETE, "version"),
    (("version",), "Ours 3", "version"),
    (("version",), "", "version"),
    (("version",), 3, "version"),
    (("version",), "a" * 65, "version"),
    (("about",), "a" * 4001, "about"),
    (("about",), None, "about"),
    (("more",), 1, "more"),
    (("frameworks",), _DELETE, "frameworks"),
    (("frameworks",), [], "frameworks"),
    (("frameworks", "gpp"), {}, "frameworks.gpp"),
    (("frameworks", "tcf"), {}, "frameworks.tcf.grants_in"),
    (("frameworks", "tcf", "grants_in"), "EEA", "frameworks.tcf.grants_in"),
    (("frameworks", "tcf", "grants_in", 0), "eea", "frameworks.tcf.grants_in[0]"),
    (("frameworks", "tcf", "grants_in", 1), "EEA", "frameworks.tcf.grants_in[1]"),
    (("frameworks", "tcf", "grants_if_unknown"), 1, "frameworks.tcf.grants_if_unknown"),
    (("frameworks", "tcf", "vendor"), 0, "frameworks.tcf.vendor"),
    (("frameworks", "tcf", "vendor"), 65536, "frameworks.tcf.vendor"),
    (("frameworks", "tcf", "vendor"), True, "frameworks.tcf.vendor"),
    (("frameworks", "tcf", "vendor"), "7", "frameworks.tcf.vendor"),
    (("purposes",), _DELETE, "purposes"),
    (("purposes",), [], "purposes"),
    (("purposes", "Ads"), {"opt_out": ["sale"]}, "purposes.Ads"),
    (("purposes", "*"), {"opt_out": ["sale"]}, 'purposes["*"]'),
    (("purposes", "a" * 129), {"opt_out": ["sale"]}, f"purposes.{'a' * 129}"),
    (ROW, {}, 'purposes["ads.targeted"]'),
    (ROW, [], 'purposes["ads.targeted"]'),
    ((*ROW, "gpc"), True, 'purposes["ads.targeted"].gpc'),
    ((*ROW, "opt_out"), ["profiling"], 'purposes["ads.targeted"].opt_out[0]'),
    ((*ROW, "opt_out"), ["sale", "sale"], 'purposes["ads.targeted"].opt_out[1]'),
    ((*ROW, "opt_out"), None, 'purposes["ads.targeted"].opt_out'),
    ((*ROW, "sensitive"), ["money"], 'purposes["ads.targeted"].sensitive[0]'),
    ((*ROW, "app_tracking"), "yes", 'purposes["ads.targeted"].app_tracking'),
    (TERMS, None, 'purposes["ads.targeted"].tcf'),
    (TERMS, {}, 'purposes["ads.targeted"].tcf'),
    ((*TERMS, "purposes"), [0], 'purposes["ads.targeted"].tcf.purposes[0]'),
    ((*TERMS, "purposes"), [25], 'purposes["ads.targeted"].tcf.purposes[0]'),
    ((*TERMS, "purposes"), [True], 'purposes["ads.targeted"].tcf.purposes[0]'),
    ((*TERMS, "purposes"), ["1"], 'purposes["ads.targeted"].tcf.purposes[0]'),
    ((*TERMS, "purposes"), [3, 3], 'purposes["ads.targeted"].tcf.purposes[1]'),
    ((*TERMS, "special_features"), [13], 'purposes["ads.targeted"].tcf.special_features[0]'),
    ((*TERMS, "basis"), "contract", 'purposes["ads.targeted"].tcf.basis'),
    ((*TERMS, "grants"), "no", 'purposes["ads.targeted"].tcf.grants'),
    ((*TERMS, "vendor"), 7, 'purposes["ads.targeted"].tcf.vendor'),
    ((*ROW, "tcf_canada", "basis"), "consent", 'purposes["ads.targeted"].tcf_canada.basis'),
    ((*ROW, "tcf_canada", "grants"), 0, 'purposes["ads.targeted"].tcf_canada.grants'),
]
BEYOND_THE_SCHEMA: list[tuple[tuple[str | int, ...], Any, str]] = [
    (TERMS, {"basis": "consent"}, 'purposes["ads.targeted"].tcf'),
    (TERMS, {"purposes": []}, 'purposes["ads.targeted"].tcf'),
    (
        ("purposes", "ads.measured", "tcf", "purposes"),
        [2, 3],
        'purposes["ads.measured"].tcf.purposes',
    ),
    (
        ("purposes", "ads.measured", "tcf", "special_features"),
        [1],
        'purposes["ads.measured"].tcf.special_features',
    ),
]


def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FOLDER.joinpath("schema.json").read_text(encoding="utf-8"))
    return document


def test_a_document_is_read_as_it_says() -> None:
    mapping = parse(json.dumps(VALID))

    assert mapping.version == "ours-3"
    assert mapping.frameworks["tcf"] == Framework(
        grants_in=frozenset({"EEA", "GB", "US-CA"}), grants_if_unknown=True, vendor=7
    )
    assert mapping.frameworks["gpp:5"].vendor is None
    assert mapping.purposes["ads.targeted"] == Row(
        tcf=FrameworkTerms(purposes=(1, 3), special_features=(1,), grants=False),
        tcf_canada=FrameworkTerms(purposes=(1,), special_features=(2,)),
        opt_out=frozenset({OptOut.SALE}),
        sensitive=frozenset({"health"}),
        app_tracking=True,
    )


def test_the_digest_is_of_what_it_says_and_not_of_how_it_is_written() -> None:
    turned = dict(reversed(VALID.items()))

    assert parse(json.dumps(VALID, indent=7)).digest == parse(json.dumps(turned)).digest
    assert parse(json.dumps(VALID)).digest != parse(json.dumps(changed(("version",), "ours-4"))).digest


@pytest.mark.parametrize(("path", "value", "expected"), [*FAULTY, *BEYOND_THE_SCHEMA])
def test_what_is_wrong_is_told_with_its_place(path: tuple[str | int, ...], value: Any, expected: str) -> None:
    with pytest.raises(MalformedMapping) as refused:
        parse(json.dumps(changed(path, value)))

    assert expected in {fault.path for fault in refused.value.faults}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, value, _ in FAULTY])
def test_the_schema_refuses_what_the_reader_refuses(path: tuple[str | int, ...], value: Any) -> None:
    assert not Draft202012Validator(schema()).is_valid(changed(path, value))


def test_the_schema_takes_what_the_reader_takes() -> None:
    validator = Draft202012Validator(schema())

    Draft202012Validator.check_schema(schema())
    validator.validate(VALID)
    validator.validate(json.loads(FOLDER.joinpath("shipped-1.json").read_text(encoding="utf-8")))


def test_the_schema_names_the_categories_and_kinds_of_the_code() -> None:
    row = schema()["$defs"]["row"]["properties"]

    assert row["sensitive"]["items"]["enum"] == list(CATEGORIES)
    kinds = load_schema()["$defs"]["purpose"]["properties"]["opt_out_signals"]["items"]["enum"]
    assert row["opt_out"]["items"]["enum"] == list(OptOut) == kinds


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": 1, "schema": 2}', b"\xff", "[" * 70 + "]" * 70],
    ids=["empty", "cut", "list", "null", "twice", "no-utf-8", "deep"],
)
def test_what_is_no_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(MalformedMapping):
        parse(text)


def test_all_faults_are_told_at_once() -> None:
    document = changed(("version",), "Ours")
    document["purposes"]["ads.targeted"]["tcf"]["purposes"] = [0, 99]

    with pytest.raises(MalformedMapping) as refused:
        parse(json.dumps(document))

    assert len(refused.value.faults) == 3


# The mapping that is shipped.

PACKS = sorted(one.name for one in files("consent.policies.packs").iterdir() if one.name.endswith(".yaml"))


def marks_of(pack: str) -> dict[str, list[str]]:
    document = yaml.safe_load(files("consent.policies.packs").joinpath(pack).read_text(encoding="utf-8"))
    return {slug: one.get("opt_out_signals", []) for slug, one in document["purposes"].items()}


@pytest.mark.parametrize("pack", PACKS)
def test_the_shipped_mapping_has_every_mark_of_the_packs(pack: str) -> None:
    for slug, marks in marks_of(pack).items():
        row = shipped().purposes.get(slug, Row())
        assert row.opt_out >= set(marks), slug


def test_each_purpose_of_the_shipped_mapping_is_in_a_pack() -> None:
    known = {slug for pack in PACKS for slug in marks_of(pack)}

    assert set(shipped().purposes) <= known


def test_where_the_shipped_mapping_hears_a_yes() -> None:
    assert shipped().frameworks["tcf"].grants_in == {"EEA", "GB", "CH"}
    assert not any(one.grants_if_unknown for one in shipped().frameworks.values())


# Fitted to a policy.


def test_a_mark_of_the_policy_counts_though_the_document_has_no_line_for_it() -> None:
    mapping = fit(parse(json.dumps(VALID)), {"ads.targeted": ["sharing"], "sold": ["sale"], "plain": []})

    assert mapping.purposes["ads.targeted"].opt_out == {OptOut.SALE, OptOut.SHARING}
    assert mapping.purposes["sold"] == Row(opt_out=frozenset({OptOut.SALE}))
    assert "plain" not in mapping.purposes


def test_a_purpose_that_the_policy_does_not_have_is_passed_over_and_told() -> None:
    mapping = fit(parse(json.dumps(VALID)), {"ads.measured": []})

    told = resolve(mapping, Received(), Where(), (), NOON)

    assert set(mapping.purposes) == {"ads.measured"}
    assert [(one.source, one.reason) for one in told.unread] == [
        ("mapping", "ads.targeted is no purpose of the policy")
    ]
