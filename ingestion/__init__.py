"""Ingestion: an API, a file or a workbook becomes the Postgres schema `raw_<source>`.

It knows dlt and nothing of dbt, Dagster, expectations or alerts. This is its face; the rest is
private to it.
"""

from __future__ import annotations

from ingestion.catalog import SourceSpec, TableSpec
from ingestion.errors import IngestionError, PartlyDoneError, SettingsError, SourceError
from ingestion.packages import Progress
from ingestion.pipeline import RunResult, init, run_source
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sweep import Swept, sweep

__all__ = [
    "SOURCES",
    "IngestionError",
    "PartlyDoneError",
    "Progress",
    "RunResult",
    "Settings",
    "SettingsError",
    "SourceError",
    "SourceSpec",
    "Swept",
    "TableSpec",
    "init",
    "run_source",
    "sweep",
]
