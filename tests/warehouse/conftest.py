"""Servers of this package's own tests, and the command line as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from warehouse import service
from warehouse.settings import Settings


@dataclass(frozen=True)
class Cli:
    """`python -m warehouse` on one VAR_DIR; calling it runs one command."""

    var_dir: Path
    checkout: Path = Path(__file__).parents[2]

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "warehouse", *arguments],
            cwd=self.checkout,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def environment(self, **variables: str) -> dict[str, str]:
        """This process's environment with nothing of a running warehouse left in it."""
        ours = ("WAREHOUSE_", "PG", "VAR_DIR")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**inherited, "VAR_DIR": str(self.var_dir), **variables}


@pytest.fixture
def var_dir(tmp_path: Path) -> Iterator[Path]:
    """A VAR_DIR that does not exist yet; a server a test starts in it is stopped afterwards."""
    path = tmp_path / "var"
    yield path
    if path.is_dir():
        service.down(Settings(var_dir=path))


@pytest.fixture
def cli(var_dir: Path) -> Cli:
    return Cli(var_dir)
