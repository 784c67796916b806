"""`scripts/env`: who wins when a variable is given twice, and that two companies never mix."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingestion.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]
SWITCHES = [source.switch for source in SOURCES]
DEMO_ADDRESS = "http://127.0.0.1:8101/amocrm"
THEIR_ADDRESS = "https://wholesaler.example"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command of the project with a VAR_DIR and a .env of the test's own."""

    def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        places = {"VAR_DIR": str(tmp_path / "var"), "ENV_FILE": str(tmp_path / ".env")}
        return subprocess.run(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **places, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call


def environment_of(run: Run, kind: str = "", **environment: str) -> dict[str, str]:
    """What a command of that kind would run in."""
    done = run("bash", "-c", f". scripts/env; base_environment {kind}; env", **environment)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def write_env(tmp_path: Path, *lines: str) -> None:
    (tmp_path / ".env").write_text("\n".join(lines))


def hold_the_demo(tmp_path: Path) -> None:
    (tmp_path / "var" / "demo").mkdir(parents=True)
    (tmp_path / "var" / "demo" / "env").write_text(f"export AMOCRM_BASE_URL={DEMO_ADDRESS}\n")


def test_the_environment_wins_over_the_file_of_settings(run: Run, tmp_path: Path) -> None:
    write_env(tmp_path, "# a comment", "AMOCRM_TOKEN='of the file'", "export COMPANY_CURRENCY=KZT")
    found = environment_of(run, AMOCRM_TOKEN="of the caller")
    assert (found["AMOCRM_TOKEN"], found["COMPANY_CURRENCY"]) == ("of the caller", "KZT")


def test_the_file_of_settings_may_say_where_everything_lies(run: Run, tmp_path: Path) -> None:
    write_env(tmp_path, f"VAR_DIR={tmp_path}/elsewhere")
    assert environment_of(run, VAR_DIR="")["VAR_DIR"] == f"{tmp_path}/elsewhere"


def test_the_demo_company_wins_over_the_file_of_settings_while_it_is_up(
    run: Run, tmp_path: Path
) -> None:
    hold_the_demo(tmp_path)
    write_env(tmp_path, "AMOCRM_BASE_URL=", "ONEC_USER=ours")
    assert environment_of(run)["AMOCRM_BASE_URL"] == ""
    run("scripts/service", "start", "demo", "--", "sleep", "60")
    try:
        found = environment_of(run)
    finally:
        run("scripts/service", "stop", "demo")
    assert (found["AMOCRM_BASE_URL"], found["ONEC_USER"]) == (DEMO_ADDRESS, "ours")


def test_every_source_of_the_catalogue_is_watched() -> None:
    (written,) = re.findall(
        r"SOURCE_SWITCHES=\((.*)\)", (ROOT / "scripts" / "env").read_text("utf-8")
    )
    assert written.split() == SWITCHES


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_demo_refuses_a_real_source_and_says_what_works_instead(
    run: Run, tmp_path: Path, switch: str
) -> None:
    write_env(tmp_path, f"{switch}={THEIR_ADDRESS}")
    for refused in (run("scripts/demo"), run("scripts/demo", **{switch: "another"})):
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"{switch} is set, and the demo company must not mix")
        assert refused.stderr.count("\n") == 1
        assert not (tmp_path / "var" / "postgres").exists()
        given = refused.stderr.partition("place of its own with ")[2]
        given = given.replace("/tmp/demo", f"{tmp_path}/apart")
        apart = [*given.replace("make demo", "").split(), "bash", "-c"]
        accepted = run(
            *apart, '. scripts/env; base_environment demo; echo "$VAR_DIR"', **{switch: "another"}
        )
        assert accepted.stdout == f"{tmp_path}/apart\n", accepted.stderr


@pytest.mark.integration
def test_the_demo_refuses_a_warehouse_that_holds_another_company(
    run: Run, clean_warehouse: Any
) -> None:
    with psycopg.connect(clean_warehouse.url("loader")) as loader:
        loader.execute("create schema raw_onec")
        loader.execute("create table raw_onec._applied_loads as select 1 as load_id")
    refused = run("scripts/demo", VAR_DIR=str(clean_warehouse.settings.var_dir))
    assert refused.returncode == 1
    assert "The warehouse holds another company" in refused.stderr
    assert not (clean_warehouse.settings.var_dir / "demo").exists()


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("command", ["scripts/up", "scripts/run true", "scripts/docs"])
def test_no_command_lets_a_real_source_in_where_the_demo_company_lies(
    run: Run, tmp_path: Path, switch: str, command: str
) -> None:
    hold_the_demo(tmp_path)
    write_env(tmp_path, f"{switch}={THEIR_ADDRESS}")
    refused = run(*command.split())
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"{tmp_path}/var holds the demo company, and {switch} names another" in refused.stderr
    assert f"make down VAR_DIR={tmp_path}/var ENV_FILE={tmp_path}/.env && rm -r" in refused.stderr


def test_the_way_out_is_open(run: Run, tmp_path: Path) -> None:
    hold_the_demo(tmp_path)
    write_env(tmp_path, f"AMOCRM_BASE_URL={THEIR_ADDRESS}")
    assert run("scripts/down").returncode == 0
    assert run("scripts/status").returncode == 0


@pytest.mark.parametrize("kind", ["", "demo"])
def test_the_demos_own_address_and_an_empty_one_are_no_real_source(
    run: Run, tmp_path: Path, kind: str
) -> None:
    hold_the_demo(tmp_path)
    write_env(tmp_path, "EXPORTS_FOLDER=")
    environment_of(run, kind, AMOCRM_BASE_URL=DEMO_ADDRESS, ONEC_BASE_URL="")
