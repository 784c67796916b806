"""What the asset graph promises, asked of the real one."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from expectations.catalog import contracts
from ingestion import SOURCES
from orchestration.settings import Settings

DBT = Path(__file__).resolve().parents[2] / "dbt_project"


def test_definitions_are_valid(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_relative_paths_start_at_the_repository_whatever_the_working_directory() -> None:
    settings = Settings.from_environment({"VAR_DIR": "somewhere"})
    assert settings.dbt_target.is_absolute()
    assert settings.dbt_target.parts[-3:] == ("somewhere", "dbt", "target")


def test_every_job_does_something(definitions: dg.Definitions) -> None:
    jobs = definitions.resolve_all_job_defs()
    named = {job.name for job in jobs if not job.name.startswith("__")}
    assert {"warehouse_refresh_job", "warehouse_rebuild_job", "alerts_delivery_job"} <= named
    for job in jobs:
        assert list(job.nodes), job.name


def test_a_refresh_loads_every_source_and_a_rebuild_none(definitions: dg.Definitions) -> None:
    sources = {source.schema for source in SOURCES}
    refresh = {node.name for node in definitions.resolve_job_def("warehouse_refresh_job").nodes}
    rebuild = {node.name for node in definitions.resolve_job_def("warehouse_rebuild_job").nodes}
    assert sources <= refresh
    assert rebuild == refresh - sources


def test_dbt_reads_the_very_assets_that_ingestion_makes(graph: Any) -> None:
    for source in SOURCES:
        for table in source.tables:
            key = dg.AssetKey([source.schema, table.name])
            assert graph.get(key).is_materializable
            assert graph.get(key).group_name == source.schema


def test_nothing_in_the_graph_comes_from_nowhere(graph: Any) -> None:
    """But for what the checks find, which look at the very assets that show it."""
    made_by_nobody = graph.get_all_asset_keys() - graph.materializable_asset_keys
    found = {"checks", "checked_records", "failing_records"}
    assert made_by_nobody == {dg.AssetKey(["quality", table]) for table in found}
    for key in made_by_nobody:
        assert graph.get(key).description


def test_marts_are_named_as_readers_see_them(graph: Any) -> None:
    schemas = {key.path[0] for key in graph.get_all_asset_keys()}
    assert not {schema for schema in schemas if schema.startswith("build_")}
    assert {schema for schema in schemas if schema.startswith("mart_")}


def test_groups_follow_the_folders(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        group = graph.get(key).group_name
        if key.path[0] in ("staging", "intermediate"):
            assert group.startswith(key.path[0] + "_"), key
        elif key.path[0].startswith(("mart_", "raw_")):
            assert group == key.path[0], key


def test_what_dbt_builds_has_a_description_an_owner_and_a_kind(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.description, key
        assert node.kinds, key
        if key.path[0] in ("staging", "intermediate") or key.path[0].startswith("mart_"):
            assert node.owners, key


def test_every_mart_descends_from_what_was_loaded(graph: Any) -> None:
    for key in graph.materializable_asset_keys:
        if key.path[0].startswith("mart_"):
            ancestors = graph.get_ancestor_asset_keys(key)
            assert any(other.path[0].startswith(("raw_", "usage")) for other in ancestors), key


def test_every_quality_contract_hangs_on_a_table_that_dbt_builds(graph: Any) -> None:
    checked = {dg.AssetKey(contract.asset.split("/")) for contract in contracts()}
    assert checked <= graph.materializable_asset_keys
    named = {(key.asset_key, key.name) for key in graph.asset_check_keys}
    for contract in contracts():
        assert (dg.AssetKey(contract.asset.split("/")), contract.check_id) in named


def test_no_declared_test_is_left_out_of_a_refresh(dbt_nodes: dict[str, Any]) -> None:
    """What selectors.yml leaves out is asked by the step that builds the one table it is about."""
    (refresh,) = yaml.safe_load((DBT / "selectors.yml").read_text("utf-8"))["selectors"]
    _, excluded = refresh["definition"]["union"]
    names = [one.removeprefix("fqn:") for one in excluded["exclude"] if one.startswith("fqn:")]
    asked = [
        node for node in dbt_nodes.values() if any(fnmatch(node["fqn"][-1], name) for name in names)
    ]
    assert len(asked) > 500
    macro = (DBT / "macros" / "declared_tests.sql").read_text("utf-8")
    for node in asked:
        assert node["resource_type"] == "test", node["name"]
        assert f"'{node['test_metadata']['name']}'" in macro
        table = dbt_nodes[node["attached_node"]]
        assert node["depends_on"]["nodes"] == [table["unique_id"]]
        hooks = [hook["sql"] for hook in table["config"]["post-hook"]]
        assert "{{ ask_declared_tests() }}" in hooks, table["name"]
        # The step stops at any row.
        assert node["config"]["severity"] == "ERROR"
        assert node["config"]["error_if"] == "!= 0"


def test_nothing_waits_for_the_quality_checks(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("warehouse_refresh_job")
    downstream = job.graph.dependency_structure.input_to_upstream_outputs_for_node("dbt_build")
    upstream = {handle.node_name for handles in downstream.values() for handle in handles}
    assert "quality_checks" not in upstream
