"""What every column of a dbt model is made of, told from its compiled SQL: no database.

Belongs here: reading SQL. What may be made of what is for the tests that ask.

A column carries values of other columns, or numbers made of many rows: counts and sums. Both are
followed through common table expressions, subqueries, joins, unions and models, down to the models
lineage is told to stop at, whose columns are taken for what they are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeGuard

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

# These make one number of many rows. Others (min, max, lists) pick values and make none.
SUMS = (exp.Sum, exp.Avg, exp.Median, exp.PercentileCont, exp.PercentileDisc, exp.Stddev)
OVER_ROWS = (exp.AggFunc, exp.Filter, exp.WithinGroup, exp.Window)
CONDITIONS = (exp.Predicate, exp.Connector, exp.Not)


@dataclass(frozen=True, order=True)
class Column:
    model: str
    name: str


@dataclass(frozen=True)
class Aggregate:
    """A number that `model` makes of many rows: it counts rows of models, or adds up columns.

    `of` are the aggregates of fewer rows that it adds up again, `keys` what its rows are grouped
    by, none for one number of all rows.
    """

    model: str
    counts: frozenset[str] = frozenset()
    adds: frozenset[Column] = frozenset()
    of: frozenset[Aggregate] = frozenset()
    keys: frozenset[Column] = frozenset()

    def within(self) -> Iterator[Aggregate]:
        """This aggregate and all it adds up."""
        yield self
        for aggregate in self.of:
            yield from aggregate.within()


@dataclass(frozen=True)
class Division:
    """A quotient that `model` makes, and the columns below its line."""

    model: str
    divisor: frozenset[Column]


@dataclass(frozen=True)
class Made:
    """What an expression is made of. `tested` is what its conditions look at."""

    values: frozenset[Column] = frozenset()
    tested: frozenset[Column] = frozenset()
    aggregates: frozenset[Aggregate] = frozenset()
    divisions: frozenset[Division] = frozenset()

    def __or__(self, other: Made) -> Made:
        return Made(
            self.values | other.values,
            self.tested | other.tested,
            self.aggregates | other.aggregates,
            self.divisions | other.divisions,
        )

    @property
    def as_condition(self) -> Made:
        return Made(tested=self.values | self.tested)

    @property
    def every_aggregate(self) -> set[Aggregate]:
        return {inner for aggregate in self.aggregates for inner in aggregate.within()}

    @property
    def carried(self) -> frozenset[Column]:
        """Every column whose values are in it, as they are or added up."""
        return self.values.union(*(aggregate.adds for aggregate in self.every_aggregate))


@dataclass(frozen=True)
class Model:
    """A model, seed or other relation that SQL may read; `sql` is compiled, empty for a seed."""

    name: str
    schema: str
    folder: str
    sql: str
    types: Mapping[str, str] = field(default_factory=dict)
    """Every column by name, with the type its yml states or an empty text."""


class Lineage:
    """What the columns of `models` are made of, looking behind none whose folder is in `stops`.

    Raises sqlglot's errors for SQL it cannot read, and KeyError for a relation that is no model.
    """

    def __init__(self, models: Mapping[str, Model], stops: frozenset[str]) -> None:
        self.models = models
        self.stops = stops
        self._selects: dict[str, _Select] = {}
        self._schema = MappingSchema(dialect="postgres")
        for model in models.values():
            if model.types:
                types = {name: kind or "unknown" for name, kind in model.types.items()}
                self._schema.add_table(f"{model.schema}.{model.name}", types)

    def with_models(self, models: Mapping[str, Model]) -> Lineage:
        """The same of these models, without reading again what has been read of the same ones."""
        other = Lineage(models, self.stops)
        other._selects = {
            name: select
            for name, select in self._selects.items()
            if models.get(name) is self.models[name]
        }
        return other

    def columns(self, model: str) -> dict[str, Made]:
        """What each column of the model is made of, in the order of its select."""
        select = self.select(model)
        return {name: select.column(name) for name in select.names}

    def select(self, model: str) -> _Select:
        if model not in self._selects:
            tree = sqlglot.parse_one(self.models[model].sql, dialect="postgres")
            for table in tree.find_all(exp.Table):
                table.set("catalog", None)
            tree = qualify(
                tree,
                dialect="postgres",
                schema=self._schema,
                quote_identifiers=False,
                validate_qualify_columns=False,
            )
            scope = build_scope(tree)
            assert scope, f"{model} selects nothing"
            self._selects[model] = _Select(self, model, scope)
        return self._selects[model]

    def behind(self, column: Column) -> Made:
        if self.models[column.model].folder in self.stops:
            return Made(values=frozenset({column}))
        return self.select(column.model).column(column.name)

    def rows_behind(self, model: str) -> frozenset[str]:
        if self.models[model].folder in self.stops:
            return frozenset({model})
        return self.select(model).rows

    def is_truth(self, column: Column) -> bool:
        return self.models[column.model].types.get(column.name) == "boolean"


class _Select:
    """One select, union or list of values within a model; `scope` knows the relations it reads."""

    def __init__(self, lineage: Lineage, model: str, scope: Scope) -> None:
        self.lineage = lineage
        self.model = model
        self.names = scope.outer_columns or scope.expression.named_selects
        if isinstance(scope.expression, exp.Lateral):
            queries = [s for s in scope.subquery_scopes if isinstance(s.expression, exp.Query)]
            scope = queries[0] if queries else scope
            self.names = self.names or scope.expression.named_selects
        self.scope = scope
        self._columns: dict[str, Made] = {}

    @cached_property
    def parts(self) -> list[_Select]:
        return [self.inner(part) for part in self.scope.set_operation_scopes]

    @cached_property
    def sources(self) -> dict[str, _Select | exp.Table]:
        return {
            alias: self.inner(source) if isinstance(source, Scope) else source
            for alias, source in self.scope.sources.items()
        }

    @cached_property
    def rows(self) -> frozenset[str]:
        """Models whose rows its rows are. What is left joined adds columns, not rows."""
        own = (self.rows_of(alias) for alias in self.aliases - self.left_joined)
        return frozenset().union(*own, *(part.rows for part in self.parts))

    @cached_property
    def aliases(self) -> set[str]:
        select = self.scope.expression
        first = select.args.get("from_")
        joins = select.args.get("joins") or []
        return {relation.this.alias_or_name for relation in [first, *joins] if relation}

    @cached_property
    def left_joined(self) -> set[str]:
        joins = self.scope.expression.args.get("joins") or []
        return {join.this.alias_or_name for join in joins if join.side == "LEFT"}

    @cached_property
    def group_keys(self) -> frozenset[Column]:
        group = self.scope.expression.args.get("group")
        return self.all_of(group.expressions).values if group else frozenset()

    def inner(self, scope: Scope) -> _Select:
        return _Select(self.lineage, self.model, scope)

    def rows_of(self, alias: str) -> frozenset[str]:
        source = self.sources.get(alias)
        if isinstance(source, _Select):
            return source.rows
        return self.lineage.rows_behind(source.name) if _is_model(source) else frozenset()

    def column(self, name: str) -> Made:
        if name not in self._columns:
            self._columns[name] = self.read_column(name)
        return self._columns[name]

    def read_column(self, name: str) -> Made:
        place = self.names.index(name)
        if self.parts:
            return _union(part.column(part.names[place]) for part in self.parts)
        expression = self.scope.expression
        if isinstance(expression, exp.Lateral):
            expression = expression.this.unnest()
        if isinstance(expression, exp.Select):
            return self.of(expression.selects[place])
        if isinstance(expression, exp.Values):
            return self.all_of(row.expressions[place] for row in expression.expressions)
        return self.of(expression)  # a function that returns rows

    def all_of(self, nodes: Iterable[exp.Expr | None]) -> Made:
        return _union(self.of(node) for node in nodes if node is not None)

    def of(self, node: exp.Expr) -> Made:
        """What the expression is made of, where its columns are those of this select."""
        if isinstance(node, exp.Column):
            return self.of_column(node)
        if isinstance(node, exp.Query):
            return self.of_subquery(node)
        if isinstance(node, OVER_ROWS):
            return self.of_rows(node)
        if isinstance(node, CONDITIONS):
            return self.all_of(node.find_all(exp.Column)).as_condition
        if isinstance(node, exp.Case):
            tests = self.all_of([node.this, *(branch.this for branch in node.args["ifs"])])
            results = [*(branch.args["true"] for branch in node.args["ifs"]), node.args["default"]]
            return self.all_of(results) | tests.as_condition
        parts = self.all_of(node.iter_expressions())
        if isinstance(node, exp.Div):
            division = Division(self.model, self.of(node.expression).carried)
            return replace(parts, divisions=parts.divisions | {division})
        return parts

    def of_column(self, node: exp.Column) -> Made:
        source = self.sources.get(node.table)
        if isinstance(source, _Select):
            return source.column(node.name)
        if _is_model(source):
            return self.lineage.behind(Column(source.name, node.name))
        return Made()

    def of_subquery(self, node: exp.Query) -> Made:
        query = node.unnest()
        for scope in self.scope.subquery_scopes:
            if scope.expression is query:
                select = self.inner(scope)
                return select.column(select.names[0])
        return Made()

    def of_rows(self, node: exp.Expr) -> Made:
        """Of a call that looks at many rows, with the filter and the window it may have."""
        call, keys, condition = node, self.group_keys, Made()
        arguments: list[exp.Expr] = []
        while not isinstance(call, exp.AggFunc) and isinstance(call, OVER_ROWS):
            if isinstance(call, exp.Window):
                keys = self.all_of(call.args.get("partition_by") or []).values
            elif isinstance(call, exp.Filter):
                condition = self.of(call.expression.this).as_condition
            else:
                arguments = call.expression.expressions  # within group (order by ...)
            call = call.this
        arguments = arguments or list(call.iter_expressions())
        argument = self.all_of(arguments)
        if not isinstance(call, (exp.Count, *SUMS)):
            return argument

        numbers = frozenset(c for c in argument.values if not self.lineage.is_truth(c))
        if not isinstance(call, exp.Count) and (numbers or argument.aggregates):
            made = Aggregate(self.model, adds=numbers, of=argument.aggregates, keys=keys)
            return replace(argument, values=frozenset(), aggregates=frozenset({made}))
        # Ones, or the truth of a condition, are added up to count rows.
        looked_at = argument.values | argument.tested | condition.tested
        counts = {column.model for column in looked_at} | self.rows_counted(arguments)
        return Made(aggregates=frozenset({Aggregate(self.model, frozenset(counts), keys=keys)}))

    def rows_counted(self, arguments: Iterable[exp.Expr]) -> frozenset[str]:
        """All rows, unless a value is counted that only rows of a left joined relation have."""
        aliases = {column.table for node in arguments for column in node.find_all(exp.Column)}
        return frozenset() if aliases and aliases <= self.left_joined else self.rows


def _is_model(source: object) -> TypeGuard[exp.Table]:
    """Models have a schema. What has none is a recursive query's own name: its first part tells."""
    return isinstance(source, exp.Table) and bool(source.db)


def _union(parts: Iterable[Made]) -> Made:
    whole = Made()
    for part in parts:
        whole |= part
    return whole
