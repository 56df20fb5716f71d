"""Names in one section of a document that must be declared in another."""

from collections.abc import Iterator, Mapping

from consent.policies.document.paths import Finding, Parts, field_of, fields_of, texts_of


def undeclared(document: object, section: str, holder: object, name: str, parts: Parts) -> Iterator[Finding]:
    """Yield the names in the list `holder[name]`, which stands at `parts`, that `section` does not declare.

    A section that is not a mapping is the schema's to report; nothing is measured against it.
    """
    if not isinstance(field_of(document, section), Mapping | None):
        return
    declared = fields_of(document, section)
    for index, slug in texts_of(holder, name):
        if slug not in declared:
            yield Finding((*parts, name, index), f"{slug!r} is not declared under {section}")
