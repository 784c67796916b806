"""The tests that a yml declares of one table, asked in the step that builds it.

A small project with the real one's hooks and macros; its tables break one rule each.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.dbt.conftest import DBT, Dbt, small_project

pytestmark = pytest.mark.integration

SECRET = "+79161234567"
ROWS = {
    "nothing": "select 1 as deal_id, 'won' as status, 'msk' as city",
    "not_null": "select null::int as deal_id, 'won' as status, 'msk' as city",
    "unique": "select 1 as deal_id, 'won' as status, n::text as city from generate_series(1, 3) n",
    "unique_combination": "select n as deal_id, 'won' as status, 'msk' as city"
    " from generate_series(1, 3) n",
    "accepted_values": f"select 1 as deal_id, '{SECRET}' as status, 'msk' as city",
}
"""By the test they do not pass, where a service request may have no id."""
DECLARED = """
    data_tests:
      - unique_combination: {arguments: {columns: [status, city]}}
    columns:
      - name: deal_id
        data_tests: [unique, {not_null: {config: {where: "status <> 'service'"}}}]
      - name: status
        data_tests: [{accepted_values: {arguments: {values: [won, lost, service]}}}]
"""


@pytest.fixture(scope="module")
def small(dbt_of: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    folder = tmp_path_factory.mktemp("project")
    ours = ("macros/declared_tests.sql", "macros/names.sql", "selectors.yml",
            "tests/generic/unique_combination.sql")  # fmt: skip
    real = yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))
    hooks = {"+post-hook": real["models"]["crm"]["+post-hook"], "+materialized": "table"}
    project = small_project(folder, ours, models={"crm": hooks})
    (folder / "models").mkdir()
    named = ""
    for name, rows in ROWS.items():
        (folder / "models" / f"breaks_{name}.sql").write_text(rows, "utf-8")
        (folder / "models" / f"after_{name}.sql").write_text(
            f"select * from {{{{ ref('breaks_{name}') }}}}", "utf-8"
        )
        named += f"  - name: breaks_{name}{DECLARED}"
    (folder / "models" / "models.yml").write_text(f"models:\n{named}", "utf-8")
    return dbt_of("declared_", **project)


def results(small: Dbt) -> dict[str, dict[str, Any]]:
    """The last command's, by the name of the node."""
    path = Path(small.environment["DBT_TARGET_PATH"]) / "run_results.json"
    read = json.loads(path.read_text("utf-8"))["results"]
    return {result["unique_id"].split(".")[2]: result for result in read}


def test_what_breaks_a_declared_test_stops_what_is_built_from_it(small: Dbt) -> None:
    with pytest.raises(AssertionError) as failure:
        small.run("build", "--selector", "refresh")
    built = results(small)
    status = {name: result["status"] for name, result in built.items()}
    broken = [name for name in ROWS if name != "nothing"]
    assert status == {
        "breaks_nothing": "success",
        "after_nothing": "success",
        **{f"breaks_{name}": "error" for name in broken},
        **{f"after_{name}": "skipped" for name in broken},
    }
    for name in broken:
        sentence = built[f"breaks_{name}"]["message"].splitlines()[1].strip()
        assert sentence.startswith(f"{name}_breaks_{name}_")
        assert sentence.endswith(" has 1 failing rows")
    # It counts what is wrong and shows none of it, and leaves it where it can be looked at.
    assert SECRET not in str(failure.value)
    with psycopg.connect(small.url) as connection:
        left = connection.execute("select deal_id from declared_staging.breaks_not_null")
        assert left.fetchall() == [(None,)]


def test_a_run_tests_nothing_and_tells_the_planner_what_it_made(small: Dbt) -> None:
    small.run("run")
    with psycopg.connect(small.url) as connection:
        known = connection.execute(
            "select reltuples from pg_class where oid = 'declared_staging.breaks_unique'::regclass"
        )
        assert known.fetchall() == [(3,)]


def test_each_is_still_a_test_that_can_be_run_by_itself(small: Dbt) -> None:
    with pytest.raises(AssertionError) as failure:
        small.run("test")
    failed = {name for name, result in results(small).items() if result["status"] == "fail"}
    assert {name.partition("_breaks_")[0] for name in failed} == ROWS.keys() - {"nothing"}
    assert len(failed) == len(ROWS) - 1
    assert SECRET not in str(failure.value)
