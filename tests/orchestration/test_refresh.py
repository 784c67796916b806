"""`python -m orchestration refresh`: a real Postgres, a real Dagster, a tiny dbt project.

The dbt project is tiny because these tests are about order, failures and records, not about marts.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from orchestration.keys import WAREHOUSE_WRITER_TAG
from orchestration.runs import PROCESS_TAG, this_process

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "orchestration", "refresh"]
CLOSED_PORT = "http://127.0.0.1:9"

pytestmark = pytest.mark.integration

PROJECT = """
name: crm
version: "1.0"
profile: crm
models:
  crm:
    staging: {+schema: staging, +materialized: view}
    intermediate: {+schema: intermediate, +materialized: table}
"""
SOURCES = """
sources:
  - name: raw_amocrm
    tables: [{name: contacts}]
  - name: raw_onec
    tables: [{name: invoices}]
"""
MODELS = {
    "staging/amocrm/stg_amocrm__contacts": "select id from {{ source('raw_amocrm', 'contacts') }}",
    "intermediate/entities/int_deals": "select ref_key from {{ source('raw_onec', 'invoices') }}",
}


@pytest.fixture
def dbt_project(tmp_path: Path) -> Path:
    project = tmp_path / "dbt_project"
    (project / "macros").mkdir(parents=True)
    for settings in ("profiles.yml", "selectors.yml"):
        shutil.copy(ROOT / "dbt_project" / settings, project)
    shutil.copy(ROOT / "dbt_project" / "macros" / "names.sql", project / "macros")
    (project / "dbt_project.yml").write_text(PROJECT)
    for name, sql in MODELS.items():
        file = project / "models" / f"{name}.sql"
        file.parent.mkdir(parents=True)
        file.write_text(sql)
    (project / "models" / "sources.yml").write_text(SOURCES)
    return project


@pytest.fixture
def environment(clean_warehouse: Any, dbt_project: Path, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "orchestration" / "dagster.yaml", home)
    return clean_warehouse.env | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "VAR_DIR": str(tmp_path),
        "DAGSTER_HOME": str(home),
        "DBT_PROJECT_DIR": str(dbt_project),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "log"),
    }


@pytest.fixture
def instance(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The instance the command writes to, seen from the test."""
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, environment[name])
    with dg.DagsterInstance.get() as recorded:
        recorded.wipe()
        yield recorded


def refresh(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_failed_source_stops_neither_the_others_nor_the_marts_and_is_not_hidden(
    environment: dict[str, str], instance: dg.DagsterInstance, clean_warehouse: Any
) -> None:
    broken = {
        "ONEC_BASE_URL": CLOSED_PORT,
        "ONEC_USER": "reader",
        "ONEC_PASSWORD": "very-secret",
        "ONEC_TIMEZONE": "Europe/Moscow",
    }
    done = refresh(environment | broken)
    assert done.returncode == 1, done.stderr
    assert "raw_onec         FAILED" in done.stdout
    assert "the marts are built from what was loaded before" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "very-secret" not in (Path(environment["VAR_DIR"]) / "log" / "refresh.log").read_text()
    # The tiny project has no marts, so the rebuild fails where the pages are written, only there.
    failed = {line.split()[1] for line in done.stdout.splitlines() if " FAILED" in line}
    assert failed == {"raw_onec", "reports__reports"}
    assert {run.job_name for run in instance.get_runs()} == {
        "warehouse_refresh_job",
        "warehouse_rebuild_job",
    }
    with psycopg.connect(clean_warehouse.url("admin")) as admin:
        assert admin.execute("select count(*) from intermediate.int_deals").fetchone() == (0,)


def test_a_refresh_waits_while_another_goes_on(
    environment: dict[str, str], instance: dg.DagsterInstance
) -> None:
    @dg.job(name="warehouse_refresh_job")
    def other() -> None: ...

    instance.create_run_for_job(
        other,
        status=dg.DagsterRunStatus.STARTED,
        tags=WAREHOUSE_WRITER_TAG | {PROCESS_TAG: this_process()},
    )
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stdout is not None
        assert "waiting for warehouse_refresh_job" in waiting.stdout.readline()
        waiting.kill()
    assert len(instance.get_runs()) == 1


def test_a_missing_dagster_home_is_told_in_one_sentence(environment: dict[str, str]) -> None:
    del environment["DAGSTER_HOME"]
    done = refresh(environment)
    assert done.returncode == 1
    assert "DAGSTER_HOME" in done.stdout
    assert done.stdout.count("\n") == 1
