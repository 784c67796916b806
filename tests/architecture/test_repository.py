"""Promises about the repository's files that no single package could keep alone."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("warehouse", "ingestion", "expectations", "alerts", "demo", "orchestration")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+_?")
"""How our variables look; a trailing underscore is a prefix, such as that of chat ids."""
DOCUMENTED = re.compile(r"^#? ?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
ENV_VAR = re.compile(r"env_var\(\s*'([A-Z_]+)'")


def variables_read() -> set[str]:
    """Names in each package's settings, in the sources' declarations, and in dbt's files."""
    files = [ROOT / package / "settings.py" for package in PACKAGES]
    files += (ROOT / "ingestion" / "sources").glob("*/__init__.py")
    names = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }
    for file in (ROOT / "dbt_project").rglob("*"):
        if file.suffix in (".sql", ".yml"):
            names |= set(ENV_VAR.findall(file.read_text("utf-8")))
    dagster = (ROOT / "orchestration" / "dagster.yaml").read_text("utf-8")
    return names | set(re.findall(r"env: ([A-Z_]+)", dagster))


def committed_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_variable_that_is_read_is_explained_in_env_example() -> None:
    documented = set(DOCUMENTED.findall((ROOT / ".env.example").read_text("utf-8")))
    read = variables_read()
    prefixes = tuple(name for name in read if name.endswith("_"))
    missing = {name for name in read if not name.endswith("_")} - documented
    assert not missing, f"explain them in .env.example: {sorted(missing)}"
    unread = {name for name in documented - read if not name.startswith(prefixes)}
    assert not unread, f"nothing reads these: {sorted(unread)}"


def test_one_process_runs_a_whole_file(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("nobody asked for files to be kept together")
    # What xdist tells the groups apart by: without it each process builds each file's warehouse.
    assert request.node.nodeid.endswith("@tests/architecture/test_repository.py")


def test_definitions_are_assembly_only() -> None:
    lines = (ROOT / "orchestration" / "definitions.py").read_text("utf-8").splitlines()
    assert len(lines) <= 40


def test_orchestration_names_no_model() -> None:
    models = {file.stem for file in (ROOT / "dbt_project" / "models").rglob("*.sql")}
    named = {model for model in models if "_" in model}  # `deals` alone is an English word
    for file in (ROOT / "orchestration").rglob("*.py"):
        code = ast.dump(ast.parse(file.read_text("utf-8")))
        docstrings_aside = set(re.findall(r"Constant\(value='([^' ]+)'", code))
        assert not {name for name in named if name in docstrings_aside}, file.name


def test_the_lock_pins_by_hash_and_names_no_package_index() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "index-url" not in lock
    assert "find-links" not in lock
    assert "://" not in lock


def test_no_file_names_the_folder_it_happens_to_be_checked_out_in() -> None:
    here = str(ROOT).encode()
    naming = [file.name for file in committed_files() if here + b"/" in file.read_bytes()]
    assert not naming
