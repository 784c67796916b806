"""Everything dbt builds, as one step: `dbt build` also tests, and publishes the marts last."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, DbtCliResource, DbtProject, dbt_assets

from expectations import store
from expectations.catalog import contracts
from expectations.settings import QualitySettings
from orchestration.dbt import Translator

BUILD_STEP = "dbt_build"
REFRESH = "refresh"
"""What of the project a refresh builds and tests: `dbt_project/selectors.yml`."""
NAMED_FAILURES = 3
TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
VALUE_FOLLOWS = ': "'
"""As in `invalid input syntax for type numeric: "…"`: a value may be somebody's phone."""
KEPT_BUILDS = 20
"""So many builds keep their logs and artifacts (megabytes each) for reading after a failure."""


def transformation_definitions(project: DbtProject) -> dg.Definitions:
    """Seeds, models, snapshots and tests of the dbt project."""

    @dbt_assets(
        name=BUILD_STEP,
        manifest=project.manifest_path,
        project=project,
        selector=REFRESH,
        dagster_dbt_translator=Translator(),
    )
    def dbt_build(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        # Marts read what the checks found, also before there was a first check.
        store.prepare(QualitySettings.from_environment(), contracts())
        builds = project.manifest_path.parent / "builds"
        _forget_old_builds(builds)
        build = dbt.cli(
            ["build"],
            context=context,
            target_path=builds / context.run_id,
            raise_on_error=False,
        )
        yield from build.stream()
        if not build.is_successful():
            raise dg.Failure(_what_did_not_pass(build), allow_retries=False)

    return dg.Definitions(
        assets=[dbt_build], resources={"dbt": DbtCliResource(project_dir=project)}
    )


def _what_did_not_pass(build: DbtCliInvocation) -> str:
    """One sentence naming what failed first; dbt's own error text is some thousand lines."""
    try:
        results = build.get_artifact("run_results.json")["results"]
    except FileNotFoundError:
        return f"dbt ended before it built anything; see {build.target_path / 'dbt.log'}"
    failed = [result for result in results if result["status"] in ("error", "fail")]
    named = "; ".join(map(_node_and_reason, failed[:NAMED_FAILURES]))
    return (
        f"dbt: {len(failed)} of {len(results)} did not pass, so nothing was published: {named};"
        f" see {build.target_path / 'dbt.log'}"
    )


def _node_and_reason(result: Mapping[str, Any]) -> str:
    """`int_deals: division by zero`. Values that Postgres quotes in its message are left out."""
    kind, _, *names = result["unique_id"].split(".")
    name = names[1] if kind == "unit_test" else names[0]
    lines = [line.strip() for line in TERMINAL_COLOUR.sub("", result["message"] or "").splitlines()]
    reasons = [line for line in lines if line and not line.startswith("Database Error")]
    reason = reasons[0] if reasons else "no reason given"
    return f"{name}: {reason.partition(VALUE_FOLLOWS)[0]}"


def _forget_old_builds(builds: Path) -> None:
    builds.mkdir(parents=True, exist_ok=True)
    oldest_first = sorted(builds.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in oldest_first[: -(KEPT_BUILDS - 1)]:
        shutil.rmtree(folder)
