"""The reference of GPP strings: each section with its fields, and where specification and library differ."""

from collections.abc import Iterator

from consent.signals.gpp import european
from consent.signals.gpp.codec import LONGEST
from consent.signals.gpp.declarations import DECLARATIONS, US_PRIVACY_PREFIX, US_PRIVACY_SECTION
from consent.signals.gpp.declared import Declaration, SubSection
from consent.signals.us_privacy import ANSWERS

_INTRO = f"""# GPP strings

<!-- Written by ./dev check --fix from consent/signals/gpp. -->

What `consent.signals.gpp` reads and writes of IAB Tech Lab's [Global Privacy
Platform](https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform): a header, and section 2
(the EU's TC string), 5 (Canada), 6 (the US Privacy string) and 7 to 27 (US).

`decode` is strict: it refuses with a reason, the character of the string, the bit of the segment and the
field. `decode_leniently` reads what it can, never fails, and tells what it ignored: a section of an unknown
id or version, a field whose value is not allowed, and what stands behind the place where a segment breaks
off are left out; an item 3 in a list of two-bit numbers counts as 0. At most {LONGEST:,} characters are
read.

Every string that is accepted is written again as it was, with four exceptions. Ids of the
header that touch are written as a group. Segments are filled up to
whole characters in one of three ways (to 6 bits as specified, to 8 and then 6 as the reference library
does, to 24); all are read, the reference's is written. Optional segments of section 5 are read in any
order. Sets of vendors in section 5 are read in three forms.

In JSON, `sectionIds` are the ids and `sections` the fields by API prefix. Sets of ids are sorted lists of
numbers, times are of ISO 8601, numbers of two bits are 0 (not applicable), 1 or 2. The fields of an
optional sub-section are there if the string has it. Section 2 has each field twice: under the name of "GPP
Extension: IAB Europe TCF" (`VendorConsent`, `PubRestrictions`) and under that of IAB's `TCModel`
([`vendorConsents`](signals.md#as-json), `publisherRestrictions`); to write a string, either is enough.

How to use it on the command line or from Python: [read and write
signals](../how-to/read-and-write-signals.md). The fields of a TC string: [signals](signals.md).

## Where specification and reference library differ

The reference is `@iabgpp/cmpapi` 3.2.0; ours is tested against it with thousands of strings, both ways.

| what | specification | reference | here |
|---|---|---|---|
| OptimizedRange (section 5) | Boolean, then a Fibonacci range, or a length of 16 bits and a bitfield | \
highest id in 16 bits, Boolean, then a Fibonacci range or a bitfield; before 3.2 a range of 16-bit numbers | \
all three are read; the reference's is written, the only one that other readers understand |
| section header of 24 to 27 | demanded; names sub-section 0 in Fibonacci coding, which has no 0 | \
none | none |
| type of a GPC sub-section | `SubsectionType` | `GpcSegmentType` | the reference's: unique in a section |
| `KnownChildSensitiveDataConsents` of `ustn` | in the singular | in the plural | in the plural |
| version 1 of `usnat` with the lists of version 2, 16 and 3 long | not said; met since 2025 | read, the \
lists told cut; its 3.1.3 wrote it | read, told whole, and written again as it was |
| `MspaCoveredTransaction` 0, any number 3 | not defined | read; 0 cannot be set | refused: see below |
| bits behind the last field | zeros | passed over | refused |
| ids of the header that touch and are no group | not forbidden | read | read, written as a group |
| the same in section 5 | not forbidden | read | refused: forms are told apart by the shortest |
| fixed bitfields in JSON | list of ids | list of true and false | list of ids |
| example 3 of the core specification | an EU string under Canada's id | version not checked | refused |

`MspaCoveredTransaction` 0 is met, and is no value of any section's specification (1 yes, 2 no); Prebid, too,
takes a string with it for invalid. Where a field has a value that it cannot have, the others may stand at
another place than is thought: so read was the longer list of version 1 above. Strictly it is refused, then;
`decode_leniently` leaves the field out. No no is lost by that: [what a signal comes
to](../explanation/signal-mapping.md) is an opt-out where a section is refused.

## Why a string is refused

| reason | means |
|---|---|
"""

