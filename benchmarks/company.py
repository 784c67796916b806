"""A demo company and a warehouse of its own, which a benchmark may use up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.transform import Warehouse
from demo.apart import Apart, served
from warehouse import service


@contextmanager
def company_with_warehouse(*story: str) -> Iterator[tuple[Apart, Warehouse]]:
    """The company of those arguments and an empty warehouse, both thrown away at the end."""
    rate = ("--requests-per-second", "2000")
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder,
        served(*story, *rate) as demo,
    ):
        warehouse = Warehouse(Path(folder), demo.variables(*rate))
        try:
            yield demo, warehouse
        finally:
            service.down(warehouse.settings)
