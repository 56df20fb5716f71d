"""Manifests of Fides to test with."""

from hypothesis import strategies as st

from consent.policies.taxonomy.terms import Term, TermKind

MANIFEST = """
data_category:
  - fides_key: user.loyalty
    name: Loyalty
    description: Points and rank.
    parent_key: user
    organization_fides_key: default_organization
    tags: null
    is_default: false
data_use:
  - fides_key: marketing.letters
    name: Letters
    description: Letters that sell.
    parent_key: marketing
  - fides_key: analytics
    name: Analytics
    is_default: true
    version_added: 2.0.0
  - fides_key: sales
    name: Sales
    active: false
data_subject:
  - fides_key: collector
    name: Collector
    rights: {strategy: ALL}
    automated_decisions_or_profiling: false
dataset:
  - {fides_key: shop_db, collections: []}
  - {fides_key: mail_db, collections: []}
organization:
  - fides_key: default_organization
system:
  - fides_key: Post-Room
    name: The post room
    system_type: Service
    responsibility: [Processor]
    privacy_declarations:
      - name: Print letters
        data_use: marketing.letters
        data_categories: [user.contact.address, user.loyalty]
        data_subjects: [collector, customer]
        legal_basis_for_processing: Legitimate interests
        retention_period: 90
      - name: Count letters
        data_use: analytics
        data_categories: [user.unique_id]
  - fides_key: clinic
    system_type: Application
    privacy_declarations:
      - data_use: analytics
        data_categories: [user.health_and_medical, user.unique_id]
        processes_special_category_data: true
  - fides_key: cellar
    system_type: Database
    privacy_declarations: []
"""

_WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
_TOPS = {
    TermKind.DATA_USE: ["marketing", "essential.service", "own"],
    TermKind.DATA_CATEGORY: ["user", "user.contact", "own"],
}
_TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff") | st.just("\t"), max_size=40
)
_NAMES = _TEXTS.filter(lambda text: bool(text.strip()) and text.isprintable())
_DESCRIPTIONS = _TEXTS | st.sampled_from(["two\nlines\n", "NO", "1.5e3", " # no comment", "a\u2028b", "null"])


def _key(kind: TermKind, words: list[str], top: str) -> str:
    return words[0] if kind is TermKind.DATA_SUBJECT else ".".join([top, words[0]])


@st.composite
def term_lists(draw: st.DrawFn) -> list[Term]:
    """Draw terms of an organisation, each key once in its kind, each below a term that is there."""
    terms: dict[tuple[TermKind, str], Term] = {}
    for kind, word in draw(st.lists(st.tuples(st.sampled_from(TermKind), _WORDS), max_size=6)):
        top = draw(st.sampled_from(_TOPS.get(kind, [""])))
        if top == "own":
            terms[(kind, top)] = draw(_terms(kind, top))
        key = _key(kind, [word], top)
        terms[(kind, key)] = draw(_terms(kind, key))
    return list(terms.values())


def _terms(kind: TermKind, key: str) -> st.SearchStrategy[Term]:
    return st.builds(
        Term,
        kind=st.just(kind),
        key=st.just(key),
        name=_NAMES,
        description=_DESCRIPTIONS,
        active=st.booleans(),
    )
