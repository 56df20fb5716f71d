"""Reads a mapping document: all that is wrong with it is told at once, each with its place."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Names
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import files

from consent.kernel.canonical import MalformedJson, dumps, loads
from consent.signals.mapping.form import NEEDED, MalformedMapping, MappingFault, Node
from consent.signals.mapping.sensitive import CATEGORIES
from consent.signals.mapping.types import TCF, Framework, FrameworkTerms, Mapping, OptOut, Row

SCHEMA = "accordant/signal-mapping/1"
TCF_CANADA = "gpp:5"
CONSENT, INTEREST = BASES = ("consent", "legitimate_interest")
NEVER_BY_INTEREST = frozenset({1, 3, 4, 5, 6})
"""TCF purposes that cannot rest on legitimate interest: 1 by the specification, 3 to 6 since TCF 2.2."""

_FRAMEWORKS = {"tcf": TCF, "tcf_canada": TCF_CANADA}
_VERSION = re.compile(r"[a-z0-9][a-z0-9_.-]*", re.ASCII)
_PURPOSE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)
_PLACE = re.compile(r"EEA|[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_ANYTHING = re.compile(r"(?s).*")
_LONGEST_ABOUT = 4000
_LEFT_OUT: Names[str, object] = {"grants_in": []}
"""A framework that is left out says no alone."""


def parse(text: bytes | str) -> Mapping:
    """Return the mapping that a JSON document declares.

    :raises MalformedMapping: with everything that is wrong and where.
    """
    try:
        document = loads(text)
    except MalformedJson as error:
        raise MalformedMapping([MappingFault("(document)", str(error))]) from error
    root = Node(document)
    version, frameworks, purposes = _read(root)
    if root.faults:
        raise MalformedMapping(root.faults)
    digest = sha256(dumps(document)).hexdigest()
    return Mapping(version=version, digest=digest, frameworks=frameworks, purposes=purposes)


@cache
def shipped() -> Mapping:
    """Return the mapping of the purposes of the shipped packs."""
    return parse(files("consent.signals.mapping").joinpath("shipped-1.json").read_bytes())


def fit(mapping: Mapping, marks: Names[str, Iterable[str]]) -> Mapping:
    """Return the mapping for a policy whose purposes are marked with `marks`, kinds of opt-out by purpose.

    Rows for other purposes are left out, and told by every resolution. A mark of the policy counts even if
    the document does not name it, nor the purpose: no opt-out is passed over for want of a line in a file.
    """
    rows = {slug: mapping.purposes.get(slug, Row()) for slug in marks}
    fitted = {
        slug: replace(row, opt_out=row.opt_out | frozenset(map(OptOut, marks[slug])))
        for slug, row in rows.items()
        if slug in mapping.purposes or marks[slug]
    }
    skipped = tuple(sorted(set(mapping.purposes) - set(marks)))
    return replace(mapping, purposes=fitted, skipped=skipped)


def _read(root: Node) -> tuple[str, dict[str, Framework], dict[str, Row]]:
    found = root.fields(schema=NEEDED, version=NEEDED, about="", frameworks=NEEDED, purposes=NEEDED)
    found["schema"].word([SCHEMA])
    found["about"].text(_ANYTHING, f"a text, at most {_LONGEST_ABOUT} letters", most=_LONGEST_ABOUT)
    version = found["version"].text(_VERSION, "a name such as 'ours-3'", most=64)
    names = found["frameworks"].fields(**dict.fromkeys(_FRAMEWORKS, _LEFT_OUT))
    frameworks = {_FRAMEWORKS[name]: _framework(node) for name, node in names.items()}
    rows = found["purposes"].members()
    purposes = {slug: _row(slug, found["purposes"].at(row, slug)) for slug, row in rows.items()}
    return version, frameworks, purposes


def _framework(node: Node) -> Framework:
    found = node.fields(grants_in=NEEDED, grants_if_unknown=False, vendor=None)
    return Framework(
        grants_in=frozenset(found["grants_in"].each(_place)),
        grants_if_unknown=found["grants_if_unknown"].truth(),
        vendor=None if found["vendor"].value is None else found["vendor"].number(1, 65535),
    )


def _place(node: Node) -> str:
    return node.text(_PLACE, "a country, a part of one, EU or EEA, such as DE or US-CA", most=6)


def _row(slug: str, node: Node) -> Row:
    node.at(slug).text(_PURPOSE, "a purpose's dotted name, such as 'advertising.targeted'", most=128)
    found = node.fields(tcf=None, tcf_canada=None, opt_out=[], sensitive=[], app_tracking=False)
    if node.value == {}:
        node.refuse("says nothing; expected at least one field")
    has = node.members() if isinstance(node.value, Names) else {}
    return Row(
        tcf=_terms(found["tcf"], basis=CONSENT) if "tcf" in has else None,
        tcf_canada=_terms(found["tcf_canada"]) if "tcf_canada" in has else None,
        opt_out=frozenset(map(OptOut, found["opt_out"].each(lambda one: one.word(OptOut)))),
        sensitive=frozenset(found["sensitive"].each(lambda one: one.word(CATEGORIES))),
        app_tracking=found["app_tracking"].truth(),
    )


def _terms(node: Node, **more: str) -> FrameworkTerms:
    found = node.fields(purposes=[], special_features=[], grants=True, **more)
    purposes = found["purposes"].each(lambda one: one.number(1, 24))
    features = found["special_features"].each(lambda one: one.number(1, 12))
    if found["purposes"].value == found["special_features"].value == []:
        node.refuse("names no purpose and no special feature")
    basis = found["basis"].word(BASES) if more else CONSENT
    if basis == INTEREST:
        _check_interest(node, purposes, features)
    return FrameworkTerms(
        purposes=purposes, special_features=features, basis=basis, grants=found["grants"].truth()
    )


def _check_interest(node: Node, purposes: tuple[int, ...], features: tuple[int, ...]) -> None:
    if never := NEVER_BY_INTEREST.intersection(purposes):
        listed = ", ".join(map(str, sorted(never)))
        node.at(None, "purposes").refuse(f"purposes that cannot rest on legitimate interest: {listed}")
    if features:
        node.at(None, "special_features").refuse("special features rest on consent alone")
