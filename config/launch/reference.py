"""Reference pages that are written from the code, so that they cannot tell something else."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from activation.decisions.table import write_table
from activation.desk.register.forms.json_form import register_schema
from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.registry import KINDS
from activation.destinations.kinds.settings import describe_settings, list_required
from config.launch.arguments import ROOT
from config.launch.changes_reference import changes_page, changes_schema
from config.launch.data_map_reference import data_map_page
from config.launch.embed_script import BUILT, build
from config.launch.lineage_reference import lineage_page
from config.launch.permissions_reference import PERMISSIONS_PAGE, permissions_page
from config.launch.signal_mapping_reference import signal_mapping_tables
from config.launch.signals_gpp_reference import signals_gpp_page
from config.launch.signals_reference import SIGNALS_PAGE as STRINGS_PAGE
from config.launch.signals_reference import signals_page as strings_page
from config.launch.systems_reference import systems_page
from consent.requests.erasing.certificates.forms.schema_form import certificate_schema
from consent.requests.figures.types import CaliforniaFigures, SummaryFigures
from consent.requests.figures.writing import figures_schema

Schema = Mapping[str, Any]

POLICY_SCHEMA = ROOT / "consent" / "policies" / "document" / "schema.json"
POLICY_PAGE = ROOT / "docs" / "reference" / "policy-document.md"
MAPPING_SCHEMA = ROOT / "consent" / "records" / "adapters" / "mapping.schema.json"
MAPPING_PAGE = ROOT / "docs" / "reference" / "import-mapping.md"
SIGNALS_SCHEMA = ROOT / "consent" / "signals" / "mapping" / "schema.json"
SIGNALS_PAGE = ROOT / "docs" / "reference" / "signal-mapping.md"
SIGNALS_TOLD = ROOT / "docs" / "explanation" / "signal-mapping.md"
DESTINATIONS_PAGE = ROOT / "docs" / "reference" / "destinations.md"
CHANGES_PAGE = ROOT / "docs" / "reference" / "consent-changes.md"
CHANGES_SCHEMA = ROOT / "docs" / "reference" / "consent-changes.schema.json"
REGISTER_SCHEMA = ROOT / "docs" / "reference" / "register.schema.json"
CERTIFICATE_SCHEMA = ROOT / "docs" / "reference" / "erasure-certificate.schema.json"
CALIFORNIA_SCHEMA = ROOT / "docs" / "reference" / "request-figures-california.schema.json"
SUMMARY_SCHEMA = ROOT / "docs" / "reference" / "request-figures-summary.schema.json"
SIGNALS_GPP_PAGE = ROOT / "docs" / "reference" / "signals-gpp.md"
SYSTEMS_PAGE = ROOT / "docs" / "reference" / "system-settings.md"
LINEAGE_PAGE = ROOT / "docs" / "reference" / "lineage-events.md"
DATA_MAP_PAGE = ROOT / "docs" / "reference" / "data-map.md"
DECISIONS_PAGE = ROOT / "docs" / "reference" / "decision-table.md"
_REFERENCE = "#/$defs/"
_BEGIN = "<!-- Written by ./dev check --fix from activation/decisions/table.py. -->"
_END = "<!-- End of what is written. -->"


def pages() -> dict[Path, str]:
    """Return each generated page's text, by its path."""
    return {
        POLICY_PAGE: policy_page(json.loads(POLICY_SCHEMA.read_text(encoding="utf-8"))),
        MAPPING_PAGE: mapping_page(json.loads(MAPPING_SCHEMA.read_text(encoding="utf-8"))),
        SIGNALS_PAGE: signals_page(json.loads(SIGNALS_SCHEMA.read_text(encoding="utf-8"))),
        SIGNALS_TOLD: signal_mapping_tables(SIGNALS_TOLD.read_text(encoding="utf-8")),
        DATA_MAP_PAGE: data_map_page(),
        BUILT: build(),
        DECISIONS_PAGE: decisions_page(DECISIONS_PAGE.read_text(encoding="utf-8")),
        DESTINATIONS_PAGE: destinations_page(KINDS),
        LINEAGE_PAGE: lineage_page(),
        STRINGS_PAGE: strings_page(),
        SIGNALS_GPP_PAGE: signals_gpp_page(),
        SYSTEMS_PAGE: systems_page(),
        PERMISSIONS_PAGE: permissions_page(),
        CHANGES_PAGE: changes_page(),
        CHANGES_SCHEMA: json.dumps(changes_schema(), indent=2) + "\n",
        CERTIFICATE_SCHEMA: json.dumps(certificate_schema(), indent=2) + "\n",
        REGISTER_SCHEMA: json.dumps(register_schema(), indent=2) + "\n",
        CALIFORNIA_SCHEMA: json.dumps(figures_schema(CaliforniaFigures), indent=2) + "\n",
        SUMMARY_SCHEMA: json.dumps(figures_schema(SummaryFigures), indent=2) + "\n",
    }


