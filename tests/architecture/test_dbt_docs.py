"""What the dbt project says of its columns, told from its files: no dbt, no database."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
DOCS_BLOCK = re.compile(r"\{% docs (\w+) %\}\n(.+?)\n\{% enddocs %\}", re.DOTALL)
DOC_CALL = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
BLOCKS = dict(
    block
    for file in sorted((DBT / "models").glob("*.md"))
    for block in DOCS_BLOCK.findall(file.read_text("utf-8"))
)


def entries(folder: str, kind: str) -> dict[str, dict[str, Any]]:
    return {
        entry["name"]: entry
        for file in (DBT / folder).rglob("*.yml")
        for entry in (yaml.safe_load(file.read_text("utf-8")) or {}).get(kind, [])
    }


MODELS = entries("models", "models")
SEEDS = entries("seeds", "seeds")


@pytest.mark.parametrize("model", MODELS)
def test_every_column_of_a_model_has_the_text_of_its_name(model: str) -> None:
    """Same name, same thing: the text is the docs block called after the column."""
    assert MODELS[model].get("columns"), "no column is described"
    for column in MODELS[model]["columns"]:
        call = DOC_CALL.fullmatch(column.get("description", ""))
        assert call, f"{column['name']} has no docs block"
        assert call[1] == f"column_{column['name']}"
        assert call[1] in BLOCKS, f"write {call[1]} into models/columns.md"


def test_every_docs_block_of_a_column_is_used() -> None:
    described = {f"column_{column['name']}" for m in MODELS.values() for column in m["columns"]}
    written = {name for name in BLOCKS if name.startswith("column_")}
    assert written == described


DEFINITIONS = dict(DOCS_BLOCK.findall((DBT / "models/definitions.md").read_text("utf-8")))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_is_told_in_english_and_in_russian(name: str) -> None:
    english, russian = DEFINITIONS[name].split("\n\n")
    assert english.startswith("One row per ")
    assert russian.startswith("Строка — ")


COMMENTS = list(csv.DictReader((DBT / "seeds/comments.csv").read_text("utf-8").splitlines()))
MARTS = entries("models/marts", "models")
NAMES_OF_MARTS = {("table", mart) for mart in MARTS} | {
    ("column", column["name"]) for mart in MARTS.values() for column in mart["columns"]
}


def test_every_mart_and_column_of_a_mart_is_told_in_russian() -> None:
    told = {(row["kind"], row["name"]) for row in COMMENTS if row["language"] == "ru"}
    assert told >= NAMES_OF_MARTS, "write it into seeds/comments.csv"


def test_every_comment_is_of_a_name_that_a_mart_has() -> None:
    assert {(row["kind"], row["name"]) for row in COMMENTS} <= NAMES_OF_MARTS


def test_comments_are_sorted_so_that_a_new_one_has_its_place() -> None:
    keys = [(row["kind"], row["name"], row["language"]) for row in COMMENTS]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(("language", "others"), [("ru", "іїєґ"), ("uk", "ыэъё")])
def test_a_comment_is_a_sentence_of_its_language(language: str, others: str) -> None:
    for row in COMMENTS:
        if row["language"] == language:
            assert re.match(f"(?!.*[{others}]).*[а-щ].*\\.$", row["comment"]), row


@pytest.mark.parametrize("file", sorted((DBT / "seeds").glob("*.csv")), ids=lambda f: f.stem)
def test_every_column_of_a_seed_says_what_to_write_there(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    columns = SEEDS[file.stem]["columns"]
    assert [column["name"] for column in columns] == header
    assert all(column.get("description", "").strip() for column in columns)
