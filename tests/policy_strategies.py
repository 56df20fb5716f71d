"""Policy documents drawn at random: without faults, and using every field of the format."""

from typing import Any

from hypothesis import strategies as st

from consent.policies.document.validation import validate

PLACES = ["EU", "DE", "GB", "US-CA", "BR"]
CATEGORIES = ["contact.email", "health.state", "behaviour.browsing"]
PURPOSES = ["marketing", "marketing.email", "service.orders", "analytics"]
THIRD_PARTIES = ["ads", "exchange"]
_LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" '\":#&*!|>%@`-"),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() and text.isprintable())
_TEXTS = st.sampled_from(
    ["Plain words.", "Two lines\nof text.", "A paragraph.\n\nAnother: - one\n- two\n", "é €"]
)


def _some(items: list[str], *, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), unique=True, min_size=least)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def _purposes(draw: st.DrawFn) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for slug in PURPOSES:
        entries[slug] = {
            "title": draw(_LINES),
            "description": draw(_TEXTS),
            "data_categories": draw(_some(CATEGORIES)),
            "data_use": draw(st.sampled_from(["essential.service", "marketing.communications.email"])),
            **draw(
                _optional(
                    status=st.sampled_from(["active", "retired"]),
                    dpv=st.just("https://w3id.org/dpv#DirectMarketing"),
                    data_subjects=_some(["customer", "employee"]),
                    requires=_some(list(entries)) if entries else st.just([]),
                    opt_out_signals=_some(["sale", "sharing", "targeted_advertising"]),
                )
            ),
        }
    return entries


@st.composite
def _notices(draw: st.DrawFn) -> dict[str, Any]:
    versions = {}
    for number in range(1, draw(st.integers(1, 3)) + 1):
        versions[str(number)] = {
            "published_at": f"202{number}-0{number}-1{number}T0{number}:00:00Z",
            "purposes": draw(_some(PURPOSES, least=1)),
            "texts": draw(st.dictionaries(st.sampled_from(["en", "de", "pt-BR"]), _TEXTS, min_size=1)),
            **draw(_optional(recipients=_some(THIRD_PARTIES))),
        }
    return {"privacy": {"title": draw(_LINES), "versions": versions}}


_BANDS = st.lists(st.integers(1, 25).map(lambda age: age), unique=True, min_size=1, max_size=3).flatmap(
    lambda ages: st.tuples(
        *(
            st.sampled_from(["guardian", "own_consent", "barred"]).map(
                lambda effect, age=age: {"under": age, "effect": effect}  # type: ignore[misc]
            )
            for age in sorted(ages)
        )
    )
)
PROPERTIES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "resource.region": ("text", _LINES),
    "resource.tier": ("text", st.sampled_from(["gold", "tin"])),
    "resource.is_public": ("truth", st.booleans()),
    "action.channel": ("text", _LINES),
    "subject.age": ("number", st.one_of(st.integers(-9, 99), st.just(0.5))),
}
"""By name: the type, and what values are drawn from."""
_OPERATORS = {
    "text": ["eq", "ne", "in"],
    "truth": ["eq", "ne"],
    "number": ["eq", "in", "lt", "lte", "gt", "gte"],
}


@st.composite
def _conditions(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(list(PROPERTIES)), max_size=3))
    return [draw(_condition(name)) for name in names]


def _condition(name: str) -> st.SearchStrategy[dict[str, Any]]:
    kind, values = PROPERTIES[name]
    return st.sampled_from(_OPERATORS[kind]).flatmap(
        lambda operator: st.fixed_dictionaries(
            {
                "property": st.just(name),
                "operator": st.just(operator),
                "value": st.lists(values, unique=True, min_size=1, max_size=3)
                if operator == "in"
                else values,
            }
        )
    )


def _registered() -> st.SearchStrategy[dict[str, Any]]:
    return _optional(**{name: PROPERTIES[name][1] for name in PROPERTIES if name.startswith("resource.")})


