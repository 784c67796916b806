"""`python -m dashboards report [--folder FOLDER]`: writes the two pages and the workbook."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg

from dashboards import report
from dashboards.settings import DashboardsError, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when everything was written."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("report", help="write the pages and the workbook from the marts")
    command.add_argument("--folder", type=Path, help="where to (default: $VAR_DIR/report)")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        if options.folder:
            settings = replace(settings, folder=options.folder.absolute())
        for file in report.write(settings):
            sys.stdout.write(f"{file}\n")
    except DashboardsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except psycopg.Error as error:
        sys.stderr.write(f"The report cannot be read: {str(error).strip().splitlines()[0]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
