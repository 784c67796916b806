"""The dbt project describes the columns its SQL makes: no more, no fewer, in their order."""

from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Company

pytestmark = pytest.mark.e2e

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
IN_THE_WAREHOUSE = """
    select table_name, array_agg(column_name::text order by ordinal_position)
    from information_schema.columns
    where table_schema in ('staging', 'intermediate') or table_schema like 'mart\\_%'
    group by table_name
"""


def test_every_model_is_described_by_the_columns_it_has(demo_company: Company) -> None:
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for file in MODELS.rglob("*.yml")
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", [])
    }
    assert described == dict(demo_company.query(IN_THE_WAREHOUSE))