_OBLIGATIONS = _optional(
    drop=_some(["phone", "Street", "a b"]),
    mask=st.dictionaries(st.sampled_from(["email", "id"]), st.just("sha256")),
    set=st.dictionaries(st.sampled_from(["flag", "mode"]), st.text("abc1 ", max_size=5)),
    signal=st.dictionaries(st.sampled_from(["tc_string", "Privacy"]), st.sampled_from(["tcf", "gpp", "usp"])),
)


@st.composite
def _rules(draw: st.DrawFn, newest: int) -> list[dict[str, Any]]:
    chosen = draw(
        st.lists(
            st.tuples(st.sampled_from(PURPOSES), st.sampled_from([*PLACES, "*"])), unique=True, max_size=5
        )
    )
    return [
        {
            "id": f"rule-{number}",
            "purposes": [purpose],
            "jurisdictions": [place],
            "data_categories": draw(_some(CATEGORIES)),
            "transfer_countries": draw(st.one_of(_some(["EU", "US", "GB"]), st.just(["*"]))),
            **draw(_terms(newest)),
            **draw(
                _optional(
                    controllers=_some(["shop", "kiosk"], least=1),
                    direct_marketing=st.booleans(),
                    special_condition=_LINES,
                    conditions=_conditions(),
                    signals=_some(["gpc"]),
                    unknown_subject=st.sampled_from(["deny", "allow"]),
                    survives_erasure=st.booleans(),
                    survives_restriction=st.booleans(),
                    obligations=_OBLIGATIONS,
                )
            ),
        }
        for number, (purpose, place) in enumerate(chosen)
    ]


def _terms(newest: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return a basis with the terms that go with it."""
    consent = st.fixed_dictionaries(
        {"basis": st.just("consent")},
        optional={
            "validity": st.sampled_from(["P13M", "P1Y6M", "P2W", "P30D"]),
            "double_opt_in": st.booleans(),
            "notice": st.fixed_dictionaries(
                {"key": st.just("privacy"), "oldest_version": st.integers(1, newest)}
            ),
            "age": st.fixed_dictionaries(
                {"unknown": st.sampled_from(["deny", "accept"]), "bands": _BANDS.map(list)}
            ),
            "assessment": _LINES,
        },
    )
    others = st.sampled_from(["opt_out", "contract", "legitimate_interest", "legal_obligation"]).flatmap(
        lambda basis: st.fixed_dictionaries({"basis": st.just(basis), "assessment": _LINES})
    )
    return st.one_of(consent, others)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a document without faults. Optional fields are left out, or say their default, or another."""
    notices = draw(_notices())
    document = {
        "schema": "accordant/policy/1",
        "policy": "shop",
        "title": draw(_LINES),
        "controllers": {
            "shop": {"title": draw(_LINES), "establishment": draw(_some(["DE", "GB"], least=1))},
            "kiosk": {"title": draw(_LINES), "establishment": ["US-CA"]},
        },
        "jurisdictions": {
            "EU": {"title": draw(_LINES), "members": draw(_some(["DE", "FR", "AT"], least=1))},
            **{code: {"title": draw(_LINES)} for code in PLACES[1:]},
        },
        "data_categories": {
            slug: {
                "title": draw(_LINES),
                "data_category": "user.contact.email",
                **draw(_optional(special=st.booleans())),
            }
            for slug in CATEGORIES
        },
        "purposes": draw(_purposes()),
        "notices": notices,
        "properties": {
            name: {"title": draw(_LINES), "type": kind}
            | ({"values": draw(st.permutations(["gold", "tin"]))} if name == "resource.tier" else {})
            for name, (kind, _) in PROPERTIES.items()
        },
        "rules": draw(_rules(len(notices["privacy"]["versions"]))),
        "destinations": {
            slug: {
                "title": draw(_LINES),
                "kind": draw(st.sampled_from(["ad_platform", "cx_tool", "feature_store", "file"])),
                "role": "third_party",
                "country": draw(st.sampled_from(["US", "DE"])),
                "purposes": draw(_some(PURPOSES, least=1)),
                "data_categories": draw(_some(CATEGORIES, least=1)),
                **draw(_optional(contract=_LINES, properties=_registered())),
            }
            for slug in THIRD_PARTIES
        },
    }
    assert validate(document) == []
    return document
