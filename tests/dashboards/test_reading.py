"""Reading a warehouse that has no marts."""

from dataclasses import replace

import pytest

from dashboards import report
from dashboards.settings import DashboardsError, Settings
from tests.conftest import PostgresForTests

pytestmark = pytest.mark.integration


def test_before_the_first_refresh_nothing_is_written(
    clean_warehouse: PostgresForTests, settings: Settings
) -> None:
    there = replace(settings, reader_url=clean_warehouse.url("reader"))
    with pytest.raises(DashboardsError, match="refresh first"):
        report.write(there)
    assert not settings.folder.exists()
