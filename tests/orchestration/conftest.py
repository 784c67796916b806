"""The real definitions over the real dbt project, parsed once; no database."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.definitions import warehouse


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="session")
def definitions(var: Path) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VAR_DIR", str(var))
        environment.setenv("DBT_TARGET_PATH", str(var / "target"))
        environment.setenv("DBT_LOG_PATH", str(var / "log"))
        environment.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        return warehouse()


@pytest.fixture(scope="session")
def graph(definitions: dg.Definitions) -> dg.AssetsDefinition:
    return definitions.resolve_asset_graph()


@pytest.fixture(scope="session")
def dbt_nodes(definitions: dg.Definitions, var: Path) -> dict[str, Any]:
    """What dbt parsed for them, by its id."""
    manifest = json.loads((var / "target" / "manifest.json").read_text("utf-8"))
    return dict(manifest["nodes"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A real instance on storage of its own (schedules refuse one that lives in memory only)."""
    with dg.instance_for_test() as temporary:
        yield temporary
