"""Checks of what people enter, after the entities are built."""

import dagster as dg

from expectations.catalog import contracts
from orchestration.factories.quality_checks import quality_checks


def quality_definitions() -> dg.Definitions:
    """One asset check per quality contract."""
    return dg.Definitions(asset_checks=[quality_checks(contracts())])