def policy_page(schema: Schema) -> str:
    """Return the page on policy documents: a section for each kind of object, a row for each field."""
    names = [name for name, part in schema["$defs"].items() if part.get("type") == "object"]
    sections = [_section("document", schema, schema)]
    sections += [_section(name, schema["$defs"][name], schema) for name in names]
    intro = "<!-- Written by ./dev check --fix from consent/policies/document/schema.json. -->\n"
    return f"# The policy document\n\n{intro}\n{schema['description']}\n\n" + "\n".join(sections)


def mapping_page(schema: Schema) -> str:
    """Return the page on import mappings: one table."""
    intro = f"<!-- Written by ./dev check --fix from {MAPPING_SCHEMA.relative_to(ROOT)}. -->\n"
    told = f"# The import mapping\n\n{intro}\n{schema['description']}"
    return f"{told} How to use one: [import choices](../how-to/import-consents.md).\n\n" + _section(
        "fields", schema, schema
    )


def signals_page(schema: Schema) -> str:
    """Return the page on signal mappings: a section for each kind of object, a row for each field."""
    names = [name for name, part in schema["$defs"].items() if part.get("type") == "object"]
    sections = [_section("document", schema, schema)]
    sections += [_section(schema["$defs"][name]["title"], schema["$defs"][name], schema) for name in names]
    intro = f"<!-- Written by ./dev check --fix from {SIGNALS_SCHEMA.relative_to(ROOT)}. -->\n"
    told = f"# The signal mapping\n\n{intro}\n{schema['description']}"
    more = "What the fields come to: [how signals become choices](../explanation/signal-mapping.md)."
    return f"{told} {more} Unknown fields are refused.\n\n" + "\n".join(sections)


def decisions_page(text: str) -> str:
    """Return the page on decisions, the table in it written anew; what is around it is written by people."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{write_table()}\n\n{_END}{rest.partition(_END)[2]}"


def destinations_page(kinds: Mapping[str, Kind]) -> str:
    """Return the page on kinds of destination: for each one what its settings and credentials are."""
    intro = "<!-- Written by ./dev check --fix from activation/destinations/kinds. -->\n"
    told = (
        "What each kind of destination asks for. How to use it: [connect a destination]"
        "(../how-to/connect-a-destination.md). Unknown settings are refused.\n"
    )
    return f"# Kinds of destination\n\n{intro}\n{told}\n" + "\n".join(map(_kind, kinds.values()))


def _kind(kind: Kind) -> str:
    required = list_required(kind)
    rows = [
        f"| `{name}` | {'needed' if name in required else 'optional'} | {_cell(text)} |"
        for name, text in describe_settings(kind).items()
    ]
    rows += [f"| `{name}` | credential | {_cell(text)} |" for name, text in kind.secrets.items()]
    effect = "takes the place of the audience's earlier one" if kind.replaces else "is added to what is there"
    table = "\n".join(["| setting | | is |", "|---|---|---|", *rows])
    listing = _told_by_listing(kind)
    return f"## `{kind.slug}`: {kind.title}\n\nA delivery {effect}. {listing}\n\n{table}\n"


def _told_by_listing(kind: Kind) -> str:
    if kind.lists:
        return "It tells whom it holds: what it has can be compared with what it should have."
    return f"**It does not tell whom it holds.** {kind.unlisted}."


def _section(name: str, part: Schema, schema: Schema) -> str:
    rows = "\n".join(_rows(part, schema))
    return f"## {name.replace('_', ' ')}\n\n| field | is | |\n|---|---|---|\n{rows}\n"


def _rows(part: Schema, schema: Schema, prefix: str = "") -> Iterator[str]:
    required = set(part.get("required", ()))
    for name, field in part.get("properties", {}).items():
        needed = "" if name in required else "optional: "
        text = field.get("description") or _resolved(field, schema).get("description", "")
        yield f"| `{prefix}{name}` | {_cell(needed + _title(field, schema))} | {_cell(text)} |"
        if "properties" in field:
            yield from _rows(field, schema, f"{prefix}{name}.")


def _title(field: Schema, schema: Schema) -> str:
    """Return what the field is expected to be, in words, with its default."""
    listed = "one of " + ", ".join(f"`{value}`" for value in field.get("enum", ()))
    title = field.get("title") or _resolved(field, schema).get("title") or listed
    default = f"; default `{json.dumps(field['default'])}`" if "default" in field else ""
    return f"{title}{default}"


def _resolved(field: Schema, schema: Schema) -> Schema:
    reference = field.get("$ref", "")
    found: Schema = schema["$defs"][reference.removeprefix(_REFERENCE)] if reference else field
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
