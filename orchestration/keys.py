"""How things are named in the asset graph: a key is `schema/table`, what you `select * from`.

The prefix of development and test schemas is no part of a key: the graph is the same everywhere.
"""

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey

BUILD_SCHEMA_PREFIX = "build_"
"""dbt builds marts in `build_mart_x` and publishes them as `mart_x`; keys name what is read."""

WAREHOUSE_WRITER_TAG = {"warehouse/writer": "true"}
"""On every job that rebuilds the warehouse: no two of them run at the same time."""


def raw_schema(source: str) -> str:
    """Schema and group of a source's tables: `raw_amocrm`."""
    return f"raw_{source}"


def raw_table_key(source: str, table: str) -> AssetKey:
    """Key of a raw table: `raw_amocrm/leads`, as dbt's `source('raw_amocrm', 'leads')` has it."""
    return AssetKey([raw_schema(source), table])


def table_key(qualified_name: str) -> AssetKey:
    """Key of a table written as in SQL, without prefix: `intermediate.int_deals`."""
    return AssetKey(qualified_name.split("."))


def dbt_key(resource: Mapping[str, Any]) -> AssetKey:
    """Key of a dbt source, model, seed or snapshot from its properties in the manifest."""
    if resource["resource_type"] == "source":
        return AssetKey([resource["source_name"], resource["name"]])
    schema = resource["config"].get("schema") or resource["schema"]
    return AssetKey([schema.removeprefix(BUILD_SCHEMA_PREFIX), resource["name"]])


def dbt_group(resource: Mapping[str, Any]) -> str:
    """Group from the folder: `staging_amocrm`, `intermediate_entities`, `mart_director`.

    Seeds and snapshots have no folder of their own; their schema is their group.
    """
    if resource["resource_type"] == "source":
        return str(resource["source_name"])
    folder = resource["fqn"][1:-1]
    if not folder:
        return dbt_key(resource).path[0]
    return "_".join(folder).replace("marts_", "mart_", 1)
