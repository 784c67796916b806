"""The one place where orchestration reads the environment.

Paths only. Connection strings belong to the packages that connect; Dagster's own
(`DAGSTER_HOME`, `DAGSTER_POSTGRES_URL`) are read by Dagster, the latter named in `dagster.yaml`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where orchestration finds the dbt project and keeps what it writes (absolute paths)."""

    dbt_project: Path
    dbt_target: Path
    log_folder: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the variables; relative paths start at the repository's root."""
        given = os.environ if environment is None else environment
        var = ROOT / given.get("VAR_DIR", "var")
        return cls(
            dbt_project=ROOT / given.get("DBT_PROJECT_DIR", "dbt_project"),
            dbt_target=ROOT / given.get("DBT_TARGET_PATH", var / "dbt" / "target"),
            log_folder=var / "log",
        )
