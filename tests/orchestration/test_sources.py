"""What Dagster is told of loading and sweeping: landed tables, notices, whose failure it was."""

import dagster as dg
import pytest

from ingestion import (
    PartlyDoneError,
    RunResult,
    Settings,
    SourceError,
    Swept,
)
from ingestion.sources import SOURCES
from ingestion.sources.amocrm import AMOCRM
from orchestration.defs.ingestion import sources_sweep_job
from orchestration.factories import raw_assets as loading
from orchestration.factories import sweeps

REFUSED = SourceError("amocrm", "notes", "column text changed its type", "Mend it")
LOADED = RunResult(
    source="amocrm",
    tables={"leads": 3, "tasks": 1},
    changed={"leads": 3, "tasks": 0},
    notices=("amocrm.leads: column score appeared as numeric",),
    load_id="1.1",
    seconds=1.0,
)


@pytest.fixture(autouse=True)
def every_source_is_on(monkeypatch):
    monkeypatch.setattr(Settings, "is_on", lambda self, source: True)


def load(monkeypatch, run_source):
    monkeypatch.setattr(loading, "run_source", run_source)
    return dg.materialize([loading.raw_assets(AMOCRM)], raise_on_error=False)


def materialized(result):
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def test_tables_that_were_landed_are_told_and_what_appeared_beside_them(monkeypatch):
    result = load(monkeypatch, lambda *given, **how: LOADED)

    notes = {
        event.asset_key.path[-1]: event.materialization.metadata.get("notices")
        for event in result.get_asset_materialization_events()
    }
    assert "column score appeared" in notes["leads"].value
    assert notes["tasks"] is None


def test_a_refused_table_fails_the_step_and_the_landed_ones_are_told(monkeypatch):
    def partly(*given, **how):
        raise PartlyDoneError([REFUSED], LOADED)

    result = load(monkeypatch, partly)

    assert not result.success
    assert materialized(result) == {
        "raw_amocrm/leads",
        "raw_amocrm/tasks",
        "raw_amocrm/_applied_loads",
    }


def test_a_source_that_cannot_be_swept_does_not_keep_the_others_from_it(monkeypatch):
    swept = []

    def sweep(name, settings):
        if name == "amocrm":
            raise PartlyDoneError([REFUSED], [Swept("main", "leads", 10, 0, 0)])
        swept.append(name)
        return []

    monkeypatch.setattr(sweeps, "sweep", sweep)

    result = sources_sweep_job.execute_in_process(raise_on_error=False)

    assert not result.success
    assert set(swept) == {source.name for source in SOURCES} - {"amocrm"}
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    assert "amocrm.notes: column text changed its type" in str(failure.event_specific_data)
