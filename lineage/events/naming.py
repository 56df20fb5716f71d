"""Names of jobs, and of datasets of our own, by OpenLineage's rules: a namespace and a name unique in it.

`stores` names the datasets that lie elsewhere: in object stores, databases, warehouses and Kafka.

An event leaves the house. A name that holds a person's name or a machine's folder leaves with it, and nothing
here can tell: these functions take what the caller passes. Name files by a path that means something to other
people (`/exports/meridian_ads/2026-01-05.parquet`), not by where they happen to lie.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

from openlineage.client.naming.dataset import LocalFileSystem

from lineage.errors import LineageError

JOB_NAMESPACE = "accordant"
"""The namespace of every job of ours."""

DESTINATIONS_NAMESPACE = "accordant://destinations"
"""The namespace of recipients that OpenLineage has no rule for, such as ad platforms. It is ours."""

POLICIES_NAMESPACE = "accordant://policies"
"""The namespace of published policies, by their key; a version of one is the version of the dataset."""

LEDGER_NAMESPACE = "accordant://ledger"
"""The namespace of the ledger, which is one dataset."""

IMPORTS_NAMESPACE = "accordant://imports"
"""The namespace of what is imported."""

_SLUG = re.compile(r"[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_][a-z0-9_-]*)*", re.ASCII)


class MalformedName(LineageError):
    """A part of a name is not a slug."""

    code = "malformed_name"


@dataclass(frozen=True, slots=True)
class DatasetName:
    """What a dataset is called everywhere, so that events of different producers meet in one graph."""

    namespace: str
    name: str


def local_file(path: PurePath | str) -> DatasetName:
    """Return the name of a file: namespace `file`, and `path` as it is. Give an absolute one."""
    naming = LocalFileSystem(str(path))
    return DatasetName(naming.get_namespace(), naming.get_name())


def destination(slug: str) -> DatasetName:
    """Return the name of a registered destination.

    :raises MalformedName: if `slug` is none.
    """
    return DatasetName(DESTINATIONS_NAMESPACE, _check_slug(slug))


def policy(key: str) -> DatasetName:
    """Return the name of a policy, whatever its version.

    :raises MalformedName: if `key` is no slug.
    """
    return DatasetName(POLICIES_NAMESPACE, _check_slug(key))


def ledger() -> DatasetName:
    """Return the name of the ledger of what people were told, chose and asked."""
    return DatasetName(LEDGER_NAMESPACE, "ledger")


def imports(file_format: str) -> DatasetName:
    """Return the name of what is imported in a format.

    Not the file's: people name files after people, and each would be another dataset.

    :raises MalformedName: if `file_format` is no slug.
    """
    return DatasetName(IMPORTS_NAMESPACE, _check_slug(file_format))


def job_name(*parts: str) -> str:
    """Return the parts joined by dots: `enforce_audience.advertising.audience.meridian_ads`.

    :raises MalformedName: if a part is not a slug, or a purpose in dotted form.
    """
    return _check_slug(".".join(parts))


def _check_slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise MalformedName("a name consists of lower-case letters, digits, '_', '-' and dots between them")
    return text
