"""dbt as Dagster sees it: the parsed project and how its resources are named.

Everything else Dagster shows (descriptions, columns, owners, tags, tests) comes from dbt's yml.
"""

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.keys import dbt_group, dbt_key
from orchestration.settings import Settings

PARSED_FILES = ("*.sql", "*.yml", "*.md", "*.csv")


class Translator(DagsterDbtTranslator):
    """Keys and groups by the law of `orchestration.keys`; dagster-dbt's defaults otherwise."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """`schema/table`, with the schema readers see."""
        return dbt_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder the model lies in."""
        return dbt_group(dbt_resource_props)


def parsed_project(settings: Settings) -> DbtProject:
    """The dbt project with a manifest as new as its files; parsing takes five seconds.

    Done whenever definitions are loaded, so that an edited model shows in a running Dagster (its
    daemon reloads by itself, its UI on "Reload definitions") and never meets a stale manifest.
    """
    project = DbtProject(project_dir=settings.dbt_project, target_path=settings.dbt_target)
    if _is_stale(project):
        project.preparer.prepare(project)
    return project


def _is_stale(project: DbtProject) -> bool:
    if not project.manifest_path.exists():
        return True
    parsed_at = project.manifest_path.stat().st_mtime
    files = (file for kind in PARSED_FILES for file in project.project_dir.rglob(kind))
    return any(file.stat().st_mtime > parsed_at for file in files)
