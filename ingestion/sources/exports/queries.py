"""What one SQL file asks for, read from DuckDB's own parse of it: its files, and what it guesses.

What belongs here: looking at a query before it runs. What does not: running it (`duck`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.sources.exports.declarations import DeclaredFile
from ingestion.sources.exports.faults import FileFaultError

if TYPE_CHECKING:
    import duckdb

Node = Mapping[str, Any]

_READ_CSV = ("read_csv", "read_csv_auto")
_HIDES_SQL = ("query", "query_table")
_FORMATS = {
    "DATE": ("dateformat", "date_format"),
    "TIMESTAMP": ("timestampformat", "timestamp_format"),
}
"""The arguments of read_csv that declare how dates and times are written."""
_TYPES = frozenset({"columns", "types", "dtypes", "column_types"})
# fmt: off
_CLOCKS = frozenset({
    "now", "today", "current_date", "current_time", "current_timestamp", "localtime",
    "localtimestamp", "get_current_time", "get_current_timestamp", "transaction_timestamp",
    "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "nextval",
})
# fmt: on


@dataclass(frozen=True)
class Query:
    """One select. `sql` is as the company wrote it, without its last semicolon."""

    sql: str
    nodes: tuple[Node, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The names it reads from that are no functions."""
        return frozenset(node["table_name"] for node in self._of_type("BASE_TABLE"))

    @property
    def depends_on_the_hour(self) -> bool:
        """Whether the same files may give other rows at another time."""
        functions = {node["function_name"].lower() for node in self._of_type("FUNCTION")}
        # current_date and its like parse as the name of a column.
        columns = {node["column_names"][-1].lower() for node in self._of_type("COLUMN_REF")}
        return not _CLOCKS.isdisjoint(functions | columns)

    def files(
        self,
        connection: duckdb.DuckDBPyConnection,
        declared: Mapping[str, DeclaredFile],
        data: Path,
    ) -> list[Path]:
        """Every file the rows may come from; all of the folder where that cannot be told."""
        import duckdb

        lowered = {name.lower(): file for name, file in declared.items()}
        found: set[Path] = set()
        for name in self.tables:
            if name.lower() in lowered:
                found.update(lowered[name.lower()].paths(data))
            elif "." in name:
                found.update(_matching(connection, _literal(name)))
        for call in self._calls():
            if call["function_name"] in _HIDES_SQL:
                return _below(data)
            try:
                found.update(_matching(connection, call["arguments"][0]["expression"]))
            except (duckdb.Error, IndexError):  # not a path, or one that another table gives
                return _below(data)
        return sorted(found)

    def refuse_guessed_dates(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Raises FileFaultError where DuckDB would decide by itself if day or month comes first.

        It does so for a date that is not written 2026-01-31, in a read_csv without `dateformat`,
        `timestampformat` or `all_varchar`.
        """
        calls = [call for call in self._calls() if call["function_name"] in _READ_CSV]
        calls += [
            _call_of(_literal(node["table_name"]), "read_csv")
            for node in self._of_type("BASE_TABLE")
            if node["table_name"].lower().endswith((".csv", ".tsv"))
        ]
        for call in calls:
            given = dict(_named(call["arguments"]))
            if _is_false(given.get("auto_detect")):
                continue
            for path in _matching(connection, call["arguments"][0]["expression"]):
                _refuse_guess(connection, call, path, frozenset(given))

    def _calls(self) -> Iterator[Node]:
        return (node["function"] for node in self._of_type("TABLE_FUNCTION"))

    def _of_type(self, kind: str) -> Iterator[Node]:
        return (node for node in self.nodes if node["type"] == kind)


def parsed(connection: duckdb.DuckDBPyConnection, text: str, name: str) -> Query:
    """The select in `text`. FileFaultError when it is none, duckdb.Error when it is no SQL."""
    import duckdb

    statements = connection.extract_statements(text)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise FileFaultError(
            f"{name} holds {len(statements)} statements or is not a select",
            "Leave one select in it",
        )
    sql = statements[0].query.strip().rstrip(";")
    return Query(sql, tuple(_nodes(_tree(connection, sql))))


def _refuse_guess(
    connection: duckdb.DuckDBPyConnection, call: Node, path: Path, given: frozenset[str]
) -> None:
    """Compares what the file looks like with the types that read_csv will give it."""
    read = _with_path(call, path)
    # sniff_csv does not sniff where it does not agree with a declared type.
    sniff = _with_path(call, path, without=_TYPES) | _named_function("sniff_csv")
    types = [str(kind) for kind in connection.sql(_sql(connection, read, "*")).types]
    [(columns, *formats)] = _select(connection, sniff, "Columns, DateFormat, TimestampFormat")
    for (kind, declaring), form in zip(_FORMATS.items(), formats, strict=True):
        if not form or form.startswith("%Y") or given.intersection(declaring):
            continue
        # A type of the declared ones stands where the file has its column.
        names = [
            column["name"]
            for column, read_as in zip(columns, types, strict=False)
            if column["type"] == kind and read_as.startswith(tuple(_FORMATS))
        ]
        if names:
            raise FileFaultError(
                f"column {', '.join(names)} of {path.name} holds dates from row 2 on that are not "
                "written 2026-01-31, so day and month could be mistaken",
                f"Give read_csv {declaring[0]} = '…' (such as '%d.%m.%Y'), or declare the file in "
                "files.yml",
            )


def _with_path(call: Node, path: Path, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """`call` for one file of those it is for."""
    first, *others = call["arguments"]
    kept = [other for other in others if not without.intersection(dict(_named([other])))]
    return {**call, "arguments": [{**first, "expression": _literal(str(path))}, *kept]}


def _named_function(name: str) -> dict[str, Any]:
    return {"function_name": name, "qualified_name": {"path": [name]}}


def _matching(connection: duckdb.DuckDBPyConnection, expression: Node) -> list[Path]:
    return [Path(row[0]) for row in _select(connection, _call_of(expression), "file")]


def _select(
    connection: duckdb.DuckDBPyConnection, call: Node, columns: str
) -> list[tuple[Any, ...]]:
    return connection.execute(_sql(connection, call, columns)).fetchall()


def _sql(connection: duckdb.DuckDBPyConnection, call: Node, columns: str) -> str:
    """`select columns from call`."""
    tree = _tree(connection, "select * from glob('')")
    tree["statements"][0]["node"]["from_table"]["function"] = call
    [(sql,)] = connection.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    return f"select {columns} from ({sql})"


def _call_of(expression: Node, name: str = "glob") -> dict[str, Any]:
    """`name(expression)` as DuckDB parses it."""
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "alias": "",
        "schema": "",
        "catalog": "",
        "filter": None,
        "order_bys": {"type": "ORDER_MODIFIER", "orders": []},
        "distinct": False,
        "is_operator": False,
        "export_state": False,
        "arguments": [{"name": "", "expression": expression}],
        **_named_function(name),
    }


def _literal(text: str) -> dict[str, Any]:
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "literal": {"kind": "STRING", "text": text},
    }


def _named(arguments: Iterable[Node]) -> Iterator[tuple[str, Node]]:
    """Those given as `name = value`, which parse as comparisons."""
    for argument in arguments:
        expression = argument["expression"]
        if argument["name"]:
            yield argument["name"].lower(), expression
        elif expression["type"] == "COMPARE_EQUAL" and "column_names" in expression["left"]:
            yield expression["left"]["column_names"][-1].lower(), expression["right"]


def _is_false(expression: Node | None) -> bool:
    literal = (expression or {}).get("literal", {})
    return str(literal.get("text")).lower() in ("false", "0")


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    [(text,)] = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()
    tree: dict[str, Any] = json.loads(text)
    return tree


def _nodes(tree: object) -> Iterator[Node]:
    if isinstance(tree, dict):
        if "type" in tree:
            yield tree
        for below in tree.values():
            yield from _nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _nodes(below)


def _below(data: Path) -> list[Path]:
    return sorted(path for path in data.rglob("*") if path.is_file())
