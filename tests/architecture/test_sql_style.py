"""House rules of the SQL that its text shows: no dbt, no database."""

import re
from pathlib import Path

import pytest

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
LONGEST_LINE = 100
SQL_FILES = sorted(
    file for folder in ("models", "macros", "tests") for file in (DBT / folder).rglob("*.sql")
)
MODELS = sorted((DBT / "models").rglob("*.sql"))
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
CTE = re.compile(r"^(\w+)(?: \([\w, ]+\))? as \($", re.MULTILINE)
GROUP_BY_POSITION = re.compile(r"\b(?:group|order)\s+by\s+\d", re.IGNORECASE)
RIGHT_JOIN = re.compile(r"\bright\s+(?:outer\s+)?join\b", re.IGNORECASE)
BARE_JOIN = re.compile(r"^\s*join\b", re.IGNORECASE | re.MULTILINE)
SHORT_ALIAS = re.compile(
    r"\b(?:from|join)\s+(?:\w+|\{\{[^}]*\}\}|\))\s+(?:as\s+)?([a-z]{1,2})\b(?!\s*\()"
)
KEYWORD_ALIASES = {"at", "by", "do", "end", "if", "in", "is", "on", "or", "to"}
NAME_BY_FOLDER = {
    "steps": re.compile(r"int_[a-z]+(_[a-z]+)+"),
    "entities": re.compile(r"int(_[a-z]+)*_[a-z]+s|int_calendar|int_currency_rates_daily"),
    "metrics": re.compile(r"int(_[a-z]+)+_daily"),
}
"""A step is named by things and what was done to them, an entity by things, a metric by its day."""


def code_of(file: Path) -> str:
    return COMMENT.sub("", file.read_text("utf-8"))


def name_of(file: Path) -> str:
    return str(file.relative_to(DBT))


@pytest.mark.parametrize("file", SQL_FILES, ids=name_of)
def test_no_line_is_longer_than_a_screen(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    long = [number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE]
    assert not long, f"longer than {LONGEST_LINE} characters: lines {long}"


@pytest.mark.parametrize("file", SQL_FILES, ids=name_of)
def test_columns_are_named_and_joins_say_their_kind(file: Path) -> None:
    code = code_of(file)
    assert not GROUP_BY_POSITION.search(code), "group or order by a name, not by a position"
    assert not RIGHT_JOIN.search(code), "turn the right join into a left join"
    assert not BARE_JOIN.search(code), "say inner, left, full or cross"


@pytest.mark.parametrize("file", SQL_FILES, ids=name_of)
def test_no_alias_is_shorter_than_a_word_or_reads_as_a_keyword(file: Path) -> None:
    code = code_of(file)
    aliases = set(re.findall(r"\bas ([a-z_]+)\b(?! \()", code))
    assert not aliases & KEYWORD_ALIASES
    assert not {alias for alias in aliases if len(alias) < 3}
    assert not set(SHORT_ALIAS.findall(code)) - KEYWORD_ALIASES - {"as"}


@pytest.mark.parametrize("file", MODELS, ids=name_of)
def test_a_model_ends_by_selecting_what_it_is_named_after(file: Path) -> None:
    code = code_of(file).rstrip()
    steps = CTE.findall(code)
    if "staging" in file.parts and len(steps) < 2:
        return  # one select needs no name
    assert steps[-1] == file.stem
    assert code.splitlines()[-1] == f"select * from {file.stem}"


@pytest.mark.parametrize("folder", NAME_BY_FOLDER)
def test_a_model_is_named_as_its_folder_says(folder: str) -> None:
    names = [file.stem for file in (DBT / "models" / "intermediate" / folder).glob("*.sql")]
    assert names
    for name in names:
        assert NAME_BY_FOLDER[folder].fullmatch(name), name
