"""`files.yml`: how the company's files are written, declared once and never guessed.

What belongs here: the form of that file and the sentences for what is wrong in it. What does not:
opening the declared files.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from ingestion.errors import SourceError

FILES_YML = "files.yml"

Format = Literal["csv", "xlsx", "parquet"]
DateOrder = Literal["day_first", "month_first", "year_first"]


@dataclass(frozen=True)
class DeclaredFile:
    """One entry of files.yml: the SQL finds the rows as a table called `name`.

    `path` is relative to EXPORTS_DATA and may be a pattern (`*.csv`): all matching files are one
    table. Every column is text but those of `dates` (a timestamp without a zone) and `numbers` (a
    decimal). `header_row` counts from 1; what stands above it is not read.
    """

    name: str
    path: str
    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    sheet: str = ""
    header_row: int = 1
    dates: Mapping[str, DateOrder] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""

    def paths(self, data: Path) -> list[Path]:
        """The files that match now, by name."""
        return sorted(path for path in data.glob(self.path) if path.is_file())


def read_declarations(folder: Path) -> dict[str, DeclaredFile]:
    """The declared files by name; none without a files.yml. Raises SourceError."""
    path = folder / FILES_YML
    if not path.exists():
        return {}
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"cannot be read ({type(error).__name__})") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _refused(f"is not YAML{line}") from None
    if not isinstance(entries, dict):
        raise _refused("is not a list of names with what each file is")
    return {str(name): _declared(str(name), entry) for name, entry in entries.items()}


def _declared(name: str, entry: object) -> DeclaredFile:
    if not isinstance(entry, dict):
        raise _refused(f"says nothing of {name}; give at least its path")
    known = {one.name for one in fields(DeclaredFile)} - {"name"}
    if unknown := [str(key) for key in entry if key not in known]:
        raise _refused(
            f"has {', '.join(unknown)} under {name}, which is not one of {', '.join(sorted(known))}"
        )
    given: dict[str, Any] = {**entry, "name": name}
    path = Path(_text(name, given, "path"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _refused(f"names as path of {name} no place inside EXPORTS_DATA")
    given["format"] = _one_of(
        name, "format", given.get("format", path.suffix.removeprefix(".").lower()), Format
    )
    for option in ("encoding", "delimiter", "quote", "sheet", "decimal", "thousands"):
        if option in given:
            given[option] = _text(name, given, option)
    declared = DeclaredFile(
        **given
        | {
            "dates": _dates(name, given.get("dates", {})),
            "numbers": _columns(name, given.get("numbers", [])),
        }
    )
    _check(declared, given)
    return declared


def _check(file: DeclaredFile, given: Mapping[str, Any]) -> None:
    try:
        codecs.lookup(file.encoding)
    except LookupError:
        raise _refused(f"names an unknown encoding of {file.name}; cp1251 and utf-8 are") from None
    if len(file.delimiter) != 1 or not file.delimiter.isascii():
        raise _refused(f'gives a delimiter of {file.name} that is not one sign, such as ";"')
    if file.quote not in ('"', "'", "none"):
        raise _refused(f"gives a quote of {file.name} that is not one of \", ' and none")
    if file.decimal not in (".", ",") or file.thousands not in ("", " ", ",", ".", "'"):
        raise _refused(f'gives signs for numbers of {file.name} that are not like "," and " "')
    if file.decimal == file.thousands:
        raise _refused(f"gives one sign for decimal and thousands of {file.name}")
    if isinstance(file.header_row, bool) or not isinstance(file.header_row, int):
        raise _refused(f"gives a header_row of {file.name} that is not a number")
    if file.header_row < 1:
        raise _refused(f"gives a header_row of {file.name} below 1, the first row")
    foreign = {
        "csv": {"sheet"},
        "xlsx": {"encoding", "delimiter", "quote"},
        "parquet": set(given) - {"name", "path", "format"},
    }[file.format]
    if pointless := sorted(foreign & set(given)):
        raise _refused(f"gives {', '.join(pointless)} for {file.name}, which is {file.format}")


def _dates(name: str, given: object) -> dict[str, DateOrder]:
    if not isinstance(given, dict):
        raise _refused(f"gives dates of {name} that are not like `Дата: day_first`")
    return {
        str(column): _one_of(name, "dates", order, DateOrder) for column, order in given.items()
    }


def _columns(name: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise _refused(f"gives numbers of {name} that are not a list of columns")
    return tuple(str(column) for column in given)


def _text(name: str, given: Mapping[str, Any], option: str) -> str:
    value = given.get(option)
    if not isinstance(value, str):
        raise _refused(f'gives no {option} for {name}; write it in quotes, as in {option}: "…"')
    return value


def _one_of(name: str, option: str, value: object, choices: Any) -> Any:
    if value not in get_args(choices):
        known = ", ".join(get_args(choices))
        raise _refused(f"gives under {name} a value of {option} that is not one of {known}")
    return cast("Any", value)


def _refused(what: str) -> SourceError:
    return SourceError("exports", None, f"{FILES_YML} {what}", "Correct it in EXPORTS_FOLDER")
