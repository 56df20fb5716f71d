"""Names of jobs and datasets."""

from pathlib import PurePosixPath

import pytest

from lineage.events.naming import (
    DatasetName,
    MalformedName,
    destination,
    job_name,
    ledger,
    local_file,
    policy,
)


def test_a_file_is_named_by_the_official_rule() -> None:
    assert local_file(PurePosixPath("/exports/a.parquet")) == DatasetName("file", "/exports/a.parquet")


def test_a_destination_lies_in_our_namespace() -> None:
    assert destination("meridian_ads") == DatasetName("accordant://destinations", "meridian_ads")


def test_what_the_service_keeps_lies_in_namespaces_of_ours() -> None:
    assert ledger() == DatasetName("accordant://ledger", "ledger")
    assert policy("northwind") == DatasetName("accordant://policies", "northwind")


def test_a_job_is_named_by_what_it_does_for_what_and_where_to() -> None:
    name = job_name("enforce_audience", "advertising.audience", "meridian_ads")

    assert name == "enforce_audience.advertising.audience.meridian_ads"


@pytest.mark.parametrize("part", ["", "c00001@customers.example", "Anna", "a b", ".a", "a..b"])
def test_a_part_that_is_no_slug_is_refused(part: str) -> None:
    with pytest.raises(MalformedName):
        job_name("enforce_audience", part)
    for named in (destination, policy):
        with pytest.raises(MalformedName):
            named(part)
