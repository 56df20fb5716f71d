"""The register as a table: one row for each entry, and one for each processing that was seen undeclared."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping

from activation.desk.register.types import (
    Difference,
    Entry,
    Ground,
    ProcessingRegister,
    Recipient,
    Stated,
)
from consent.kernel.spreadsheets import BYTE_ORDER_MARK, disarm

_BETWEEN = "; "
Row = Mapping[str, str]


def write_csv(register: ProcessingRegister) -> bytes:
    """Return the register as CSV (RFC 4180) in UTF-8, safe to open in a spreadsheet."""
    rows = [*map(_with_head(register), _rows(register))]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]) if rows else [], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({name: disarm(value) for name, value in row.items()} for row in rows)
    return (BYTE_ORDER_MARK + file.getvalue()).encode()


def _with_head(register: ProcessingRegister) -> Callable[[Row], Row]:
    head = {
        "policy": register.policy.key,
        "policy_version": str(register.policy.version),
        "policy_digest": register.policy.digest,
        "policy_effective_at": register.policy.effective_at.isoformat(),
        "as_of": register.at.isoformat(),
        "generated_at": register.generated_at.isoformat(),
        "watermark": str(register.watermark),
        "differences_of_the_whole": _join(
            one.words for one in register.differences if not one.purpose and not one.controller
        ),
    }
    return lambda row: {**row, **head}


def _rows(register: ProcessingRegister) -> Iterator[Row]:
    by_entry: dict[str, list[Difference]] = {}
    for one in register.differences:
        if one.purpose or one.controller:
            by_entry.setdefault(one.reference, []).append(one)
    for entry in register.entries:
        yield _declared(entry, by_entry.pop(entry.reference, []))
    blank = dict.fromkeys(COLUMNS, "")
    for reference, differences in sorted(by_entry.items()):
        yield {
            **blank,
            "reference": reference,
            "declared": "no",
            "controller": differences[0].controller,
            "purpose": differences[0].purpose,
            "recipients": _join(sorted({one.destination for one in differences})),
            "differences": _join(one.words for one in differences),
        }


def _declared(entry: Entry, differences: list[Difference]) -> Row:
    controller, purpose = entry.controller, entry.purpose
    values = (
        entry.reference,
        "yes",
        controller.slug,
        controller.name,
        _join(controller.establishments),
        controller.contact.text,
        controller.joint_controllers.text,
        controller.representative.text,
        controller.data_protection_officer.text,
        purpose.slug,
        purpose.title,
        purpose.description,
        purpose.data_use,
        purpose.dpv or "",
        _join(map(_ground, entry.grounds)),
        entry.data_subjects.text,
        _join(f"{one.title} ({one.data_category})" for one in entry.data_categories),
        _join(one.title for one in entry.data_categories if one.special),
        _join(map(_recipient, entry.recipients)),
        _join(_transfer(one) for one in entry.recipients if one.third_country),
        _join(one.text for one in entry.retention),
        _join(f"{one.rule}: {one.obligations}" for one in entry.grounds if one.obligations),
        entry.measures.text,
        str(len(entry.gaps)),
        _join(one.words for one in differences),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _ground(one: Ground) -> str:
    resting = f", resting on {one.assessment}" if one.assessment else ""
    return f"{one.legal_basis} in {', '.join(one.jurisdictions)} (rule {one.rule}{resting})"


def _recipient(one: Recipient) -> str:
    return f"{one.name} ({one.slug}): {one.kind}, {one.role}, {one.country}, {one.registration}"


def _transfer(one: Recipient) -> str:
    safeguards: Stated | None = one.safeguards
    return f"{one.name}, {one.country}: {safeguards.text if safeguards else ''}"


def _join(parts: Iterable[str]) -> str:
    return _BETWEEN.join(part for part in parts if part)


COLUMNS = (
    "reference",
    "declared",
    "controller",
    "controller_name",
    "establishments",
    "contact",
    "joint_controllers",
    "representative",
    "data_protection_officer",
    "purpose",
    "purpose_title",
    "description",
    "data_use",
    "dpv",
    "legal_bases",
    "data_subjects",
    "data_categories",
    "special_categories",
    "recipients",
    "third_country_transfers",
    "time_limits_for_erasure",
    "obligations",
    "measures",
    "gaps",
    "differences",
)
