"""`python -m orchestration refresh | close-runs`: what make asks of Dagster.

Belongs here: arguments, exit codes, where output goes. Does not belong here: what a job does.
"""

import argparse
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import SQLAlchemyError

from orchestration.definitions import warehouse
from orchestration.defs.schedules import warehouse_rebuild_job, warehouse_refresh_job
from orchestration.defs.transformation import BUILD_STEP
from orchestration.progress import Progress
from orchestration.runs import (
    PROCESS_TAG,
    active_writers,
    close_orphans,
    failed_before,
    this_process,
)
from orchestration.settings import Settings

Say = Callable[[str], None]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did what it says, 1 with one sentence when it did not."""
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("refresh", help="run the whole warehouse_refresh_job once, here and now")
    commands.add_parser("close-runs", help="after the daemon stopped: end the runs it left behind")
    command = parser.parse_args(arguments).command
    settings = Settings.from_environment()
    log = settings.log_folder / f"{command}.log"
    with _only_our_words_on_the_terminal(log) as say:
        try:
            with dg.DagsterInstance.get() as instance:
                if command == "refresh":
                    return refresh(instance, say)
                close_orphans(instance, scheduler_is_stopped=True)
                return 0
        except KeyboardInterrupt:
            say("  interrupted; nothing half-done is visible, run it again")
            return 130
        except (dg.DagsterError, OSError) as error:
            say(f"{_first_line(error)} (all of it: {log})")
            return 1
        except (SQLAlchemyError, DagsterPostgresException) as error:
            traceback.print_exc()  # into the log
            say(
                f"Dagster cannot read or write its runs in Postgres ({_first_line(error)}): see "
                f"`make status` and the disk, then run it again (all of it: {log})"
            )
            return 1


def refresh(instance: dg.DagsterInstance, say: Say) -> int:
    """The whole job once, in this process, recorded in Dagster like any other run."""
    _wait_for_others(instance, say)
    definitions = warehouse()
    succeeded, run_id = _execute(definitions, warehouse_refresh_job.name, instance, say)
    if failed_before(BUILD_STEP, instance, run_id):
        say("  a source failed: the marts are built from what was loaded before")
        _execute(definitions, warehouse_rebuild_job.name, instance, say)
    return 0 if succeeded else 1


def _wait_for_others(instance: dg.DagsterInstance, say: Say) -> None:
    """Let the scheduler's run end first: two builds in the same schemas would break each other."""
    told = None
    close_orphans(instance)
    while running := active_writers(instance):
        if running[0].run_id != told:
            told = running[0].run_id
            say(f"  waiting for {running[0].job_name} {told[:8]} to end (Ctrl-C: do not)")
        time.sleep(2)
        close_orphans(instance)


def _execute(
    definitions: dg.Definitions, job_name: str, instance: dg.DagsterInstance, say: Say
) -> tuple[bool, str]:
    run_id = str(uuid.uuid4())
    instance.add_event_listener(run_id, Progress(say))
    say(f"  {job_name}, run {run_id[:8]}")
    result = definitions.resolve_job_def(job_name).execute_in_process(
        instance=instance,
        run_id=run_id,
        tags={PROCESS_TAG: this_process()},
        raise_on_error=False,
    )
    return result.success, run_id


@contextmanager
def _only_our_words_on_the_terminal(log: Path) -> Iterator[Say]:
    """What dbt and the libraries print (thousands of lines) goes to `log`; what is said, here."""
    log.parent.mkdir(parents=True, exist_ok=True)
    saved = os.dup(1), os.dup(2)
    with os.fdopen(os.dup(1), "w", buffering=1) as terminal, log.open("wb") as everything:
        os.dup2(everything.fileno(), 1)
        os.dup2(everything.fileno(), 2)
        try:
            yield lambda words: _say(terminal.write, words)
        finally:
            for descriptor, original in enumerate(saved, start=1):
                os.dup2(original, descriptor)
                os.close(original)


def _say(write: Callable[[str], object], words: str) -> None:
    write(words + "\n")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
