"""Checks of what people enter, after the entities are built, and what they leave for the marts."""

import dagster as dg

from expectations.catalog import contracts
from orchestration.factories.quality_checks import quality_checks

QUALITY_GROUP = "quality"
# Made by nobody in the graph, which would be a circle: the checks look at what dbt builds, and dbt
# shows at the next refresh what they found.
FOUND = [
    dg.AssetSpec(
        [QUALITY_GROUP, table],
        group_name=QUALITY_GROUP,
        kinds={"postgres"},
        description=f"{text} Written by the quality checks at the end of a refresh.",
    )
    for table, text in (
        ("checks", "Every check there is, and who repairs what it finds."),
        ("checked_records", "How many records of whom each check looked at, day by day."),
        ("failing_records", "The records that failed the last check."),
    )
]


def quality_definitions() -> dg.Definitions:
    """One asset check per quality contract."""
    return dg.Definitions(assets=FOUND, asset_checks=[quality_checks(contracts())])
