"""Runs to describe in tests of lineage."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from lineage.events import naming, stores
from lineage.events.types import (
    DROPPED,
    FILTER,
    MASKED,
    PASSED,
    Assertion,
    Column,
    ColumnLineage,
    ColumnOrigin,
    ColumnRef,
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    Owner,
    ParentRun,
    Processing,
    RunDescription,
    Sql,
    Statistics,
    Tag,
)
from lineage.facets.decision import Obligation

DIGEST = "sha256:" + "ab" * 32
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AUDIENCE = naming.local_file("/audiences/lapsed.parquet")
CUSTOMERS = stores.postgres_table(host="db.example", database="shop", schema="public", table="customers")


def make_run(run_id: UUID | None = None) -> RunDescription:
    """Return a run with everything that an event can tell."""
    email = ColumnRef(AUDIENCE, "email")
    lineage = (
        ColumnLineage("email", (ColumnOrigin(email, (MASKED,)),)),
        ColumnLineage("city", (ColumnOrigin(ColumnRef(AUDIENCE, "city"), (PASSED,)),)),
        ColumnLineage("phone", (ColumnOrigin(ColumnRef(AUDIENCE, "phone"), (DROPPED,)),)),
        ColumnLineage("ad_personalization"),
    )
    return RunDescription(
        run_id=run_id or uuid4(),
        job=make_job(),
        engine=Engine("Accordant", "0.1.0"),
        inputs=(
            Input(
                dataset=AUDIENCE,
                columns=(Column("email", "string"), Column("city", "string"), Column("phone", "string")),
                statistics=Statistics(rows=10, size=4096, files=1),
                aliases=(naming.DatasetName("s3://northwind-audiences", "lapsed.parquet"), CUSTOMERS),
                tags=(Tag(key="personal", value="true"), Tag(key="category", value="email", column="email")),
                owners=(Owner("team:marketing"),),
                documentation="Customers who bought nothing for a year.",
                assertions=(
                    Assertion(name="canaries_denied", success=True),
                    Assertion(name="not_null", success=False, column="email"),
                ),
            ),
        ),
        outputs=(
            Output(
                dataset=naming.destination("meridian_ads"),
                columns=(Column("email", "string"), Column("city", "string")),
                statistics=Statistics(rows=7),
                aliases=(naming.DatasetName("https://ads.example", "audience_7"),),
                tags=(Tag(key="country", value="US"),),
                owners=(Owner("team:advertising", "MAINTAINER"),),
                documentation="The audience at the platform.",
                version="2026-03-01",
                lineage=lineage,
                shaped_by=(ColumnOrigin(email, (FILTER,)),),
            ),
        ),
        decision=make_decision(),
        parent=ParentRun(run_id=UUID(int=7), job_name="nightly", job_namespace="airflow-prod"),
        tags=(Tag(key="accordant/trigger", value="schedule"),),
    )


def make_job() -> JobDescription:
    """Return a job with everything that an event can tell of one."""
    return JobDescription(
        name=naming.job_name("enforce_audience", "advertising.audience", "meridian_ads"),
        kind="AUDIENCE",
        processing=Processing("advertising.audience", ("consent", "opt_out")),
        documentation="Lapsed customers, for advertising.",
        owners=(Owner("team:privacy"),),
        tags=(Tag(key="accordant/channel", value="advertising"),),
        sql=Sql("SELECT email FROM customers WHERE spent > ?", "postgres"),
    )


def make_decision() -> DecisionSummary:
    """Return the result of a run that denied three of ten rows."""
    return DecisionSummary(
        policy_version=3,
        policy_digest=DIGEST,
        purpose="advertising.audience",
        destination="meridian_ads",
        controller="northwind",
        legal_bases=("consent", "opt_out"),
        watermark=24_000,
        rows_in=10,
        allowed=7,
        denied=(DeniedRows("no_record", 2), DeniedRows("withdrawn", 1)),
        obligations=(
            Obligation(kind="drop", field="phone"),
            Obligation(kind="mask", field="email", value="sha256"),
        ),
        manifest_digest=DIGEST,
    )
