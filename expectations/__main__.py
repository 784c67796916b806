"""`python -m expectations list | prepare | run [--asset SCHEMA/TABLE] | report [--brief]`.

Exit code 0: no more than warnings. 1: a check of severity `error` failed, or one crashed. 2: the
checks could not be made at all; one sentence says why.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from uuid import uuid4

from expectations import report, runner, store
from expectations.catalog import contracts
from expectations.errors import QualityError
from expectations.settings import QualitySettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, do, and turn this package's own errors into a sentence and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    options = _parser().parse_args(arguments)
    try:
        return _do(options)
    except QualityError as error:
        sys.stderr.write(f"expectations: {error}\n")
        return 2


def _do(options: argparse.Namespace) -> int:
    if options.command == "list":
        sys.stdout.write(report.catalogue(contracts()))
        return 0
    settings = QualitySettings.from_environment()
    if options.command == "run":
        return _run(settings, options.asset)
    if options.command == "prepare":
        store.prepare(settings, contracts())
        return 0
    shown = report.brief if options.brief else report.outcomes_by_owner
    sys.stdout.write(shown(contracts(), store.latest(settings)))
    return 0


def _run(settings: QualitySettings, assets: Sequence[str] | None) -> int:
    run_id = str(uuid4())
    outcomes = runner.run(settings, assets=assets, run_id=run_id, clock=settings.clock)
    store.record(settings, outcomes, run_id, settings.clock())
    sys.stdout.write(report.outcomes_by_owner(contracts(), outcomes))
    crashed = any(outcome.status == "crashed" for outcome in outcomes)
    return int(crashed or any(outcome.is_error for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m expectations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what is checked, and who repairs it")
    commands.add_parser("prepare", help="create the tables of schema quality unless they are there")
    run = commands.add_parser("run", help="make the checks, keep and show their outcomes")
    run.add_argument("--asset", action="append", help="only this schema/table; may be repeated")
    newest = commands.add_parser("report", help="the newest outcome of each check, by owner")
    newest.add_argument("--brief", action="store_true", help="only what is not in order")
    return parser


if __name__ == "__main__":
    sys.exit(main())
