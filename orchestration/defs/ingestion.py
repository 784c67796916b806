"""Raw tables: one step per source of the catalogue."""

import dagster as dg

from ingestion import SOURCES
from orchestration.factories.raw_assets import raw_assets


def ingestion_definitions() -> dg.Definitions:
    """A multi-asset for every source, on or off."""
    return dg.Definitions(assets=[raw_assets(source) for source in SOURCES])
