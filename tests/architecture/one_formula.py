"""The rule that an agreed measure has one formula, and what it is broken by.

A measure is what a model of `metrics/` counts or adds up: rows of entities, or their amounts,
wherever among the entities and steps an amount comes from. No number of any other model may count
such rows, add up such amounts, or divide by a measure: it reads the measure, adds measures up, or
takes a ratio of `macros/ratios.sql`. Two things are no second formula: a number per lead, deal,
payment or other counted record, which is an attribute of that record until somebody adds it up, and
a recount that a dbt test named in the model's yml (`recount_held_by`) holds equal to the measures.

What it does not see: numbers within json or text, ranks (the last of `row_number()`), the length
of a list, numbers an entity counts for each of its records that no measure adds up
(`int_leads.deals_count`), two models of `metrics/` that make the same, and whether the test of a
recount compares what it should.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.architecture.sql_lineage import Aggregate, Column, Lineage, Made, Model

NUMBERS = ("integer", "bigint", "smallint", "numeric", "double precision", "real")
MAKERS = ("metrics", "staging", "seeds", "snapshots")
"""Folders whose numbers are made once: measures, and what sources and people said, now or once."""
KINDS = ("model", "seed", "snapshot")
Measures = frozenset[Column]


@dataclass(frozen=True)
class Project:
    """What the rule has to know of a dbt project, as its manifest tells it."""

    models: Mapping[str, Model]
    unique_columns: frozenset[Column] = frozenset()
    references: Mapping[Column, Column] = field(default_factory=dict)
    """By column, the unique column of another model whose values it holds."""
    recounts: Mapping[str, str] = field(default_factory=dict)
    """By model, the test its yml names under `recount_held_by`."""
    reads_of_tests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    without: Project | None = None
    """The project to which one model was added."""

    @classmethod
    def of_manifest(cls, manifest: dict[str, Any]) -> Project:
        nodes = list(manifest["nodes"].values())
        tests = [node for node in nodes if node["resource_type"] == "test"]
        models = [node for node in nodes if node["resource_type"] in KINDS]
        return cls(
            models={node["name"]: _model(node) for node in models},
            unique_columns=frozenset(
                _tested_column(test) for test in tests if _kind(test) == "unique"
            ),
            references={
                _tested_column(test): _referred_column(test)
                for test in tests
                if _kind(test) == "relationships"
            },
            recounts={
                node["name"]: node["config"]["meta"]["recount_held_by"]
                for node in models
                if "recount_held_by" in node["config"]["meta"]
            },
            reads_of_tests={test["name"]: _reads(test) for test in tests},
        )

    def with_model(self, name: str, sql: str, folder: str = "marts") -> Project:
        added = Model(name, folder, folder, sql)
        return replace(self, models={**self.models, name: added}, without=self)

    @cached_property
    def lineage(self) -> Lineage:
        if self.without:
            return self.without.lineage.with_models(self.models)
        folders = {model.folder for model in self.models.values()}
        return Lineage(self.models, frozenset(folders - {"marts"}))

    def second_formulas(self, models: Collection[str] | None = None) -> list[str]:
        """A sentence for each column of the models, else of all, that makes a measure anew."""
        rule = _Rule(self, self.models.keys() if models is None else models)
        return sorted({*rule.formulas(), *rule.idle_recounts()})


class _Rule:
    def __init__(self, project: Project, judged: Collection[str]) -> None:
        self.project = project
        self.judged = [project.models[name] for name in judged]
        self.lineage = project.lineage

    def formulas(self) -> Iterator[str]:
        for model, column, made in self.numbers():
            repeated = self.repeated_by(model, made)
            if repeated and not self.is_held(model, repeated):
                yield (
                    f"{model}.{column} repeats an agreed measure ({_listed(_all(repeated))}): read "
                    "it from there, or make a new measure in models/intermediate/metrics"
                )
            divisors = self.measures_divided_by(model, made)
            if divisors:
                yield (
                    f"{model}.{column} divides by an agreed measure ({_listed(divisors)}): take "
                    "the ratio from macros/ratios.sql, or write it there"
                )

    def idle_recounts(self) -> Iterator[str]:
        """Permissions that are not needed any more."""
        recounting = {model for model, _, made in self.numbers() if self.repeated_by(model, made)}
        for model in self.judged:
            if model.name in self.project.recounts.keys() - recounting:
                yield f"{model.name} repeats no agreed measure: take recount_held_by out of its yml"

    def numbers(self) -> Iterator[tuple[str, str, Made]]:
        """Every column of a model outside metrics that is a number, or of no stated type."""
        for model in self.judged:
            if model.folder not in MAKERS:
                for column, made in self.lineage.columns(model.name).items():
                    kind = model.types.get(column)
                    if not kind or kind.startswith(NUMBERS):
                        yield model.name, column, made

    @cached_property
    def measures(self) -> dict[Column, set[Aggregate]]:
        return {
            Column(model.name, column): made.every_aggregate
            for model in self.project.models.values()
            if model.folder == "metrics"
            for column, made in self.lineage.columns(model.name).items()
            if made.aggregates
        }

    @cached_property
    def counted(self) -> dict[str, Measures]:
        """By entity, the measures its rows are counted for."""
        return _by_part(
            (entity, measure)
            for measure, aggregates in self.measures.items()
            for aggregate in aggregates
            for entity in aggregate.counts
            if self.project.models[entity].folder == "entities"
        )

    @cached_property
    def added(self) -> dict[Column, Measures]:
        """By column of an entity, the measures its amounts are added up for."""
        return _by_part(
            (column, measure)
            for measure, aggregates in self.measures.items()
            for aggregate in aggregates
            for added in aggregate.adds
            for column in self.origins(added)
        )

    def origins(self, column: Column) -> Iterator[Column]:
        """The column and the columns of other entities that its values come from, steps between.

        An instant or a word that a number was reckoned from is no amount.
        """
        folder = self.project.models[column.model].folder
        kind = self.project.models[column.model].types.get(column.name)
        if folder == "entities" and (not kind or kind.startswith(NUMBERS)):
            yield column
        if folder in ("entities", "steps"):
            for origin in self.lineage.columns(column.model)[column.name].carried:
                yield from self.origins(origin)

    @cached_property
    def record_keys(self) -> frozenset[Column]:
        """What names one record of those that are counted, in its own entity or in another."""
        own = {key for key in self.project.unique_columns if key.model in self.counted}
        return frozenset(own | {key for key, to in self.project.references.items() if to in own})

    def repeated_by(self, model: str, made: Made) -> set[Measures]:
        """What the column makes anew in this model, not in one that it reads.

        A set of measures for each thing that it counts or adds up: those that do so too.
        """
        return {
            measures
            for aggregate in made.every_aggregate
            if aggregate.model == model and not self.is_per_record(aggregate)
            for measures in self.repeated(aggregate)
        }

    def repeated(self, aggregate: Aggregate) -> Iterator[Measures]:
        yield from (self.counted[entity] for entity in aggregate.counts & self.counted.keys())
        yield from (self.added[column] for column in aggregate.adds & self.added.keys())
        for part in aggregate.of:
            if self.is_per_record(part):
                yield from self.repeated(part)

    def is_per_record(self, aggregate: Aggregate) -> bool:
        return not aggregate.keys.isdisjoint(self.record_keys)

    def is_held(self, model: str, repeated: set[Measures]) -> bool:
        """Whether the test that is to hold the recount reads it and a measure of each thing."""
        test = self.project.recounts.get(model, "")
        reads = self.project.reads_of_tests.get(test, frozenset())
        return model in reads and all(
            reads & {measure.model for measure in measures} for measures in repeated
        )

    def measures_divided_by(self, model: str, made: Made) -> Measures:
        divisors = _all(part.divisor for part in made.divisions if part.model == model)
        return frozenset(c for c in divisors if self.project.models[c.model].folder == "metrics")


def _by_part(pairs: Iterator[tuple[Any, Column]]) -> dict[Any, Measures]:
    parts: dict[Any, set[Column]] = {}
    for part, measure in pairs:
        parts.setdefault(part, set()).add(measure)
    return {part: frozenset(measures) for part, measures in parts.items()}


def _all(parts: Iterable[Measures]) -> Measures:
    return frozenset().union(*parts)


def _listed(measures: Measures) -> str:
    """`int_deals_daily: deals_count, won_deals_count; int_leads_daily: leads_count`"""
    names: dict[str, list[str]] = {}
    for measure in sorted(measures):
        names.setdefault(measure.model, []).append(measure.name)
    return "; ".join(f"{model}: {', '.join(columns)}" for model, columns in names.items())


def _model(node: dict[str, Any]) -> Model:
    # seeds, models/staging/amocrm, models/intermediate/metrics, models/marts/director
    folders = Path(node["original_file_path"]).parent.parts
    return Model(
        name=node["name"],
        schema=node["schema"],
        folder=folders[-1] if "intermediate" in folders else folders[:2][-1],
        sql=node.get("compiled_code", ""),
        types={name: column["data_type"] or "" for name, column in node["columns"].items()},
    )


def _kind(test: dict[str, Any]) -> Any:
    return test.get("test_metadata", {}).get("name", "singular")


def _tested_column(test: dict[str, Any]) -> Column:
    return Column(test["attached_node"].split(".")[-1], test["column_name"])


def _referred_column(test: dict[str, Any]) -> Column:
    arguments = test["test_metadata"]["kwargs"]
    return Column(arguments["to"].removeprefix("ref('").removesuffix("')"), arguments["field"])


def _reads(test: dict[str, Any]) -> frozenset[str]:
    return frozenset(name.split(".")[-1] for name in test["depends_on"]["nodes"])
