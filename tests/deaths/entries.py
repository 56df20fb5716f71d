"""What a job can be asked to do besides `tests.enforcement_world:run`."""

from pathlib import Path

from tests.enforcement_world import run


def enforce_parquet(folder: Path) -> None:
    """Enforce the Parquet audience in `folder`."""
    run(folder, input_path=folder / "audience.parquet", output_path=folder / "out.parquet")
