"""Which layer of the dbt project may read which, told from its text: no dbt, no database."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion import SOURCES

ROOT = Path(__file__).resolve().parents[2]
DBT = ROOT / "dbt_project"
MODELS = DBT / "models"
REF = re.compile(r"""\bref\(\s*['"]([a-z0-9_]+)['"]""")
SOURCE = re.compile(r"""\bsource\(\s*['"]([a-z0-9_]+)['"]\s*,\s*['"]([a-z0-9_]+)['"]""")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def sql_of(folder: str) -> dict[str, str]:
    """Text of the models below `folder`, by name, without comments."""
    return {
        file.stem: COMMENT.sub("", file.read_text("utf-8"))
        for file in (MODELS / folder).rglob("*.sql")
    }


@cache
def ymls() -> list[dict[str, Any]]:
    """Of the models; the C loader reads them eight times as fast."""
    texts = (file.read_text("utf-8") for file in MODELS.rglob("*.yml"))
    return [yaml.load(text, yaml.CSafeLoader) or {} for text in texts]


def yml_entries(kind: str) -> Iterator[dict[str, Any]]:
    for yml in ymls():
        yield from yml.get(kind, [])


def meta(entry: dict[str, Any]) -> dict[str, Any]:
    return entry.get("config", {}).get("meta", {}) | entry.get("meta", {})


@pytest.mark.parametrize(
    ("reader", "forbidden"),
    [
        ("marts", "staging"),
        ("marts", "intermediate/steps"),
        ("intermediate", "marts"),
        ("staging", "intermediate"),
        ("staging", "marts"),
        ("intermediate/entities", "intermediate/metrics"),
    ],
)
def test_a_layer_does_not_read_past_its_neighbour(reader: str, forbidden: str) -> None:
    names = set(sql_of(forbidden))
    for model, sql in sql_of(reader).items():
        assert not set(REF.findall(sql)) & names, f"{model} reads {forbidden}"


def vars_of_the_project() -> list[str]:
    return list(yaml.safe_load((DBT / "dbt_project.yml").read_text("utf-8"))["vars"])


@cache
def all_sql() -> str:
    """Of models, macros and tests, without comments."""
    files = [
        file for place in ("models", "macros", "tests") for file in DBT.rglob(f"{place}/**/*.sql")
    ]
    return "".join(COMMENT.sub("", file.read_text("utf-8")) for file in files)


@cache
def vars_that_unit_tests_change() -> frozenset[str]:
    tests = yml_entries("unit_tests")
    return frozenset(name for test in tests for name in test.get("overrides", {}).get("vars", {}))


@pytest.mark.parametrize("name", vars_of_the_project())
def test_a_setting_is_read_and_a_unit_test_changes_it(name: str) -> None:
    assert re.search(rf"""\bvar\(\s*['"]{name}['"]""", all_sql()), "nothing reads it"
    assert name in vars_that_unit_tests_change(), "no unit test changes it"


def test_every_setting_is_told_among_those_in_force() -> None:
    """dbt does not tell its variables to SQL: `mart_quality.settings_in_force` reads a list."""
    listed = re.search(
        r"variables_of_the_company\(\).*?return\(\[(.*?)\]\)",
        (DBT / "macros/settings.sql").read_text("utf-8"),
        re.DOTALL,
    )
    assert listed
    assert re.findall(r"'(\w+)'", listed[1]) == vars_of_the_project()


@pytest.mark.parametrize("seed", [file.stem for file in DBT.glob("seeds/*.csv")])
def test_a_seed_is_read(seed: str) -> None:
    assert seed in REF.findall(all_sql())


@pytest.mark.parametrize("layer", ["intermediate", "marts"])
def test_only_staging_reads_raw_tables(layer: str) -> None:
    for model, sql in sql_of(layer).items():
        raw = [table for schema, table in SOURCE.findall(sql) if schema.startswith("raw_")]
        assert not raw, f"{model} reads raw {raw}"


def test_staging_of_a_source_reads_only_that_source() -> None:
    for source in SOURCES:
        for model, sql in sql_of(f"staging/{source.name}").items():
            schemas = {schema for schema, _ in SOURCE.findall(sql)}
            assert schemas <= {source.schema}, f"{model} reads {schemas}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_raw_table_is_a_dbt_source_and_the_reverse(source: Any) -> None:
    declared = {table.name for table in source.tables}
    known = {
        table["name"]
        for entry in yml_entries("sources")
        if entry["name"] == source.schema
        for table in entry["tables"]
        # Ingestion's own bookkeeping, such as which loads are visible.
        if not table["name"].startswith("_")
    }
    assert known == declared


def test_the_age_of_every_source_is_known() -> None:
    loads = sql_of("staging/ingestion")["stg_ingestion__loads"]
    (listed,) = re.findall(r"for name in \[([^]]*)\]", loads)
    assert re.findall(r"'(\w+)'", listed) == [source.name for source in SOURCES]


@pytest.mark.parametrize("thing", ["lead", "deal", "payment"])
def test_exactly_one_model_defines(thing: str) -> None:
    definers = [
        entry["name"] for entry in yml_entries("models") if meta(entry).get("defines") == thing
    ]
    assert len(definers) == 1, definers


def test_every_model_is_described_by_what_one_row_is() -> None:
    described = {entry["name"]: entry.get("description", "") for entry in yml_entries("models")}
    for model in sql_of(""):
        text = described.get(model, "")
        assert text.startswith(("One row", "{{ doc(")), f"{model}: {text!r}"


def test_every_mart_has_a_reader_who_is_named() -> None:
    exposures = list(yml_entries("exposures"))
    assert all(exposure["owner"]["name"] and exposure["label"] for exposure in exposures)
    fed = {name for one in exposures for name in REF.findall(" ".join(one["depends_on"]))}
    assert fed >= {file.stem for file in (MODELS / "marts").rglob("*.sql")}


def test_no_yml_describes_a_model_that_does_not_exist() -> None:
    assert {entry["name"] for entry in yml_entries("models")} <= set(sql_of(""))
