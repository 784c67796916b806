"""`scripts/service`: nothing but what it started is ever stopped."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = str(ROOT / "scripts" / "service")
LEADER_WITH_CHILD = "trap exit TERM; sleep 300 & while :; do sleep 0.1; done"


@pytest.fixture
def service(tmp_path: Path):
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SERVICE, *arguments],
            env=os.environ | {"VAR_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    yield call
    call("stop", "it")


def pid(folder: Path) -> int:
    return int((folder / "run" / "it.pid").read_text())


def is_running(process: str) -> bool:
    """A zombie, ended and waiting for its parent to notice, has no command line."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except FileNotFoundError:
        return False


def test_a_started_program_runs_until_it_is_stopped(service, tmp_path: Path) -> None:
    assert service("status", "it").returncode == 1
    assert service("start", "it", "--", "sleep", "300").returncode == 0
    assert service("status", "it").returncode == 0
    assert "stopped" in service("stop", "it").stdout
    assert service("status", "it").returncode == 1


def test_starting_twice_starts_once(service, tmp_path: Path) -> None:
    service("start", "it", "--", "sleep", "300")
    first = pid(tmp_path)
    service("start", "it", "--", "sleep", "300")
    assert pid(tmp_path) == first


def test_stopping_takes_the_children_along(service, tmp_path: Path) -> None:
    service("start", "it", "--", "bash", "-c", LEADER_WITH_CHILD)
    time.sleep(0.3)
    leader = pid(tmp_path)
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    assert children
    service("stop", "it")
    assert not [child for child in children if is_running(child)]


def test_a_stale_pid_of_somebody_elses_process_is_left_alone(service, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]) as stranger:
        try:
            service("start", "it", "--", "sleep", "0")
            time.sleep(0.3)
            (tmp_path / "run" / "it.pid").write_text(str(stranger.pid))
            service("stop", "it")
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_stopping_what_does_not_run_is_no_error(service) -> None:
    assert service("stop", "it").returncode == 0
