"""The pages and the workbook people open, written anew after every build of the marts."""

import os

import dagster as dg

from dashboards import report
from dashboards.marts import READS
from dashboards.settings import Settings


@dg.asset(
    name="reports",
    key_prefix="reports",
    group_name="reports",
    kinds={"html", "excel"},
    deps=[dg.AssetKey(mart) for mart in READS],
    description="The director's page, the sales head's page and the workbook of reports, as files.",
)
def reports() -> dg.MaterializeResult[None]:
    """Write them whole beside the old ones, and say where they lie."""
    written = report.write(Settings.from_environment(os.environ))
    return dg.MaterializeResult(
        metadata={file.name: dg.MetadataValue.path(str(file)) for file in written}
    )


def reporting_definitions() -> dg.Definitions:
    """The one asset downstream of the marts it reads."""
    return dg.Definitions(assets=[reports])
