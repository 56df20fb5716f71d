"""The story's chapter on destinations: one audience, handed over to two kinds of recipient."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from activation.destinations import queries as register
from activation.destinations import services as destinations
from activation.enforcement import services as enforcement
from activation.enforcement.types import RunResult
from config.demo.calls import AdPlatformPage
from config.demo.people import HARBOR
from config.demo.stage import APPROVER
from config.demo.telling import Teller

AD_PLATFORM, FEATURE_STORE = "meridian_ads", "orbit_features"
AUDIENCE = "lapsed_high_value"


def hand_over(
    audience: Path, folder: Path, platform: AdPlatformPage, *, at: datetime, teller: Teller
) -> tuple[RunResult, list[dict[str, Any]]]:
    """Let one audience leave to two connected destinations, which stay connected.

    Return the run for the ad platform, and what each destination acknowledged.
    """
    _connect(platform, at=at)
    teller.say(
        f"{AD_PLATFORM} is connected as a signed webhook, {FEATURE_STORE} as a folder of Parquet files."
    )
    ads = _enforce("advertising.audience", AD_PLATFORM, audience, folder, at=at)
    taken = platform.figures()["held"][AUDIENCE]
    teller.say(_tell(ads))
    teller.say(f"  It took {taken:,} rows in signed messages, with the manifest.")
    features = _enforce("profiling.segmentation", FEATURE_STORE, audience, folder, at=at)
    teller.say(_tell(features))
    delivered = sorted((Path(settings.DELIVERY_FOLDER) / "orbit").rglob("*.parquet"))
    teller.say(f"  It lies there as {', '.join(path.name for path in delivered)}, its manifest beside it.")
    teller.say(f"Among the rows of each were {ads.canaries} about people made up who said no: all denied.")
    return ads, [_figures(ads, taken), _figures(features, features.allowed)]


def disconnect(*, at: datetime) -> None:
    """Let no destination be connected that an earlier telling left so."""
    for slug in (AD_PLATFORM, FEATURE_STORE):
        if slug in register.get_register() and register.open_connector(slug) is not None:
            destinations.disconnect_destination(slug=slug, changed_by=APPROVER, at=at)


def _connect(platform: AdPlatformPage, *, at: datetime) -> None:
    destinations.connect_destination(
        slug=AD_PLATFORM,
        connector="webhook",
        settings={"url": platform.url},
        secrets={"signing_secret": platform.secret},
        changed_by=APPROVER,
        at=at,
    )
    destinations.connect_destination(
        slug=FEATURE_STORE,
        connector="file",
        settings={"folder": "orbit", "format": "parquet"},
        secrets={},
        changed_by=APPROVER,
        at=at,
    )


def _enforce(purpose: str, destination: str, audience: Path, folder: Path, *, at: datetime) -> RunResult:
    return enforcement.enforce_audience(
        purpose=purpose,
        destination=destination,
        controller=HARBOR,
        input_path=audience,
        output_path=folder / f"{at:%Y%m%dT%H%M%S%f}-{destination}.csv",
        at=at,
        audience_name=AUDIENCE,
    )


def _tell(result: RunResult) -> str:
    return (
        f"{result.purpose} to {result.destination}: {result.allowed:,} of {result.rows_in:,} rows allowed,"
        f" {result.delivery}."
    )


def _figures(result: RunResult, taken: int) -> dict[str, Any]:
    return {
        "id": str(result.run_id),
        "purpose": result.purpose,
        "destination": result.destination,
        "allowed": result.allowed,
        "taken": taken,
        "delivery": result.delivery,
        "canaries": result.canaries,
        "manifest": str(result.manifest),
    }
