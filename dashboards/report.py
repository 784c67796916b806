"""One report: everything read in one transaction, every file put in place whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from dashboards import pages, workbook
from dashboards.marts import read
from dashboards.settings import Settings

DIRECTOR, SALES_HEAD, WORKBOOK = "director.html", "sales_head.html", "reports.xlsx"


def write(settings: Settings) -> list[Path]:
    """Write the report; the files, the starting page first."""
    marts = read(settings)
    settings.folder.mkdir(parents=True, exist_ok=True)

    def page(template: str) -> Callable[[Path], None]:
        return lambda path: _write_text(path, pages.render(template, marts, settings))

    return [
        put_in_place(settings.folder / name, writer)
        for name, writer in (
            (DIRECTOR, page(DIRECTOR)),
            (SALES_HEAD, page(SALES_HEAD)),
            (WORKBOOK, lambda path: workbook.write(path, marts, settings)),
            ("index.html", page("index.html")),
        )
    ]


def put_in_place(path: Path, writer: Callable[[Path], None]) -> Path:
    """Let `writer` fill a file beside `path` and rename it: a reader never meets half a file."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        writer(unfinished)
        unfinished.chmod(0o600)  # names and phones of customers
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