REASONS = {
    "beyond_maximum": "an id is over 65,535, or there are more restrictions or items in ranges than are read",
    "duplicate": "a purpose is restricted in the same way twice",
    "duplicate_segment": "a sub-section is there twice",
    "inverted": "a group of ids ends before it begins, or begins at 0",
    "missing": "to be written: a field is missing",
    "names_disagree": "JSON of section 2 has both names of a field, and they do not say the same",
    "not_allowed": "a value is none of those that the field may have",
    "not_base64url": "a character is none of base64url's",
    "not_shortest": "ids that touch are no group, or the longer of range and bitfield was taken",
    "not_zero_padding": "something else than zeros stands behind the last field",
    "out_of_range": "to be written: a value does not fit the field",
    "overlapping": "a group of ids begins before the last one ends",
    "overlong": "there are more characters than any writer adds, or than are read at all",
    "section_count": "the header names more or fewer sections than there are",
    "truncated": "bits are missing",
    "unknown_field": "to be written: the section has no such field",
    "unknown_section": "there is no section of the id, or none is read here",
    "unknown_segment": "the section has no such sub-section, or it is empty",
    "unknown_type": "the header does not begin with type 3: this is no GPP string",
    "unknown_version": "the version of the header, or of a section, is none that is known",
    "wrong_length": "to be written: a list has more or fewer items than the field",
    "wrong_maximum": "the highest id is not the one that is told first",
    "wrong_type": "to be written: a value is of another type",
}
"""Section 2 has the reasons of TC strings besides."""


def signals_gpp_page() -> str:
    """Return the page: reasons, a row for each section, then the fields of each."""
    reasons = "\n".join(f"| `{reason}` | {means} |" for reason, means in REASONS.items())
    rows = "\n".join(_overview())
    sections = "\n".join(_section(one) for one in DECLARATIONS.values())
    head = f"{_INTRO}{reasons}\n\nSection 2 has the reasons of TC strings besides.\n\n## Sections\n\n"
    return (
        f"{head}| id | prefix | of | versions | sub-sections |\n|---|---|---|---|---|\n{rows}\n\n{sections}"
    )


def _overview() -> Iterator[str]:
    answers = ", ".join(f'"{answer}"' for answer in ANSWERS)
    parts = f"`Notice`, `OptOutSale`, `LspaCovered`, each {answers}"
    rows = {
        european.ID: f"`{european.PREFIX}` | EU | 2 | the TC string, read by its own codec",
        US_PRIVACY_SECTION: f"`{US_PRIVACY_PREFIX}` | US Privacy, as plain text | 1 | {parts}",
        **{id_: _row(one) for id_, one in DECLARATIONS.items()},
    }
    return (f"| {id_} | {rows[id_]} |" for id_ in sorted(rows))


def _row(one: Declaration) -> str:
    versions = ", ".join(map(str, one.versions)) if one.carries_version else "1, not in the string"
    parts = ", ".join(part.name for part in next(iter(one.versions.values())))
    return f"`{one.prefix}` | {one.title} | {versions} | {parts}"


def _section(declaration: Declaration) -> str:
    tables = [
        _table(declaration, version, part)
        for version, parts in declaration.versions.items()
        for part in parts
        if part.name != "GPC" or version == max(declaration.versions)
    ]
    return f"## {declaration.id} `{declaration.prefix}`: {declaration.title}\n\n" + "\n".join(tables)


def _table(declaration: Declaration, version: int, part: SubSection) -> str:
    of_version = f", version {version}" if len(declaration.versions) > 1 and part.name == "Core" else ""
    rows = "\n".join(f"| `{field.name}` | {field.kind.describe()} |" for field in part.fields)
    return f"{part.name}{of_version}:\n\n| field | is |\n|---|---|\n{rows}\n"
