"""What pages tell of the mapping of signals, from the mapping that is shipped."""

from collections.abc import Iterable, Iterator

from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.mapping.document import TCF_CANADA, shipped
from consent.signals.mapping.types import TCF, FrameworkTerms, Row

BEGIN = "<!-- Written by ./dev check --fix from consent/signals/mapping/shipped-1.json. -->"
END = "<!-- End of what is written. -->"
_HEAD = "| purpose | TCF | TCF Canada | opt-outs | sensitive data | app tracking |"


def signal_mapping_tables(text: str) -> str:
    """Return the page `text`, its tables written anew; what is around them is written by people."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{_tables()}\n\n{END}{rest.partition(END)[2]}"


def _tables() -> str:
    mapping = shipped()
    rows = "\n".join(_row(slug, row) for slug, row in mapping.purposes.items())
    hears = "\n".join(_frameworks())
    sections = ", ".join(f"{one.id} `{one.prefix}`" for one in DECLARATIONS.values())
    told = f'Mapping `{mapping.version}`, digest `{mapping.digest}`. "No only": a yes is not taken.'
    return (
        f"{told}\n\n{_HEAD}\n|---|---|---|---|---|---|\n{rows}\n\n"
        f"| framework | its yes is heard in | of people without a known place |\n|---|---|---|\n{hears}\n\n"
        f"Sections of GPP that are read: 2 `tcfeuv2`, 6 `uspv1`, {sections}. Any other counts as an opt-out."
    )


def _frameworks() -> Iterator[str]:
    for source, title in ((TCF, "TCF, and section 2 of GPP"), (TCF_CANADA, "section 5 of GPP")):
        framework = shipped().frameworks[source]
        places = ", ".join(sorted(framework.grants_in))
        yield f"| {title} | {places} | {'heard' if framework.grants_if_unknown else 'not heard'} |"


def _row(slug: str, row: Row) -> str:
    cells = (
        f"`{slug}`",
        _terms(row.tcf),
        _terms(row.tcf_canada),
        _listed(row.opt_out),
        _listed(row.sensitive),
        "yes" if row.app_tracking else "",
    )
    return f"| {' | '.join(cells)} |"


def _terms(terms: FrameworkTerms | None) -> str:
    if terms is None:
        return ""
    numbers = ", ".join(map(str, terms.purposes))
    features = "".join(f", special feature {one}" for one in terms.special_features)
    return f"{numbers}{features}{'' if terms.grants else ': no only'}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(word.replace("_", " ") for word in sorted(words))
