"""Who may import whom: read from the source text, so that nothing is executed."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "warehouse",
    "ingestion",
    "expectations",
    "alerts",
    "dashboards",
    "demo",
    "orchestration",
)
FACES = {"orchestration": {"warehouse", "ingestion", "expectations", "alerts", "dashboards"}}
"""What each package may import of the others; what is not listed here imports none."""
ONLY_IN = {
    "dagster": {"orchestration"},
    "dagster_dbt": {"orchestration"},
    "dbt": {"orchestration"},
    "dlt": {"ingestion"},
    "great_expectations": {"expectations"},
}
"""Tools that one package hides from the rest."""

IMPORT_EVERYTHING = """
import importlib, os, socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("a module opened a connection while being imported")
socket.socket.connect = refuse
sys.path.insert(0, sys.argv[1])
for module in sys.argv[2:]:
    importlib.import_module(module)
sys.exit(f"written while importing: {os.listdir()}" if os.listdir() else 0)
"""


def python_files(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def imported_packages(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_no_other_than_the_faces_it_may_know(package: str) -> None:
    allowed = {package} | FACES.get(package, set())
    for file in python_files(package):
        strangers = imported_packages(file) & set(PACKAGES) - allowed
        assert not strangers, f"{file.relative_to(ROOT)} imports {strangers}"


@pytest.mark.parametrize("tool", ONLY_IN)
def test_a_tool_is_imported_only_by_the_package_that_hides_it(tool: str) -> None:
    for package in set(PACKAGES) - ONLY_IN[tool]:
        for file in python_files(package):
            assert tool not in imported_packages(file), f"{file.relative_to(ROOT)} imports {tool}"


def test_what_is_imported_is_declared() -> None:
    """Not left to what some dependency of ours happens to bring along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    declared = {
        canonical(re.match(r"[\w.-]+", requirement)[0])
        for requirement in project["project"]["dependencies"]
    }
    distributions = metadata.packages_distributions()
    for package in PACKAGES:
        for file in python_files(package):
            for module in imported_packages(file) - set(PACKAGES) - sys.stdlib_module_names:
                bringing = {canonical(name) for name in distributions.get(module, [module])}
                assert bringing & declared, f"{file.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_environment_is_read_in_one_file_and_at_most_handed_over_by_the_command_line(
    package: str,
) -> None:
    for file in python_files(package):
        if file.name == "settings.py":
            continue
        # Handing the whole environment to a child process reads nothing of it.
        reads = re.findall(r"environ\.get\(|environ\[|getenv\(", file.read_text("utf-8"))
        assert not reads, f"{file.relative_to(ROOT)} reads the environment"


def test_importing_any_module_needs_no_environment_no_folder_and_no_network(
    tmp_path: Path,
) -> None:
    modules = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for file in python_files(package)
    ]
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, str(ROOT), *sorted(modules)],
        # Bytecode and caches are not the modules' doing.
        env={"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
